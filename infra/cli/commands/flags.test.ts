import { expect, test } from "vitest";
import { fromFlags, lookAt, service } from "./register.ts";
import { query } from "./route.ts";
import { whatNext } from "./start.ts";
import { duration, lifetime } from "./token.ts";

test("a service is a name, with a version and a capacity where they are given", () => {
  expect(service("checkout")).toEqual({ name: "checkout" });
  expect(service("checkout@2.4.0")).toEqual({ name: "checkout", version: "2.4.0" });
  expect(service("checkout@2.4.0:200")).toEqual({ name: "checkout", version: "2.4.0", capacity: 200 });
  expect(() => service("@2.4.0")).toThrow("--service @2.4.0");
});

test("a check says its interval alone, so that any may be asked for", () => {
  const flags = {
    id: "c",
    endpoint: ["http://c"],
    service: ["web"],
    healthUrl: "http://c/health",
    healthInterval: "1000",
  };
  expect(fromFlags(flags).health_check).toEqual({ url: "http://c/health", interval_ms: 1_000 });
});

test("a time is a number and a unit", () => {
  expect([duration("90s"), duration("30m"), duration("12h"), duration("7d")]).toEqual([
    90_000, 1_800_000, 43_200_000, 604_800_000,
  ]);
  for (const wrong of ["", "12", "0h", "-1h", "1w"]) expect(() => duration(wrong)).toThrow("--expires-in");
});

test("a token is issued for no longer than edges accept", () => {
  expect(lifetime(undefined, 3_600_000)).toBe(3_600_000);
  expect(lifetime(undefined, 30 * 86_400_000)).toBe(43_200_000);
  expect(lifetime("30m", 3_600_000)).toBe(1_800_000);
  expect(() => lifetime("365d", 3_600_000)).toThrow("at most 3600s");
});

test("a route's question carries what was said, and no more", () => {
  expect(query({ service: "checkout", from: "São Paulo", explain: true }).toString()).toBe(
    "service=checkout&from=S%C3%A3o+Paulo&explain=1",
  );
});

test("commands to paste name the state directory that they need, quoted for the shell", () => {
  const region = { region: "us-east", url: "http://127.0.0.1:8081", pid: 1, backend_pid: 2, hubs: [] };
  const regions = [{ ...region, state: "running" as const }];
  const elsewhere = whatNext({ url: "http://127.0.0.1:8080", regions }, { stateDir: "it's here" });
  const commands = elsewhere.filter((line) => line.includes("npx mpreg"));
  expect(commands.length).toBeGreaterThan(4);
  for (const line of commands) expect(line).toContain("--state-dir 'it'\\''s here'");
  expect(whatNext({ url: "http://127.0.0.1:8080", regions }, { stateDir: ".mpreg" }).join("\n")).not.toContain(
    "--state",
  );
});

test("what reads the registry carries a token, which is never printed", () => {
  expect(lookAt("http://127.0.0.1:8080/api/clusters/a", { stateDir: "/s" })).toBe(
    'curl -H "authorization: Bearer $(npx mpreg token --role viewer --state-dir /s)" http://127.0.0.1:8080/api/clusters/a',
  );
  expect(lookAt("https://e/api/clusters/a", { url: "https://e", stateDir: ".mpreg" })).toContain("Bearer $MPREG_TOKEN");
});
