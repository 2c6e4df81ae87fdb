export { consoleLog, isLogLevel, type Log } from "./log.ts";
