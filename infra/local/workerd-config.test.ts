import { expect, test } from "vitest";
import { text, workerdConfig } from "./workerd-config.ts";

const CONFIG = {
  storageKey: "mpreg-planet-us-east",
  bundle: "../bundle/worker.mjs",
  storageDirectory: "storage",
  compatibilityDate: "2026-11-01",
  compatibilityFlags: ["nodejs_compat"],
  listen: ["127.0.0.1:8081", "127.0.0.1:8082"],
  vars: { MPREG_FEDERATION: '{"name":"São \\"P\\""}' },
  secrets: ["MPREG_PEER_KEY"],
};

test("one worker answers on every address", () => {
  const written = workerdConfig(CONFIG);
  expect(written).toContain('(name = "s0", address = "127.0.0.1:8081", http = (), service = "edge")');
  expect(written).toContain('(name = "s1", address = "127.0.0.1:8082", http = (), service = "edge")');
});

test("variables are quoted, and secrets are named but not written", () => {
  const written = workerdConfig(CONFIG);
  expect(written).toContain(String.raw`text = "{\"name\":\"São \\\"P\\\"\"}"`);
  expect(written).toContain('(name = "MPREG_PEER_KEY", fromEnvironment = "MPREG_PEER_KEY")');
});

test("a text literal survives quotes, backslashes, newlines and control characters", () => {
  expect(text('a"b\\c\nd\u0007')).toBe(String.raw`"a\"b\\c\nd\x07"`);
});
