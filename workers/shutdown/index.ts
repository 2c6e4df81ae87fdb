export { shutdownRoutes } from "./routes.ts";
