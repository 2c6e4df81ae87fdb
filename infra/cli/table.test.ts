import fc from "fast-check";
import { expect, test } from "vitest";
import { fitted, table, wrapped } from "./table.ts";

const columns = [
  { title: "id", value: (row: { id: string; n: number | null }) => row.id },
  { title: "n", value: (row: { id: string; n: number | null }) => row.n, align: "right" as const },
];

test("columns are as wide as their content, numbers to the right, nothing as a dash", () => {
  const rows = [
    { id: "a", n: 12 },
    { id: "longer", n: null },
  ];
  expect(table(columns, rows, 80)).toBe("ID       N\na       12\nlonger   -");
});

test("what does not fit is cut where the table is widest, and says so", () => {
  expect(table(columns, [{ id: "a-very-long-identifier", n: 1 }], 14)).toBe(
    "ID           N\na-very-lon…  1".replace("ID           N", "ID           N"),
  );
});

test("where space is short the spare columns go first, the most spare of them before the others", () => {
  const spare = [...columns, { title: "b", value: () => "bb", spare: 1 }, { title: "c", value: () => "cc", spare: 2 }];
  const rows = [{ id: "abcdefgh", n: 1 }];
  const titles = (width: number): string[] => (table(spare, rows, width).split("\n")[0] ?? "").split(/ +/);
  expect(titles(19)).toEqual(["ID", "N", "B", "C"]);
  expect(titles(18)).toEqual(["ID", "N", "B"]);
  expect(titles(14)).toEqual(["ID", "N"]);
  expect(table(spare, rows, 14)).toContain("abcdefgh");
});

test("text is broken between words, and every word stays whole", () => {
  expect(wrapped("→ a in b: 46.9 ms", 10, "  ")).toBe("→ a in b:\n  46.9 ms");
  expect(wrapped("  http://127.0.0.1:8080/c/a", 10, "  ")).toBe("  http://127.0.0.1:8080/c/a");
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { minLength: 1 }),
      fc.integer({ min: 12, max: 40 }),
      (words, width) => {
        const lines = wrapped(words.join(" "), width, "  ").split("\n");
        expect(lines.every((line) => line.length <= width)).toBe(true);
        expect(lines.flatMap((line) => line.trim().split(" "))).toEqual(words);
      },
    ),
  );
});

test("control characters never reach the terminal", () => {
  expect(table(columns, [{ id: "a\u001b[31m", n: 1 }], 80)).not.toContain("\u001b");
});

test("fitted columns are within the width whenever the least widths are", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 10, max: 200 }),
      (needed, width) => {
        const widths = fitted(needed, width);
        const sum = widths.reduce((a, b) => a + b, 0);
        expect(sum <= width || Math.max(...widths) <= 6).toBe(true);
        expect(widths.every((w, i) => w <= (needed[i] ?? 0))).toBe(true);
      },
    ),
  );
});
