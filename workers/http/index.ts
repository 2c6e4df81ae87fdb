export { bodyLimit } from "./body-limit.ts";
export { failed, notFound } from "./errors.ts";
export { invalid, invalidInput, refuseInvalid } from "./invalid-input.ts";
export { anyJson, boundedJson, jsonBytes, jsonFault } from "./json-value.ts";
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
export { cursorSchema, limitSchema } from "./paging.ts";
export { PROBLEM_TYPE, type ProblemBody, problemBody, problemSchema, sendProblem } from "./problem.ts";
export { REQUEST_ID_HEADER, requestId, requestIdOf } from "./request-id.ts";
export { utf8 } from "./utf8.ts";
