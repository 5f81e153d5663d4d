import { type DiagramOptions, edgesOf, labelOf, marginLines, stateNames } from "./edges.ts";

/**
 * The table of transitions as a Mermaid state diagram, for a Markdown page: drawn from what the machine runs on.
 *
 * @example `` `\`\`\`mermaid\n${toMermaid()}\`\`\`` ``
 */
export function toMermaid(options: DiagramOptions = {}): string {
  const lines = ["stateDiagram-v2"];
  for (const line of marginLines) lines.push(`  %% anywhere: ${line}`);
  // Mermaid takes no hyphen in an id.
  for (const name of stateNames) lines.push(`  state "${name}" as ${idOf(name)}`);
  lines.push("  [*] --> start");
  for (const { from, to, rows } of edgesOf(options))
    lines.push(`  ${idOf(from)} --> ${idOf(to)} : ${rows.map(labelOf).join("<br>")}`);
  lines.push("  closed --> [*]");
  return `${lines.join("\n")}\n`;
}

function idOf(name: string): string {
  return name.replaceAll("-", "_");
}
