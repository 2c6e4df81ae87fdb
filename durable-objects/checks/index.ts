export { CheckQueue } from "./check-queue.ts";
export { httpCheck } from "./http-check.ts";
