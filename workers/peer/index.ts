export { peerRoutes } from "./routes.ts";
