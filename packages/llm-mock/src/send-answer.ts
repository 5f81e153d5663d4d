/** Answers on a response, as fast as the model is said to speak. */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { pause } from "@faultwire/timers";
import type { StreamAnswer, WholeAnswer } from "./api.ts";
import type { Pace } from "./model/speech.ts";

/** When an answer is due. */
export interface Timing {
  /** When the request's head was read, by `performance.now`. */
  readonly startMs: number;
  readonly pace: Pace;
}

/** Sends an answer in one piece; one that has tokens takes as long as its stream would. */
export async function sendWhole(
  response: ServerResponse,
  { status = 200, contentType = "application/json", body, headers = [], usage }: WholeAnswer,
  { startMs, pace }: Timing,
): Promise<void> {
  const waitMs = usage ? (pace.firstTokenMs ?? 0) + msOf(usage.outputTokens, pace) : 0;
  if (!(await waited(response, startMs + waitMs))) return;
  for (const [name, value] of headers) response.setHeader(name, value);
  response.writeHead(status, { "content-type": contentType, "content-length": Buffer.byteLength(body) });
  response.end(body);
}

/** Sends an answer frame by frame, and waits where the client does not read. */
export async function sendStream(
  response: ServerResponse,
  { contentType, frames }: StreamAnswer,
  { startMs, pace, eventDelayMs }: Timing & { readonly eventDelayMs: number },
): Promise<void> {
  response.writeHead(200, { "content-type": contentType, "cache-control": "no-cache" });
  let tokens = 0;
  for (const [index, { bytes, tokens: own }] of frames.entries()) {
    tokens += own;
    // From the start, and not from frame to frame: what a frame is late does not add up.
    const paceMs = own > 0 ? (pace.firstTokenMs ?? 0) + msOf(tokens, pace) : 0;
    const dueMs = Math.max(
      startMs + paceMs,
      index > 0 && eventDelayMs > 0 ? performance.now() + eventDelayMs : 0,
    );
    if (!(await waited(response, dueMs))) return;
    if (!response.write(bytes) && !(await drained(response))) return;
  }
  response.end();
}

const msOf = (tokens: number, { tokensPerSecond }: Pace): number =>
  tokensPerSecond === undefined ? 0 : (tokens * 1000) / tokensPerSecond;

/** Waits until a moment of `performance.now`. False where the client has gone before. */
async function waited(response: ServerResponse, dueMs: number): Promise<boolean> {
  const delayMs = dueMs - performance.now();
  return delayMs <= 0 || untilGone(response, (signal) => pause(delayMs, signal));
}

const drained = (response: ServerResponse): Promise<boolean> =>
  untilGone(response, (signal) => once(response, "drain", { signal }));

async function untilGone(
  response: ServerResponse,
  wait: (signal: AbortSignal) => Promise<unknown>,
): Promise<boolean> {
  if (response.destroyed) return false;
  const gone = new AbortController();
  const abort = (): void => gone.abort();
  response.once("close", abort);
  try {
    await wait(gone.signal);
    return true;
  } catch (error) {
    if (gone.signal.aborted) return false;
    throw error;
  } finally {
    response.off("close", abort);
  }
}
