/** Whatever an edge may ask a hub. */
import type { ConsensusRequest } from "../../hub-core/consensus/requests.ts";
import type { Request as HubRequest } from "../../hub-core/hub/index.ts";
import type { EventualRequest } from "../state/eventual-requests.ts";

export type Question = HubRequest | ConsensusRequest | EventualRequest;
