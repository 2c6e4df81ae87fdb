export { gossipRoutes } from "./routes.ts";
