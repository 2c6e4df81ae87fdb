export { registryRoutes } from "./routes.ts";
