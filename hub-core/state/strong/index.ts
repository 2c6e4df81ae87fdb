export { StrongKeyValues } from "./key-values.ts";
