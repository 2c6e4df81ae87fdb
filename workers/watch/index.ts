export { watchRoutes } from "./routes.ts";
