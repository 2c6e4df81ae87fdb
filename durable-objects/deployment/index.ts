export { type Deployment, DeploymentError, readDeployment } from "./deployment.ts";
export type { Env } from "./env.ts";
