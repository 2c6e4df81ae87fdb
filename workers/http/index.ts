export { bodyLimit } from "./body-limit.ts";
export { failed, notFound } from "./errors.ts";
export { refuseInvalid } from "./invalid-input.ts";
export { anyJson, boundedJson } from "./json-value.ts";
export {
  body,
  coordinatesSchema,
  httpUrlSchema,
  idempotencyHeader,
  idSchema,
  json,
  problems,
  registerSecurity,
  secured,
} from "./openapi.ts";
export { PROBLEM_TYPE, problemBody, problemSchema, sendProblem } from "./problem.ts";
export { REQUEST_ID_HEADER, requestId, requestIdOf } from "./request-id.ts";
