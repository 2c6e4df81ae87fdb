export { decisionsRoutes } from "./routes.ts";
