/** Tables that fit the terminal: columns as wide as they need; where that is too much, spare ones go, then the widest give way. */

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string | number | null | undefined;
  readonly align?: "left" | "right";
  /** May be left out where space is short; the highest goes first. */
  readonly spare?: number;
}

const GAP = "  ";
const LEAST_WIDTH = 6;

export function table<Row>(all: readonly Column<Row>[], rows: readonly Row[], width: number): string {
  const columns = affordable(all, rows, width);
  const cells = rows.map((row) => columns.map((column) => printable(column.value(row))));
  const needed = columns.map((column) => neededBy(column, rows));
  const widths = fitted(needed, width - GAP.length * (columns.length - 1));
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, i) => padded(cut(text, widths[i] ?? 0), widths[i] ?? 0, columns[i]?.align ?? "left"))
      .join(GAP)
      .trimEnd();
  return [line(columns.map((column) => column.title.toUpperCase())), ...cells.map(line)].join("\n");
}

function neededBy<Row>(column: Column<Row>, rows: readonly Row[]): number {
  return rows.reduce((most, row) => Math.max(most, length(printable(column.value(row)))), column.title.length);
}

/** Without its spare columns, as far as it takes. */
function affordable<Row>(all: readonly Column<Row>[], rows: readonly Row[], width: number): readonly Column<Row>[] {
  let kept = all.map((column) => ({ column, needed: neededBy(column, rows) }));
  while (kept.reduce((sum, { needed }) => sum + needed + GAP.length, -GAP.length) > width) {
    const most = Math.max(...kept.map(({ column }) => column.spare ?? 0));
    if (most === 0) break;
    kept = kept.filter(({ column }) => (column.spare ?? 0) < most);
  }
  return kept.map(({ column }) => column);
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

/** Broken between words, further lines indented; a word longer than the line stays whole, so that it can be copied. */
export function wrapped(text: string, width: number, indent: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/(?<=\S) /)) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line === "" || length(longer) <= width) line = longer;
    else {
      lines.push(line);
      line = indent + word;
    }
  }
  return [...lines, line].join("\n");
}
