/** The log: pretty on a terminal, one JSON object a line otherwise; always on standard error. */
import { maskedLog } from "@faultwire/runtime/internal";
import pino, { type Logger } from "pino";
import { plainText } from "./traffic/plain-text.ts";
import { timeOfDay } from "./traffic/terminal.ts";

/** For people, or one JSON object a line. */
export type LogFormat = "pretty" | "json";

/** How a log is to be. */
export interface LogSettings {
  /** Default: pretty on a terminal. */
  readonly logFormat?: LogFormat;
  /** Every connection, not only what failed. */
  readonly verbose?: boolean;
  /** Warnings and errors only. */
  readonly quiet?: boolean;
}

/** Fields that must never be written, whatever a future event carries. */
const secretFields = [
  "authorization",
  "x-api-key",
  "api_key",
  "key",
  "privateKey",
  "body",
  "password",
  "passphrase",
];

/** Events that the line of their request tells, where there are such lines. */
const toldByLines: ReadonlySet<unknown> = new Set(["fault", "fault-skipped"]);

/**
 * What others have said, as a terminal may get it: it obeys nothing of it, and a line that is not the first is indented, so that
 * it can't pass for a line of the log. In JSON both are escaped.
 */
function printable(value: unknown): unknown {
  if (typeof value === "string") return value.split(/\r?\n/).map(plainText).join("\n  ");
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(printable);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [plainText(name), printable(one)]));
}

/** The form that the settings mean. */
export function logFormatOf({ logFormat }: LogSettings): LogFormat {
  return logFormat ?? (process.stderr.isTTY ? "pretty" : "json");
}

/**
 * Makes the logger. What prints it prettily is loaded only where it is wanted.
 *
 * @param hasLines - Whether requests have lines of their own beside a pretty log.
 */
export async function createLogger(settings: LogSettings, hasLines = false): Promise<Logger> {
  const { verbose = false, quiet = false } = settings;
  const options = {
    level: verbose ? "debug" : quiet ? "warn" : "info",
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    hooks: maskedLog,
    redact: { paths: secretFields.flatMap((name) => [`["${name}"]`, `*["${name}"]`]), censor: "[redacted]" },
  };
  // Synchronous on purpose: the last lines before an exit are those that matter.
  if (logFormatOf(settings) === "json") return pino(options, pino.destination({ fd: 2, sync: true }));
  const { default: pretty } = await import("pino-pretty");
  return pino(
    {
      ...options,
      hooks: {
        logMethod(args, method, level) {
          const [fields] = args as readonly unknown[];
          if (hasLines && !verbose && toldByLines.has((fields as { event?: unknown } | null)?.event)) return;
          const print = (...masked: readonly unknown[]): void =>
            Reflect.apply(
              method,
              this,
              masked.map((one) => printable(one)),
            );
          maskedLog.logMethod.call(this, args, print, level);
        },
      },
    },
    pretty({
      destination: 2,
      sync: true,
      colorize: process.stderr.isTTY === true,
      ignore: "event,time,level",
      hideObject: !verbose,
      customColors: "message:reset",
      messageFormat: (log, key, _label, { colors }) => {
        const level = String(log["level"]);
        const word = level === "info" || level === "debug" ? "" : `${level}: `;
        const paint = level === "warn" ? colors.yellow : level === "error" ? colors.red : String;
        return `${colors.gray(timeOfDay(new Date(String(log["time"]))))}  ${paint(`${word}${String(log[key])}`)}`;
      },
    }),
  );
}
