export { clientPosition } from "./client-position.ts";
export { coordinatesOf, networkPosition } from "./network-position.ts";
export { type PlaceFinder, withFederation } from "./place.ts";
export { findWorldPlace } from "./world.ts";
