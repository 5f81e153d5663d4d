/** What a command prints once it runs: what listens where, and a line to paste. On standard output. */
import pc from "picocolors";

export interface Banner {
  readonly rows: readonly (readonly [name: string, text: string])[];
  /** What the command is good for. */
  readonly title: string;
  /** The parts of one command line; printed as one, so that it can be pasted. */
  readonly command: readonly string[];
}

export function banner({ rows, title, command }: Banner): void {
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, text]) => `  ${pc.dim(name.padEnd(width))}  ${text}`);
  process.stdout.write(
    `${pc.bold("faultwire")}\n${lines.join("\n")}\n\n${title}\n\n${pc.green(command.join(" \\\n  "))}\n\n${pc.dim("Ctrl-C ends it.")}\n`,
  );
}
