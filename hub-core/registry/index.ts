/** The public face of the registry. */
export { Registry } from "./registry.ts";
export type { RegistryRequest } from "./registry-requests.ts";
