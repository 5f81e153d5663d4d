/**
 * What a program says of itself: how an operation ended for it. The wire can't show that: a client that takes a cut stream
 * for whole and one that notices it and gives up send the same bytes.
 */
import { FaultEngineError } from "../fault-engine-error.ts";
import { didYouMean, nearNames } from "../rule-file/near-names.ts";
import { fromUtf8 } from "../text.ts";
import { maskKeys, maskSecrets } from "./mask-secrets.ts";

/**
 * How an operation ended for the program that asked for it.
 *
 * - `complete`: the program has what it asked for, and takes it for whole
 * - `partial`: the program knows that it has a part only, and went on with it
 * - `error`: the program gave up
 * - `fallback`: the program used something else, such as another model or a kept answer
 */
export const OUTCOMES = ["complete", "partial", "error", "fallback"] as const;
/** One of {@link OUTCOMES}. */
export type Outcome = (typeof OUTCOMES)[number];

/** Limits of what a program may say. A hostile program could fill the log otherwise. */
export const outcomeLimits = {
  /** Bytes of one report; an HTTP route can refuse more by the declared length. */
  maxBodyBytes: 16_384,
  /** Characters of `text`; the rest is cut off. */
  maxTextLength: 500,
  /** Characters of `operation` and `requestId`; longer ones are refused. */
  maxNameLength: 200,
} as const;

/** What a program says of one operation, or of all that it did where it names none. */
export interface ReportedOutcome {
  /** What became of the operation for the program. */
  readonly outcome: Outcome;
  /** What the operation's requests had in their header `x-faultwire-operation`. */
  readonly operation?: string | undefined;
  /** The id that the API gave one of the operation's responses, such as `req_…`. */
  readonly requestId?: string | undefined;
  /** The trace id (32 hex digits) that the operation's requests had in `traceparent`. */
  readonly trace?: string | undefined;
  /** In the program's own words; whatever looks like a key is masked. */
  readonly text?: string | undefined;
}

/** A program's word, or the end of its process, as the event log has it. */
export interface OutcomeEvent extends ReportedOutcome {
  readonly type: "outcome";
  /** Milliseconds on the clock of the run. */
  readonly atMs: number;
  /** `program`: it said so itself. `exit`: its process ended, and the exit status says so. */
  readonly from: "program" | "exit";
  /** With `exit`: the exit status; `null` where a signal ended the process, or asked it to end. */
  readonly exitStatus?: number | null | undefined;
  /** With `exit`: that signal. */
  readonly signal?: string | undefined;
}

/** Headers of the report itself, which may say what its body leaves out: what traces a program adds them by itself. */
export interface OutcomeHeaders {
  /** `x-faultwire-operation`. */
  readonly operation?: string | undefined;
  /** `traceparent`. */
  readonly traceparent?: string | undefined;
}

const keys = ["outcome", "operation", "requestId", "traceparent", "text"] as const;

/**
 * Reads the body of `POST /outcome`: a JSON object with `outcome` and, to say which operation it is about, `operation`,
 * `requestId` or `traceparent`. Without any of these it is about the whole run. `text` is cut to its limit and masked.
 *
 * @throws FaultEngineError `invalid-outcome`: what was found, what was expected.
 *
 * @example
 * ```ts
 * parseOutcome('{"outcome":"error","requestId":"req_01","text":"stream ended early"}');
 * // { outcome: "error", requestId: "req_01", text: "stream ended early" }
 * ```
 */
export function parseOutcome(body: string | Uint8Array, headers: OutcomeHeaders = {}): ReportedOutcome {
  if (body.length > outcomeLimits.maxBodyBytes)
    throw refused(`${body.length} bytes, expected no more than ${outcomeLimits.maxBodyBytes}`);
  const given = readObject(typeof body === "string" ? body : fromUtf8(body));
  for (const key of Object.keys(given))
    if (!(keys as readonly string[]).includes(key))
      throw refused(
        `unknown key ${quoted(key)}${didYouMean(nearNames(key, keys))}, expected ${keys.join(", ")}`,
      );
  const operation = nameOf("operation", given["operation"] ?? headers.operation);
  const requestId = nameOf("requestId", given["requestId"]);
  const trace = traceOf(given["traceparent"] ?? headers.traceparent, given["traceparent"] !== undefined);
  const text = textOf(given["text"]);
  return {
    outcome: outcomeOf(given["outcome"]),
    ...(operation !== undefined && { operation }),
    ...(requestId !== undefined && { requestId }),
    ...(trace !== undefined && { trace }),
    ...(text !== undefined && { text }),
  };
}

/** The event for a program's word that came at `atMs`, on the clock of the other events. */
export function outcomeEvent(reported: ReportedOutcome, atMs: number): OutcomeEvent {
  return { type: "outcome", atMs, from: "program", ...reported };
}

/**
 * The event for the end of a program's process: `complete` with status 0, `error` otherwise.
 *
 * @param end - `status` is `null` where a signal ended the process, or asked it to end: such a status is none of its own.
 */
export function exitEvent(
  end: { readonly status: number | null; readonly signal?: string | null; readonly text?: string },
  atMs: number,
): OutcomeEvent {
  const { status, signal, text } = end;
  return {
    type: "outcome",
    atMs,
    from: "exit",
    outcome: status === 0 ? "complete" : "error",
    exitStatus: status,
    ...(signal ? { signal } : {}),
    ...(text === undefined ? {} : { text: boundedText(text) }),
  };
}

/** A `traceparent` (W3C Trace Context section 3.2) in its two ids; `undefined` where it is none. */
export function readTraceparent(text: string): { readonly trace: string; readonly span: string } | undefined {
  const found = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-|$)/.exec(
    text.slice(0, outcomeLimits.maxNameLength).trim(),
  );
  const [, trace = "", span = ""] = found ?? [];
  return found === null || /^0+$/.test(trace) || /^0+$/.test(span) ? undefined : { trace, span };
}

function readObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refused('the body is not JSON, expected an object such as {"outcome":"error"}');
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw refused(`found ${kindOf(value)}, expected an object such as {"outcome":"error"}`);
  return value as Readonly<Record<string, unknown>>;
}

function outcomeOf(value: unknown): Outcome {
  const known = OUTCOMES.find((one) => one === value);
  if (known !== undefined) return known;
  const near = typeof value === "string" ? didYouMean(nearNames(value, OUTCOMES)) : "";
  throw refused(`outcome: found ${quoted(value)}${near}, expected ${OUTCOMES.join(", ")}`);
}

function nameOf(key: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string" || value.trim() === "")
    throw refused(`${key}: found ${quoted(value)}, expected a text`);
  if (value.length > outcomeLimits.maxNameLength)
    throw refused(
      `${key}: found ${value.length} characters, expected no more than ${outcomeLimits.maxNameLength}`,
    );
  return maskKeys(value.trim());
}

/** A header that tracing adds by itself may be anything; a body was written to be read. */
function traceOf(value: unknown, isInBody: boolean): string | undefined {
  if (value === undefined || value === null) return undefined;
  const read = typeof value === "string" ? readTraceparent(value) : undefined;
  if (read !== undefined || !isInBody) return read?.trace;
  throw refused(`traceparent: found ${quoted(value)}, expected 00-<32 hex digits>-<16 hex digits>-01`);
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw refused(`text: found ${kindOf(value)}, expected a text`);
  return boundedText(value);
}

/** Colours and the like of a terminal (ECMA-48 section 5.4). */
const terminalSequence = /\p{Cc}\[[0-9;]*[A-Za-z]/gu;

/** Masked before it is cut, so that no key is left of which the cut took the beginning away. */
function boundedText(text: string): string {
  const masked = maskSecrets(
    text
      .replaceAll(terminalSequence, "")
      .replaceAll(/\p{Cc}+/gu, " ")
      .trim(),
  );
  const { maxTextLength } = outcomeLimits;
  return masked.length <= maxTextLength ? masked : `${masked.slice(0, maxTextLength - 1)}…`;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** A value as an error shows it: short, and without anything that looks like a key. */
function quoted(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value !== "string") return kindOf(value);
  const masked = maskSecrets(value);
  return JSON.stringify(masked.length > 40 ? `${masked.slice(0, 40)}…` : masked);
}

const refused = (reason: string): FaultEngineError =>
  new FaultEngineError("invalid-outcome", `an outcome was refused: ${reason}`);
