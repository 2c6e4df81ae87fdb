export { renderDocs } from "./page.ts";
