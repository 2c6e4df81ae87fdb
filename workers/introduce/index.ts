export { introduceRoutes } from "./routes.ts";
