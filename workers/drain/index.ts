export { drainRoutes } from "./routes.ts";
