import { type DiagramOptions, edgesOf, labelOf, marginLines, stateNames } from "./edges.ts";

/**
 * The table of transitions in Graphviz's DOT: drawn from what the machine runs on, wrong ways in red.
 *
 * @example `writeFileSync("handshake.dot", toDot({ violations: true }))`, then `dot -Tsvg handshake.dot`
 */
export function toDot(options: DiagramOptions = {}): string {
  const lines = ["digraph handshake {", "  node [shape=box, style=rounded];"];
  lines.push(`  label="anywhere:\\l${marginLines.join("\\l")}\\l";`);
  for (const name of stateNames) lines.push(`  "${name}";`);
  for (const { from, to, rows } of edgesOf(options)) {
    const color = rows[0]?.violation === undefined ? "" : ", color=red, fontcolor=red";
    lines.push(`  "${from}" -> "${to}" [label="${rows.map(labelOf).join("\\n")}"${color}];`);
  }
  lines.push("}");
  return `${lines.join("\n")}\n`;
}
