/**
 * A graceful leave. Within one step the hub says `left` to all its links, then goodbye, and closes them: frames are out before
 * sockets close. From then on it only says how it is; it runs no protocol until its next start, which is a new incarnation.
 */
import { answered, type Reply, refused } from "../common/problem.ts";
import type { HubId, Millis } from "../common/types.ts";
import { answerNow } from "./answer.ts";
import type { HubEvent } from "./contract.ts";
import type { StepEffects } from "./effects.ts";
import type { Hub } from "./hub.ts";
import type { Request } from "./requests.ts";

/** RFC 6455 §7.4.1: "going away". */
const GOING_AWAY = 1001;

export type DepartureState = "running" | "leaving" | "left";

export interface Departed {
  readonly hub_id: HubId;
  readonly state: "left";
  readonly incarnation: number;
  readonly left_at: string;
  /** Linked hubs that were told; they tell the others. */
  readonly told: readonly HubId[];
  /** Clusters that it answered for, and that others adopt now. */
  readonly clusters: number;
}

export class Departure {
  #state: DepartureState = "running";
  #departed: Departed | null = null;

  get state(): DepartureState {
    return this.#state;
  }

  /** Once; asked again, it says what was done. */
  begin(hub: Hub, now: Millis, out: StepEffects): Reply<Departed> {
    if (this.#departed) return answered(this.#departed, 202);
    this.#state = "leaving";
    for (const { membership } of hub.groups) membership.leave(now, out);
    this.#departed = {
      hub_id: hub.self.hubId,
      state: "left",
      incarnation: hub.incarnation,
      left_at: new Date(now).toISOString(),
      told: hub.links.greeted().map(({ peer }) => peer),
      clusters: hub.registry.clustersOwned,
    };
    out.log("info", "hub_left", { incarnation: hub.incarnation, told: this.#departed.told.length });
    return answered(this.#departed, 202);
  }

  /** The last of the protocols in this run: what the links report now concerns nobody any more. */
  complete(hub: Hub, now: Millis, out: StepEffects): void {
    hub.links.closeAll(now, [], out);
    this.#state = "left";
  }

  /** Everything that comes after the leave. */
  after(hub: Hub, event: HubEvent, now: Millis, out: StepEffects): StepEffects {
    if (event.kind === "link-opened") out.closeLink(event.link, GOING_AWAY, "this hub has left");
    if (event.kind !== "requests") return out;
    for (const { id, request } of event.asked) out.reply(id, this.#answer(hub, request, now, out));
    return out;
  }

  #answer(hub: Hub, request: Request, now: Millis, out: StepEffects): Reply {
    switch (request.kind) {
      case "health":
      case "status":
      case "metrics":
      case "locate":
      case "shutdown":
        return answerNow(hub, request, now, out);
      default: {
        const detail = `${hub.self.hubId} has left the federation and answers for nothing until it is started again`;
        return refused(503, "hub_left", detail, { hub_id: hub.self.hubId });
      }
    }
  }
}
