/** Titles are for people: no status that anything here refuses with is only a number. */
import { expect, test } from "vitest";
import { problemBody } from "../../workers/http/index.ts";
import { sourceFiles } from "../house/source-files.ts";

/** `refused(409, …)` in the core, `status: 409` at the edge. */
const STATUS = /(?:refused\(\s*|status: )([45]\d\d)\b/g;

test("every status that is refused with has a title of words", () => {
  const sources = ["hub-core", "workers"].flatMap(sourceFiles).filter(({ path }) => !path.endsWith(".test.ts"));
  const statuses = new Set(sources.flatMap(({ text }) => [...text.matchAll(STATUS)].map((match) => Number(match[1]))));
  expect(statuses).toContain(422);
  const titles = [...statuses].map((status) => problemBody({ status, code: "c", detail: "d" }).title);
  expect(
    titles.filter((title) => !/^[A-Z][a-z]+( [a-z]+)+$|^(Unauthenticated|Forbidden|Conflict|Gone)$/.test(title)),
  ).toEqual([]);
});
