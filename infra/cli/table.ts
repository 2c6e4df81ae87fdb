/** Tables that fit the terminal: columns as wide as they need, and the widest give way first. */

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string | number | null | undefined;
  readonly align?: "left" | "right";
}

const GAP = "  ";
const LEAST_WIDTH = 6;

export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): string {
  const cells = rows.map((row) => columns.map((column) => printable(column.value(row))));
  const needed = columns.map((column, i) =>
    Math.max(column.title.length, ...cells.map((line) => length(line[i] ?? ""))),
  );
  const widths = fitted(needed, width - GAP.length * (columns.length - 1));
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, i) => padded(cut(text, widths[i] ?? 0), widths[i] ?? 0, columns[i]?.align ?? "left"))
      .join(GAP)
      .trimEnd();
  return [line(columns.map((column) => column.title.toUpperCase())), ...cells.map(line)].join("\n");
}

/** Takes from the widest column until all fit, or none can give more. */
export function fitted(needed: readonly number[], width: number): number[] {
  const widths = [...needed];
  let over = widths.reduce((sum, w) => sum + w, 0) - width;
  while (over > 0) {
    const widest = Math.max(...widths);
    if (widest <= LEAST_WIDTH) break;
    widths[widths.indexOf(widest)] = widest - 1;
    over -= 1;
  }
  return widths;
}

/** Terminals obey control characters, and some of what is shown was written by others. */
function printable(value: string | number | null | undefined): string {
  return value === null || value === undefined ? "-" : String(value).replace(/\p{Cc}/gu, "?");
}

function length(text: string): number {
  return [...text].length;
}

function cut(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join("")}…`;
}

function padded(text: string, width: number, align: "left" | "right"): string {
  const space = " ".repeat(Math.max(0, width - length(text)));
  return align === "right" ? space + text : text + space;
}
