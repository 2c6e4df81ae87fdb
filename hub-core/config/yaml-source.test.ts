import fc from "fast-check";
import { expect, test } from "vitest";
import type { ConfigError } from "./config-error.ts";
import { parseFederationFile } from "./federation-file.ts";
import { fileKind } from "./file-kind.ts";
import { parseNodeFile } from "./node-file.ts";

function errorsOf(text: string): readonly ConfigError[] {
  const parsed = parseNodeFile(text, {});
  return parsed.ok ? [] : parsed.errors;
}

/** What YAML is made of, in the mixtures that nobody writes. */
const fragment = fc.oneof(
  fc.constantFrom(
    ..."node gossip hubs x : , - ? | > { } [ ] & * ! % @ ` # ' \" ~ << <<: &a *a &b *b !!set !!binary !!omap !!merge !!js/function .inf -.nan 0x1F $ {X} __proto__ constructor".split(
      " ",
    ),
    ...[
      "\n",
      "\n  ",
      "\n    ",
      " ",
      "\t",
      ": ",
      "- ",
      "---\n",
      "...\n",
      "%YAML 1.1\n---\n",
      "? ",
      "\u0024{X}",
      "\u0000",
      "\ufeff",
      "\ud800",
    ],
    ...["<<: *a\n", "a: &a {b: c}\n", "<<: [*a, 1]\n", "{? {a: *a} : b}", "!!timestamp 2001-01-01", "!!binary =*="],
  ),
  fc.string({ maxLength: 6 }),
);
const text = fc.array(fragment, { maxLength: 40 }).map((parts) => parts.join(""));

test("CONFIG-19: any text gives a value or errors with a place, and never an exception", () => {
  fc.assert(
    fc.property(text, (written) => {
      fileKind(written);
      for (const parse of [parseNodeFile, parseFederationFile]) {
        const parsed = parse(written, { X: "1" });
        if (parsed.ok) continue;
        expect(parsed.errors.length).toBeGreaterThan(0);
        for (const error of parsed.errors) {
          expect(error.line).toBeGreaterThan(0);
          expect(error.column).toBeGreaterThan(0);
        }
      }
    }),
    { numRuns: 1_000 },
  );
});

test.each([
  ["no anchor", "node: &a { id: x }\nx: *b\n", 2, 4, "the alias *b: no anchor &b stands before it"],
  ["an anchor that comes later", "x: *a\nnode: &a { id: x }\n", 1, 4, "no anchor &a stands before it"],
  ["its own collection", "node: &a { id: x, gossip: *a }\n", 1, 27, "it stands in what it names"],
])("CONFIG-19: an alias with %s is an error where it stands", (_, written, line, column, said) => {
  const errors = errorsOf(written);
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatchObject({ line, column, expected: "valid YAML", message: expect.stringContaining(said) });
});

test("CONFIG-19: repetition that multiplies is refused, not unrolled", () => {
  const tens = (of: string): string => `[${Array.from({ length: 10 }, () => of).join(",")}]`;
  const bomb = `a: &a ${tens("x")}\nb: &b ${tens("*a")}\nc: &c ${tens("*b")}\nd: &d ${tens("*c")}\nnode: ${tens("*d")}\n`;
  expect(errorsOf(bomb)[0]?.message).toContain("Excessive alias count");
});

test.each([
  ["a mapping", "gossip: ", "{a: "],
  ["a list", "gossip: ", "["],
  ["lists on one line", "", "- "],
])("CONFIG-19: depth without end is refused: %s", (_, before, opening) => {
  for (const depth of [40, 5_000]) {
    const [error] = errorsOf(before + opening.repeat(depth));
    expect(error?.line).toBe(1);
  }
  expect(errorsOf(`gossip: ${"[".repeat(40)}${"]".repeat(40)}`)[0]?.message).toContain("nested too deep");
});

test("CONFIG-19: a mapping that is merged from something else is an error", () => {
  expect(errorsOf("%YAML 1.1\n---\nnode: { <<: 1 }\n")[0]?.message).toContain("Merge sources must be maps");
});

test.each([".inf", "-.inf", ".nan"])(
  "CONFIG-2: %s is told as it is written, and a finite number expected",
  (written) => {
    const [error] = errorsOf(
      `node: { id: a, region: r, hub_tier: global, coordinates: { latitude: ${written}, longitude: 0 } }\n`,
    );
    expect(error?.message).toBe(`node.coordinates.latitude is ${written}, expected a finite number`);
  },
);

test.each(["", "\n\n", "# nothing yet\n", "---\n"])("CONFIG-2: an empty file (%j) is called empty", (written) => {
  expect(errorsOf(written)[0]?.message).toContain("the file is empty, expected a mapping of node");
});

test("CONFIG-20: a file of the other kind is one error that says what it is", () => {
  const node = "gossip: { fanout: 3 }\nnode: { id: a }\n";
  expect(parseFederationFile(node, {})).toMatchObject({
    ok: false,
    errors: [
      { line: 2, column: 1, message: expect.stringContaining("this is a node file, expected a federation file") },
    ],
  });
  const federation = "federation: { name: x }\nregions: []\n";
  expect(parseNodeFile(federation, {})).toMatchObject({
    ok: false,
    errors: [{ line: 1, message: expect.stringContaining("this is a federation file, expected a node file") }],
  });
  expect([fileKind(`{ ${node.replaceAll("\n", ",")} }`), fileKind(federation), fileKind("")]).toEqual([
    "node",
    "federation",
    "node",
  ]);
});
