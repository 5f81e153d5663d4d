const barsEscaped = (rows) => rows.map((cells) => cells.map((cell) => cell.replaceAll("|", "\\|")));
const lineOf = (cells) => `| ${cells.join(" | ")} |`;

/** A table as the formatter leaves it: every column as wide as its widest cell. A bar in a cell is escaped. */
export function table(head, rows) {
  const safe = barsEscaped([head, ...rows]);
  const widths = head.map((_, column) => Math.max(3, ...safe.map((cells) => cells[column].length)));
  const line = (cells) => lineOf(cells.map((cell, column) => cell.padEnd(widths[column])));
  return [line(safe[0]), line(widths.map((width) => "-".repeat(width))), ...safe.slice(1).map(line)].join(
    "\n",
  );
}

/** The same without a column's width: for a page that the formatter leaves alone, because most of it would be blanks. */
export const narrowTable = (head, rows) => {
  const [first, ...rest] = barsEscaped([head, ...rows]);
  return [first, head.map(() => "---"), ...rest].map(lineOf).join("\n");
};
