/** The log: pretty on a terminal, one JSON object a line otherwise; always on standard error. */
import pino, { type Logger } from "pino";

/** For people, or one JSON object a line. */
export type LogFormat = "pretty" | "json";

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

/** Makes the logger. What prints it prettily is loaded only where it is wanted. */
export async function createLogger(format: LogFormat | undefined, verbose: boolean): Promise<Logger> {
  const options = {
    level: verbose ? "debug" : "info",
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: secretFields.flatMap((name) => [`["${name}"]`, `*["${name}"]`]), censor: "[redacted]" },
  };
  const chosen = format ?? (process.stderr.isTTY ? "pretty" : "json");
  // Synchronous on purpose: the last lines before an exit are those that matter.
  if (chosen === "json") return pino(options, pino.destination({ fd: 2, sync: true }));
  const { default: pretty } = await import("pino-pretty");
  return pino(
    options,
    pretty({
      destination: 2,
      sync: true,
      colorize: process.stderr.isTTY === true,
      translateTime: "SYS:HH:MM:ss.l",
      ignore: "event",
      hideObject: !verbose,
    }),
  );
}
