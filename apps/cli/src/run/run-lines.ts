/** What `run` says: lines on standard error, each with our name, so that they can be told from those of the command. */
import { maskedLog } from "@faultwire/runtime/internal";
import pino, { type Logger } from "pino";
import type { LogFormat } from "../logger.ts";
import { createLogger } from "../logger.ts";
import { standardError } from "../traffic/terminal.ts";
import type { TrafficListener } from "../traffic/traffic.ts";
import { trafficLines } from "../traffic/traffic-lines.ts";
import { trafficLog } from "../traffic/traffic-log.ts";

/** How much is said. */
export interface RunLinesOptions {
  /** Only why our exit status is not that of the command. */
  readonly quiet: boolean;
  /** Every connection, not just what failed. */
  readonly verbose: boolean;
  /** `json` writes log events as JSON lines; default lines for people, also where standard error is no terminal. */
  readonly logFormat: LogFormat | undefined;
  /** Default: standard error. */
  readonly write?: (text: string) => void;
}

/** Writes our lines. */
export class RunLines {
  readonly #options: RunLinesOptions;
  readonly #write: (text: string) => void;

  constructor(options: RunLinesOptions) {
    this.#options = options;
    this.#write = options.write ?? standardError().write;
  }

  /** Says something, unless we are to be quiet. */
  say(text: string): void {
    if (!this.#options.quiet) this.#write(prefixed(text));
  }

  /** Says something, and a command line on a line of its own, with nothing before it that a shell would take for a part. */
  paste(text: string, command: string): void {
    if (!this.#options.quiet) this.#write(`${prefixed(text)}${command}\n`);
  }

  /** Says why our exit status is not that of the command: also where we are to be quiet, for nothing else tells it. */
  explain(text: string): void {
    this.#write(prefixed(text));
  }

  /** A log whose entries become such lines. */
  async logger(): Promise<Logger> {
    const { quiet, verbose, logFormat } = this.#options;
    if (quiet) return pino({ level: "silent" });
    if (logFormat !== undefined) return createLogger({ logFormat, verbose });
    return pino(
      { level: verbose ? "debug" : "info", base: null, timestamp: false, hooks: maskedLog },
      {
        write: (line: string) => {
          const { event, msg } = JSON.parse(line) as { readonly event?: string; readonly msg: string };
          if (verbose || event === undefined || !toldElsewhere.has(event)) this.#write(prefixed(msg));
        },
      },
    );
  }

  /** What tells each request when it is over; undefined where we are to be quiet. */
  trafficListener(logger: Logger): TrafficListener | undefined {
    const { quiet, logFormat } = this.#options;
    if (quiet) return undefined;
    if (logFormat === "json") return trafficLog(logger);
    const { write: _, ...out } = standardError();
    return trafficLines({
      ...out,
      width: () => {
        const width = out.width();
        return width === undefined ? undefined : width - prefix.length;
      },
      write: (text) => this.#write(prefixed(text)),
    });
  }
}

/** Events that the line of their request, or the end of the run, tells. */
const toldElsewhere: ReadonlySet<string> = new Set(["fault", "fault-skipped", "outcome", "untrusted"]);

const prefix = "faultwire: ";

/** Every line of a text with our name before it. */
function prefixed(text: string): string {
  return text
    .replace(/\n$/, "")
    .split("\n")
    .map((line) => `${prefix}${line}`.trimEnd())
    .join("\n")
    .concat("\n");
}
