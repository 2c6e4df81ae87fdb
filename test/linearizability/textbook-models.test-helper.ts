/** The objects of the papers' examples. */
import type { Call, Model } from "./model.ts";

export type RegisterOp = { readonly kind: "read" | "write"; readonly value: number };

export const register: Model<number, RegisterOp> = {
  initial: 0,
  step: (state, { kind, value }) => (kind === "write" ? value : value === state ? state : null),
  bucket: String,
  covers: () => true,
  never: () => false,
  alike: ({ kind, value }) => `${kind} ${value}`,
  describe: String,
};

export type QueueOp = { readonly kind: "enqueue" | "dequeue"; readonly item: string };

export const queue: Model<string, QueueOp> = {
  initial: "",
  step: (state, { kind, item }) =>
    kind === "enqueue" ? state + item : state.startsWith(item) ? state.slice(item.length) : null,
  bucket: (state) => state,
  covers: () => true,
  never: () => false,
  alike: ({ kind, item }) => `${kind} ${item}`,
  describe: (state) => state,
};

/** One line for each process, one column for each moment: `|--w1--|` is a call, `|--w1---` one that never returns. */
export function drawn<Op>(parse: (text: string) => Op, ...lines: readonly string[]): Call<Op>[] {
  return lines.flatMap((line) =>
    [...line.matchAll(/\|-*(\w+)-*(\|)?/g)].map((match) => ({
      op: parse(match[1] as string),
      invokedAt: match.index,
      returnedAt: match[2] ? match.index + match[0].length - 1 : Number.POSITIVE_INFINITY,
    })),
  );
}

export function registerCalls(...lines: readonly string[]): Call<RegisterOp>[] {
  return drawn((text) => ({ kind: text.startsWith("r") ? "read" : "write", value: Number(text.slice(1)) }), ...lines);
}

export function queueCalls(...lines: readonly string[]): Call<QueueOp>[] {
  return drawn((text) => ({ kind: text.startsWith("e") ? "enqueue" : "dequeue", item: text.slice(1) }), ...lines);
}
