export { HubObject } from "./hub-object.ts";
