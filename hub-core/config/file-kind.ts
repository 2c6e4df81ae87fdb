/** Node file or federation file: told by the sections that only one of them has. */
import type { ConfigError } from "./config-error.ts";
import { topLevelKeys, type YamlSource } from "./yaml-source.ts";

export type FileKind = "node" | "federation";

const OWN: Readonly<Record<FileKind, readonly string[]>> = {
  node: ["node"],
  federation: ["federation", "regions", "hubs"],
};
const USED_BY: Readonly<Record<FileKind, string>> = {
  node: "mpreg start-node --config takes node files",
  federation: "mpreg start --topology takes federation files",
};

/** Null: neither, or a bit of both, which is for the schema to tell. */
export function kindOfKeys(keys: readonly string[]): FileKind | null {
  const has = (kind: FileKind): boolean => OWN[kind].some((key) => keys.includes(key));
  if (has("node") === has("federation")) return null;
  return has("node") ? "node" : "federation";
}

/** What a file means to be, even when it is not valid; one that does not say is taken for a node file. */
export function fileKind(text: string): FileKind {
  return kindOfKeys(topLevelKeys(text)) ?? "node";
}

export function wrongKind(
  source: YamlSource,
  keys: readonly string[],
  actual: FileKind,
  wanted: FileKind,
): ConfigError {
  const telling = OWN[actual].find((key) => keys.includes(key)) ?? actual;
  return {
    ...source.keyPosition([telling]),
    path: telling,
    value: `a ${actual} file`,
    expected: `a ${wanted} file`,
    message: `this is a ${actual} file, expected a ${wanted} file: ${USED_BY[actual]}`,
  };
}
