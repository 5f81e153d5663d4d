/** What a command prints once it runs: what listens where, and a line to paste. On standard output. */
import pc from "picocolors";

/** Two columns; what is in the second has room to be long. */
type Rows = readonly (readonly [name: string, text: string])[];

export interface Banner {
  /** How a program is led here: what to type, and for whom. */
  readonly ways?: Rows;
  readonly rows: Rows;
  /** What the command is good for. */
  readonly title: string;
  /** The parts of one command line; printed as one, so that it can be pasted. */
  readonly command: readonly string[];
}

export function banner({ ways = [], rows, title, command }: Banner): void {
  const parts = [
    ...(ways.length > 0 ? [`Point a program here:\n\n${columns(ways, pc.green, pc.dim)}`] : []),
    columns(rows, pc.dim, String),
    title,
    pc.green(command.join(" \\\n  ")),
    pc.dim("Ctrl-C ends it."),
  ];
  process.stdout.write(`${pc.bold("faultwire")}\n\n${parts.join("\n\n")}\n`);
}

function columns(rows: Rows, first: (text: string) => string, second: (text: string) => string): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `  ${first(name.padEnd(width))}  ${second(text)}`).join("\n");
}
