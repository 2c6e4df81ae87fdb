/** What a deployment is given: bindings, variables, secrets. */
import type { HubObject } from "../hub-object.ts";

export interface Env {
  readonly HUB: DurableObjectNamespace<HubObject>;
  /** The region that this deployment serves. */
  readonly MPREG_REGION: string;
  /**
   * The federation file's text (YAML or JSON), or the JSON of a `Federation` that was resolved elsewhere. When not given, the
   * federation that was bundled with the code: the platform takes 5 KB in one variable, and a large one needs more.
   */
  readonly MPREG_FEDERATION?: string;
  /** JSON: region → base URL of its edge as seen from here. Wins over what the federation and the hubs themselves say. */
  readonly MPREG_REGION_URLS?: string;
  /** Comma-separated ids: the hubs of the region that live here, when others live elsewhere. */
  readonly MPREG_HUBS?: string;
  readonly MPREG_LOG_LEVEL?: string;
  /** The newest protocol version that the hubs speak: set while a federation is updated, to hold them back. */
  readonly MPREG_PROTOCOL_VERSION?: string;
  /** HS256 key by which hubs of one federation know each other. */
  readonly MPREG_PEER_KEY: string;
  /** HS256 key of user tokens, when the federation's security section names none. */
  readonly JWT_SECRET_KEY?: string;
}

/** The variables among the bindings. */
export function variables(env: Env): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
