export { consensusRoutes } from "./routes.ts";
