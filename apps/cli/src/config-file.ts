/**
 * `--config FILE`: one rule as JSON, in the words of the program that Faultwire replaces. Unknown keys and values
 * out of range are refused by name, all at once, and nothing of a refused file is used.
 */
import { readFileSync } from "node:fs";
import { type ConnectionMoment, connectionMoments } from "@faultwire/plugin-server";
import { z } from "zod";
import { UsageError } from "./usage-error.ts";

const hostName = z.string().min(1, "expected a host name");

/** What a config file can say; every key may be left out. */
export interface ConfigFile {
  readonly error_probability?: number | undefined;
  readonly status_code?: number | undefined;
  readonly error_body?: string | Record<string, unknown> | undefined;
  readonly target_host?: string | string[] | undefined;
  readonly headers?: Record<string, string | number> | undefined;
  readonly ca_cert?: string | undefined;
  readonly ca_key?: string | undefined;
  readonly close_at?: ConnectionMoment | undefined;
  readonly seed?: string | number | undefined;
}

const configSchema = z.strictObject({
  error_probability: z.number().min(0).max(1).optional(),
  status_code: z.int().min(200).max(599).optional(),
  error_body: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
  target_host: z.union([hostName, z.array(hostName).min(1)]).optional(),
  headers: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  ca_cert: z.string().min(1).optional(),
  ca_key: z.string().min(1).optional(),
  close_at: z.enum(connectionMoments).optional(),
  seed: z.union([z.string(), z.number()]).optional(),
});

const knownKeys = Object.keys(configSchema.shape).join(", ");

/** What each key expects, for the error line. */
const expectations: Readonly<Record<string, string>> = {
  error_probability: "a number from 0 to 1",
  status_code: "a whole number from 200 to 599",
  error_body: "a string, or an object that is sent as JSON",
  target_host: "a host name, or a list of them",
  headers: "an object of header names and values",
  ca_cert: "the path of a PEM file",
  ca_key: "the path of a PEM file",
  close_at: `one of ${connectionMoments.join(", ")}`,
  seed: "a number or a string",
};

/** Reads and checks a config file. @throws {@link UsageError} with one line: file, key, what was found, what is expected. */
export function readConfigFile(path: string): ConfigFile {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(
      `config file ${path} can't be read (${(error as NodeJS.ErrnoException).code}); check --config`,
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`config file ${path} is not JSON: ${(error as Error).message}`);
  }
  const result = configSchema.safeParse(value);
  const faults = result.success
    ? Object.entries(result.data.headers ?? {}).flatMap(
        ([name, text]) => headerFault(name, String(text)) ?? [],
      )
    : result.error.issues.flatMap((issue) => lines(issue, value));
  if (result.success && faults.length === 0) return result.data;
  throw new UsageError(`config file ${path}: ${faults.join("; ")}`);
}

function lines(issue: z.core.$ZodIssue, file: unknown): string[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => `unknown key "${key}" (known: ${knownKeys})`);
  const [key] = issue.path;
  if (key === undefined) return ["expected one JSON object"];
  const found = shown((file as Record<string, unknown>)[String(key)]);
  return [`${issue.path.join(".")} is ${found}; expected ${expectations[String(key)] ?? issue.message}`];
}

/** Why a header can't be sent, or undefined where it can (RFC 9110 section 5; the host takes ASCII only). */
export function headerFault(name: string, value: string): string | undefined {
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(name)) return `"${name}" is no header name`;
  if (!/^[\t\x20-\x7e]*$/.test(value)) return `the value of ${name} holds control or non-ASCII characters`;
  return undefined;
}

/** A value as the user wrote it, cut where it is long. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "missing";
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
