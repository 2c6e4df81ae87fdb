export { type Deployment, DeploymentError, readDeployment } from "./deployment.ts";
export { type Env, variables } from "./env.ts";
