export type { Member } from "./member.ts";
export { Membership, type MembershipMessage } from "./membership.ts";
export type { MembershipOptions } from "./shared.ts";
export type { MemberStatus, MembershipStatus } from "./status.ts";
export { type Coordinate, predictedRtt } from "./vivaldi.ts";
