/** Prometheus text exposition format 0.0.4. */
import type { HistogramSample, Labels } from "../../hub-core/common/metrics.ts";
import type { MetricsSnapshot } from "../../hub-core/hub/index.ts";
import { describe } from "./descriptions.ts";

export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

type Family = { readonly type: "counter" | "gauge" | "histogram"; readonly lines: string[] };

/** One family per name with all its series together, as the format demands; every series carries `shared`. */
export function exposition(
  snapshots: readonly { readonly shared: Labels; readonly metrics: MetricsSnapshot }[],
): string {
  const families = new Map<string, Family>();
  for (const { shared, metrics } of snapshots) {
    for (const { name, labels, value } of metrics.counters) {
      linesOf(families, name, "counter").push(`${name}${braces({ ...shared, ...labels })} ${number(value)}`);
    }
    for (const { name, labels, value } of metrics.gauges) {
      linesOf(families, name, "gauge").push(`${name}${braces({ ...shared, ...labels })} ${number(value)}`);
    }
    for (const sample of metrics.histograms) {
      for (const name of aliases(sample.name))
        linesOf(families, name, "histogram").push(...histogram(name, sample, shared));
    }
  }
  let text = "";
  for (const [name, { type, lines }] of [...families].sort(([a], [b]) => (a < b ? -1 : 1))) {
    text += `# HELP ${name} ${escapeHelp(describe(name))}\n# TYPE ${name} ${type}\n${lines.join("\n")}\n`;
  }
  return text;
}

/** Known to operators by these names; the unit belongs in the name all the same, so they appear under both. */
const PLAIN_NAMES = new Set(["gossip_message_latency", "consensus_proposal_time"]);

function aliases(name: string): string[] {
  const plain = name.replace(/_seconds$/, "");
  return PLAIN_NAMES.has(plain) ? [`${plain}_seconds`, plain] : [name];
}

function linesOf(families: Map<string, Family>, name: string, type: Family["type"]): string[] {
  const known = families.get(name);
  if (known) {
    if (known.type !== type) throw new Error(`${name} is both a ${known.type} and a ${type}`);
    return known.lines;
  }
  const family = { type, lines: [] };
  families.set(name, family);
  return family.lines;
}

function histogram(name: string, sample: HistogramSample, shared: Labels): string[] {
  const labels = { ...shared, ...sample.labels };
  const lines = sample.cumulative.map((count, index) => {
    const bound = sample.bounds[index];
    return `${name}_bucket${braces({ ...labels, le: bound === undefined ? "+Inf" : number(bound) })} ${number(count)}`;
  });
  return [
    ...lines,
    `${name}_sum${braces(labels)} ${number(sample.sum)}`,
    `${name}_count${braces(labels)} ${number(sample.count)}`,
  ];
}

function braces(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function number(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return String(value);
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
