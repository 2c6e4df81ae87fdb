import { expect, test } from "vitest";
import { jsonLog } from "./log.ts";

test("lines below the level are not written, and each line is one JSON object with its context", () => {
  const lines: string[] = [];
  const log = jsonLog("warn", { hub: "hub-a" }, (_, line) => lines.push(line));
  log("info", "quiet");
  log("error", "loud\nevent", { peer: "hub-b", count: 3 });
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain("\n");
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    level: "error",
    event: "loud\nevent",
    hub: "hub-a",
    peer: "hub-b",
    count: 3,
  });
});

test("a field cannot pass itself off as one of the line's own", () => {
  const lines: string[] = [];
  jsonLog("debug", { hub: "hub-a" }, (_, line) => lines.push(line))("info", "event", { level: "error", hub: "hub-b" });
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    level: "info",
    hub: "hub-a",
    field_level: "error",
    field_hub: "hub-b",
  });
});
