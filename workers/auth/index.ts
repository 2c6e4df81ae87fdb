export { requires } from "./requires.ts";
