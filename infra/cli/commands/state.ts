/** `mpreg state`: keys that the hubs agree on, and keys that they merge. */
import { type Command, Option } from "commander";
import { call, callOk, problemError } from "../api.ts";
import { usageError } from "../errors.ts";
import { print, terminalWidth } from "../output.ts";
import { table } from "../table.ts";
import { resolveTarget, type TargetOptions, withTarget } from "../target.ts";
import { keyPath, parsedValue, scopeOf, shortValue, wholeNumber, withQuery } from "./values.ts";
import { type WatchOptions, watch } from "./watch.ts";

interface ReadOptions extends TargetOptions {
  readonly consistency?: string;
  readonly scope?: string;
}

interface ListOptions extends ReadOptions {
  readonly limit?: string;
  readonly cursor?: string;
}

interface WriteOptions extends ReadOptions {
  readonly ifVersion?: string;
  readonly ifAbsent?: boolean;
  readonly lease?: string;
  readonly fence?: string;
  readonly idempotencyKey?: string;
}

interface Key {
  readonly key: string;
  readonly type?: string;
  readonly value: unknown;
  readonly version?: number | string;
  readonly revision?: number;
  readonly group?: string;
  readonly consistency?: string;
  readonly siblings?: readonly unknown[];
  readonly fencing_token?: number;
}

interface Page {
  readonly keys: readonly Key[];
  readonly next_cursor: string | null;
  readonly revision?: number;
}

const TIMEOUT_MS = 30_000;

export function stateCommand(state: Command): Command {
  const part = (name: string, description: string): Command =>
    withTarget(state.command(name).description(description)).option(
      "--scope <scope>",
      "whose strong keys: global (the default), or a region",
    );
  const read = (): Option => new Option("--consistency <c>").choices(["linearizable", "stale", "eventual"]);
  const write = (): Option => new Option("--consistency <c>").choices(["strong", "eventual"]).default("strong");
  part("get <key>", "one key; strong if there is such a one, else eventual").addOption(read()).action(get);
  part("put <key> <value>", "write a key: JSON, or a word; of an eventual key, what to do with it, as JSON")
    .addOption(write())
    .option("--if-version <n>", "only where the key has this version")
    .option("--if-absent", "only where there is no such key")
    .option("--lease <id>", "the key goes when this lease does")
    .option("--fence <key@token>", "only while that key is held with that fencing token")
    .option("--idempotency-key <key>", "of an earlier try: it is not applied twice")
    .action(put);
  part("delete <key>", "delete a key")
    .addOption(write())
    .option("--if-version <n>", "only where the key has this version")
    .option("--fence <key@token>", "only while that key is held with that fencing token")
    .option("--idempotency-key <key>", "of an earlier try: it is not applied twice")
    .action(remove);
  part("list [prefix]", "keys under a prefix")
    .addOption(read())
    .option("--limit <n>", "how many at most")
    .option("--cursor <cursor>", "where the page before ended")
    .action(list);
  part("watch [prefix]", "changes of strong keys, as they happen, until you end it")
    .option("--since <revision>", "changes after it; by default, from now on")
    .action((prefix: string | undefined, options: WatchOptions) => watch(prefix ?? "", options));
  return state;
}

async function get(key: string, options: ReadOptions): Promise<void> {
  const target = await resolveTarget(options, "viewer");
  const { consistency } = options;
  const path = withQuery(keyPath(key), { consistency, scope: options.scope && scopeOf(options.scope) });
  const found = await callOk<Key>(target, "GET", path, undefined, { timeoutMs: TIMEOUT_MS });
  print(options.json, found, () => {
    const values = found.siblings ?? [found.value];
    return [standing(found), ...values.map((value) => JSON.stringify(value, null, 2))].join("\n");
  });
}

async function put(key: string, value: string, options: WriteOptions): Promise<void> {
  const body = parsedValue(value);
  const path = writePath(key, options);
  const headers = preconditions(options);
  const target = await resolveTarget(options, "operator");
  const answer = await call(target, "PUT", path, body, { headers, timeoutMs: TIMEOUT_MS });
  if (answer.status !== 200 && answer.status !== 201) throw problemError(answer);
  const written = answer.body as Key;
  print(options.json, written, () => `${answer.status === 201 ? "created" : "written"}: ${standing(written)}`);
}

async function remove(key: string, options: WriteOptions): Promise<void> {
  const path = writePath(key, options);
  const headers = preconditions(options);
  const target = await resolveTarget(options, "operator");
  const deleted = await callOk<Key>(target, "DELETE", path, undefined, { headers, timeoutMs: TIMEOUT_MS });
  print(options.json, deleted, () => `deleted: ${standing(deleted)}`);
}

async function list(prefix: string | undefined, options: ListOptions): Promise<void> {
  const target = await resolveTarget(options, "viewer");
  const { consistency, limit, cursor } = options;
  const scope = options.scope && scopeOf(options.scope);
  const path = withQuery("/api/state", { prefix, consistency, scope, limit, cursor });
  const page = await callOk<Page>(target, "GET", path, undefined, { timeoutMs: TIMEOUT_MS });
  print(options.json, page, () => {
    if (page.keys.length === 0) return `no keys${prefix === undefined ? "" : ` under ${prefix}`}`;
    const more = page.next_cursor === null ? "" : `\nand more: --cursor ${JSON.stringify(page.next_cursor)}`;
    return `${keyTable(page.keys)}${more}`;
  });
}

function writePath(key: string, { consistency, scope, lease, fence }: WriteOptions): string {
  return withQuery(keyPath(key), { consistency, scope: scope && scopeOf(scope), lease, fence });
}

export function preconditions(
  options: Pick<WriteOptions, "ifVersion" | "ifAbsent" | "idempotencyKey">,
): Record<string, string> {
  const { ifVersion, ifAbsent, idempotencyKey } = options;
  if (ifVersion !== undefined && ifAbsent) throw usageError("--if-version and --if-absent exclude each other");
  return {
    ...(ifVersion === undefined ? {} : { "if-match": `"${wholeNumber(ifVersion, "--if-version", 1)}"` }),
    ...(ifAbsent ? { "if-none-match": "*" } : {}),
    ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
  };
}

function standing(key: Key): string {
  const told = [
    ...(key.version === undefined ? [] : [`version ${key.version}`]),
    ...(key.revision === undefined || key.type !== undefined ? [] : [`revision ${key.revision}`]),
    ...(key.group === undefined ? [] : [key.group]),
    ...(key.type === undefined ? [] : [key.type]),
    ...(key.consistency === undefined ? [] : [key.consistency]),
    ...(key.siblings === undefined ? [] : [`${key.siblings.length} values side by side`]),
  ];
  return `${key.key}${told.length > 0 ? ` (${told.join(", ")})` : ""}`;
}

function keyTable(keys: readonly Key[]): string {
  return table(
    [
      { title: "key", value: (one) => one.key },
      { title: "type", value: (one) => one.type ?? "strong", spare: 2 },
      { title: "version", value: (one) => one.version, align: "right", spare: 1 },
      { title: "value", value: (one) => shortValue(one.siblings ?? one.value) },
    ],
    keys,
    terminalWidth(),
  );
}
