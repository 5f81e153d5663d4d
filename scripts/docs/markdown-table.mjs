/** A table as the formatter leaves it: every column as wide as its widest cell. A bar in a cell is escaped. */
export function table(head, rows) {
  const safe = [head, ...rows].map((cells) => cells.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, column) => Math.max(3, ...safe.map((cells) => cells[column].length)));
  const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`;
  return [line(safe[0]), line(widths.map((width) => "-".repeat(width))), ...safe.slice(1).map(line)].join(
    "\n",
  );
}
