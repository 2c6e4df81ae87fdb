export { servicesRoutes } from "./routes.ts";
