export { keySchema, prefixSchema, scopeSchema } from "./keys.ts";
export { stateRoutes } from "./routes.ts";
