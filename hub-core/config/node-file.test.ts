import fc from "fast-check";
import { expect, test } from "vitest";
import type { ConfigError, Parsed } from "./config-error.ts";
import { formatError } from "./config-error.ts";
import { parseNodeFile } from "./node-file.ts";

const FILE = `node: { id: us-east-hub, region: us-east, hub_tier: regional, parent_hub: global-hub-001, coordinates: { latitude: 40.7, longitude: -74 } }
network: { listen_port: 8080, gossip_port: 8081, membership_port: 8082, consensus_port: 8083, max_connections_per_node: 10, connection_timeout: 30.0 }
gossip: { interval: 1.0, fanout: 3, strategy: hybrid, max_message_size: 65536, compression_enabled: true, batch_size: 10 }
membership: { probe_interval: 2.0, probe_timeout: 5.0, suspicion_timeout: 30.0 }
consensus: { threshold: 0.6, proposal_timeout: 10.0 }
monitoring: { metrics_enabled: true, metrics_port: 9090, health_check_interval: 30.0 }
limits: { max_graph_cache_size: 1000, max_gossip_messages: 10000, max_consensus_proposals: 100, cleanup_interval: 300.0 }
security:
  tls_enabled: true
  authentication: { method: jwt, secret_key: "\${JWT_SECRET_KEY}", token_expiry: 3600, issuer: mpreg-federation }
  authorization: { rbac_enabled: true, admin_roles: [federation_admin], operator_roles: [federation_operator] }
`;
const ENV = { JWT_SECRET_KEY: "correct horse battery staple" };

function errorsOf(parsed: Parsed<unknown>): readonly ConfigError[] {
  return parsed.ok ? [] : parsed.errors;
}

function broken(from: string, to: string, env: Record<string, string> = ENV): readonly ConfigError[] {
  expect(FILE).toContain(from);
  return errorsOf(parseNodeFile(FILE.replace(from, to), env));
}

test("CONFIG-6: the file that operators know parses, and what it leaves out has its default", () => {
  const parsed = parseNodeFile(FILE, ENV);
  expect(errorsOf(parsed)).toEqual([]);
  if (!parsed.ok) return;
  expect(parsed.value.hub).toEqual({
    hubId: "us-east-hub",
    tier: "regional",
    region: "us-east",
    coordinates: { latitude: 40.7, longitude: -74 },
    parent: "global-hub-001",
    address: "http://127.0.0.1:8080",
  });
  expect(parsed.value.ports).toEqual({ listen: 8080, gossip: 8081, membership: 8082, consensus: 8083, metrics: 9090 });
  expect(parsed.value.settings.membership).toMatchObject({ probeIntervalMs: 2_000, suspicionTimeoutMs: 30_000 });
  expect(parsed.value.settings.limits).toMatchObject({ maxRegionalHubs: 10, maxChildHubs: 20, maxClusters: 100 });
  expect(parsed.value.settings.security.secretKey).toBe(ENV.JWT_SECRET_KEY);
});

test("CONFIG-1: an unknown key names its line, the nearest known key and where it stands", () => {
  const [error] = broken("fanout: 3", "fanuot: 3");
  expect(error).toMatchObject({ line: 3, column: 26, path: "gossip.fanuot", value: "fanuot", nearest: "fanout" });
  expect(error && formatError(error, "f.yaml")).toBe(
    'f.yaml:3:26: unknown key "fanuot" in gossip (did you mean fanout?)',
  );
});

test("CONFIG-2: a wrong type names the line, the value and the type", () => {
  const [error] = broken("probe_interval: 2.0", "probe_interval: fast");
  expect(error).toMatchObject({ line: 4, path: "membership.probe_interval", value: '"fast"', expected: "a number" });
});

test("CONFIG-2: a value out of range names the whole range", () => {
  const [error] = broken("latitude: 40.7", "latitude: 140.7");
  expect(error).toMatchObject({ line: 1, path: "node.coordinates.latitude", value: "140.7" });
  expect(error?.expected).toBe("at most 90 (from -90 to 90)");
});

test("CONFIG-2: a hub has at least two links, for with one a group never meets", () => {
  const [error] = broken("max_connections_per_node: 10", "max_connections_per_node: 1");
  expect(error).toMatchObject({
    line: 2,
    path: "network.max_connections_per_node",
    expected: "at least 2 (from 2 to 1000)",
  });
});

test("CONFIG-2: a word outside the list names the list and the nearest of it", () => {
  const [error] = broken("strategy: hybrid", "strategy: hybird");
  expect(error).toMatchObject({
    line: 3,
    nearest: "hybrid",
    expected: "one of random, proximity, topology_aware, hybrid",
  });
});

test("CONFIG-2: a missing section names what it holds", () => {
  const [error] = errorsOf(parseNodeFile("gossip: { fanout: 3 }\n", {}));
  expect(error?.path).toBe("node");
  expect(error?.message).toContain("node is missing, expected a mapping of id, region, hub_tier");
});

test("CONFIG-3: a variable that is not set is an error that names it", () => {
  const [error] = broken("fanout: 3", "fanout: 3", {});
  expect(error).toMatchObject({ line: 10, path: "security.authentication.secret_key", value: `\${JWT_SECRET_KEY}` });
  expect(error?.message).toContain("JWT_SECRET_KEY");
});

test("CONFIG-3: a filled-in value takes the type that its key wants", () => {
  const text = FILE.replace("listen_port: 8080", `listen_port: "\${PORT}"`).replace(
    "metrics_enabled: true",
    `metrics_enabled: "\${M}"`,
  );
  const parsed = parseNodeFile(text, { ...ENV, PORT: "9999", M: "false" });
  expect(parsed.ok && parsed.value.ports).toMatchObject({ listen: 9999, metrics: null });
  const numeric = parseNodeFile(FILE, { JWT_SECRET_KEY: "12345678901234567890" });
  expect(numeric.ok && numeric.value.settings.security.secretKey).toBe("12345678901234567890");
});

test("CONFIG-4: variables override the file and flags override both", () => {
  const env = {
    ...ENV,
    MPREG_NODE_ID: "from-env",
    MPREG_REGION: "eu-west",
    MPREG_MAX_CLUSTERS: "7",
    MPREG_METRICS_ENABLED: "false",
  };
  const parsed = parseNodeFile(FILE, env, { nodeId: "from-flag" });
  expect(parsed.ok && parsed.value.hub).toMatchObject({ hubId: "from-flag", region: "eu-west" });
  expect(parsed.ok && parsed.value.settings.limits.maxClusters).toBe(7);
  expect(parsed.ok && parsed.value.ports.metrics).toBeNull();
});

test("CONFIG-4: an override that is wrong is blamed on the variable or flag, not on a line", () => {
  const [error] = errorsOf(parseNodeFile(FILE, ENV, { hubTier: "regionl" }));
  expect(error).toMatchObject({ line: null, path: "node.hub_tier", nearest: "regional" });
  expect(error?.message).toMatch(/^--hub-tier: /);
});

test("CONFIG-5: no error shows a secret", () => {
  const secret = "hunter2hunter2";
  const texts = [
    FILE.replace(`"\${JWT_SECRET_KEY}"`, `[${secret}]`),
    FILE.replace(`"\${JWT_SECRET_KEY}"`, secret.slice(0, 9)),
    FILE.replace(`"\${JWT_SECRET_KEY}"`, `"${secret}`),
    FILE.replace("issuer: mpreg-federation", `issuer: ["\${JWT_SECRET_KEY}"]`),
    FILE.replace("fanout: 3", `fanout: "\${JWT_SECRET_KEY}"`),
  ];
  for (const text of texts) {
    const errors = errorsOf(parseNodeFile(text, { JWT_SECRET_KEY: secret }));
    expect(errors.length).toBeGreaterThan(0);
    expect(JSON.stringify(errors)).not.toContain(secret.slice(0, 9));
  }
});

test("CONFIG-7: a regional hub without a parent is told how to name one", () => {
  const [error] = broken(" parent_hub: global-hub-001,", "");
  expect(error).toMatchObject({ line: 1, path: "node.parent_hub", value: "nothing" });
  expect(error?.message).toContain("--parent-hub");
});

test("CONFIG-12: a port used twice names both keys", () => {
  const [error] = broken("gossip_port: 8081", "gossip_port: 8080");
  expect(error).toMatchObject({ line: 2, path: "network.gossip_port" });
  expect(error?.message).toContain("network.listen_port");
});

test.each([
  ["strategies: [{ prefix: a/, strategy: merge }, { prefix: a/, strategy: multi_value }]", "given twice"],
  ["strategies: [{ prefix: a/, strategy: merge }, { prefix: a/b/, strategy: merge }]", 'overlaps "a/"'],
  ["strategies: [{ prefix: a/b/, strategy: merge }, { prefix: a/, strategy: merge }]", 'overlaps "a/b/"'],
])("CONFIG-24: %s gives a key two strategies, and is refused", (written, why) => {
  const [error] = errorsOf(parseNodeFile(`${FILE}\nstate: { ${written} }\n`, ENV));
  expect(error).toMatchObject({ path: "state.strategies[1].prefix" });
  expect(error?.message).toContain(why);
});

test("CONFIG-24: conflict strategies, the clock bound and the number of keys are read", () => {
  const written = "strategies: [{ prefix: a/, strategy: merge }, { prefix: b/, strategy: consensus_required }]";
  const parsed = parseNodeFile(`${FILE}\nstate: { ${written}, max_clock_skew: 2.5, max_keys: 50 }\n`, ENV);
  expect(parsed.ok && parsed.value.settings.state).toEqual({
    strategies: [
      { prefix: "a/", strategy: "merge" },
      { prefix: "b/", strategy: "consensus_required" },
    ],
    maxClockSkewMs: 2_500,
    maxKeys: 50,
  });
});

test("CONFIG-13: a suspicion shorter than the probe time-out is refused", () => {
  const errors = broken("suspicion_timeout: 30.0", "suspicion_timeout: 3.0");
  expect(errors.map((error) => error.path)).toEqual(["membership.suspicion_timeout"]);
});

test("CONFIG-13: more than ten open probes are refused", () => {
  const errors = broken("probe_interval: 2.0, probe_timeout: 5.0", "probe_interval: 0.4, probe_timeout: 5.0");
  expect(errors.map((error) => error.path)).toEqual(["membership.probe_timeout"]);
});

test("CONFIG-14: authentication none is refused on any address but loopback", () => {
  const none = FILE.replace("method: jwt", "method: none");
  expect(parseNodeFile(none, ENV).ok).toBe(true);
  const open = none.replace("listen_port: 8080", "listen_host: 10.0.0.7, listen_port: 8080");
  expect(errorsOf(parseNodeFile(open, ENV))).toMatchObject([{ line: 10, path: "security.authentication.method" }]);
  const behind = none.replace("listen_port: 8080", "advertise_url: https://hub.example, listen_port: 8080");
  expect(errorsOf(parseNodeFile(behind, ENV))).toMatchObject([{ line: 10, path: "security.authentication.method" }]);
});

test("CONFIG-21: a variable that is not set hides no other mistake, of one value or between two", () => {
  const text = FILE.replace("fanout: 3", "fanout: three").replace("gossip_port: 8081", "gossip_port: 8080");
  expect(errorsOf(parseNodeFile(text, {})).map((error) => error.path)).toEqual([
    "network.gossip_port",
    "gossip.fanout",
    "security.authentication.secret_key",
  ]);
});

test("CONFIG-21: a time that cannot be read is in no contradiction, and those between the others are told", () => {
  const slow = FILE.replace("suspicion_timeout: 30.0", "suspicion_timeout: 3.0");
  const paths = (text: string) => errorsOf(parseNodeFile(text, ENV)).map((error) => error.path);
  expect(paths(slow.replace("probe_timeout: 5.0", "probe_timeout: soon"))).toEqual(["membership.probe_timeout"]);
  expect(paths(slow.replace("fanout: 3", "fanout: three"))).toEqual(["gossip.fanout", "membership.suspicion_timeout"]);
});

test("CONFIG-17: what is not YAML is an error with a line, and nothing else is said", () => {
  const errors = errorsOf(parseNodeFile("node: { id: a\ngossip: [", ENV));
  expect(errors.length).toBeGreaterThan(0);
  expect(errors.every((error) => error.message.startsWith("not valid YAML"))).toBe(true);
  expect(errorsOf(parseNodeFile("a: b\n".repeat(300_000), ENV))).toHaveLength(1);
});

test("CONFIG-17: whatever the text, it is answered with a value or with errors that have a message", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fc.constantFrom("- a", "node:", "null", "[]", "&a [*a]")), (text) => {
      const parsed = parseNodeFile(text, {});
      if (!parsed.ok) expect(parsed.errors.every((error) => error.message.length > 0)).toBe(true);
      expect(parsed.ok || parsed.errors.length > 0).toBe(true);
    }),
  );
});
