/** Behind which edge a hub lives that does not live here. */
import type { Deployment } from "../../durable-objects/deployment/index.ts";
import { edgeUrl } from "../../durable-objects/links/index.ts";
import type { HubId } from "../../hub-core/common/types.ts";
import type { HubLocation } from "../../hub-core/hub/index.ts";
import type { Destination } from "./forward.ts";
import type { Hubs } from "./hubs.ts";

/**
 * The federation's word first: it names the edges of its regions. A hub that joined later, or that is another deployment's, is
 * where the hubs here have heard that it is: they believe only peers that have proved to be of the federation, and operators.
 * Null when nobody knows it, or what is said is no address that a request may go to.
 */
export async function whereabouts(
  hub: HubId,
  { federation, region, regionUrls }: Pick<Deployment, "federation" | "region" | "regionUrls">,
  hubs: Pick<Hubs, "ask">,
): Promise<Destination | null> {
  const named = federation.hubs.find(({ id }) => id === hub);
  const url = named && named.region !== region.id ? regionUrls.get(named.region) : undefined;
  if (named && url !== undefined) return { hub, region: named.region, url };
  const { reply } = await hubs.ask({ kind: "locate", hubId: hub });
  if (!reply.ok) return null;
  const told = reply.value as HubLocation;
  const address = edgeUrl(told.address);
  return address === null ? null : { hub, region: told.region, url: address };
}
