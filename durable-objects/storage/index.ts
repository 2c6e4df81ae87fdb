export { MigrationError } from "./migrator.ts";
export { Store } from "./store.ts";
