import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { TLSSocket } from "node:tls";
import { answerTo, answerToThrown, providerFor } from "./answer-request.ts";
import type { ApiAnswer, ApiRequest } from "./api.ts";
import type { LlmMockLimits } from "./limits.ts";
import type { Pace } from "./model/speech.ts";
import type { MockProvider } from "./provider.ts";
import { type BodyResult, readBody } from "./read-body.ts";
import { type LoggedRequest, type OpenEntry, openEntry } from "./request-log.ts";
import { sendStream, sendWhole } from "./send-answer.ts";

/** What serving takes: settings with their defaults filled in. */
export interface ServeSettings {
  readonly providers: readonly MockProvider[];
  readonly limits: LlmMockLimits;
  /** Filled, oldest first. */
  readonly requests: LoggedRequest[];
  readonly eventDelayMs: number;
  readonly pace: Pace;
  readonly now: () => number;
  readonly log: ((request: LoggedRequest) => void) | undefined;
}

/** A listener that answers a Node server's requests as the API that they are meant for. */
export function serveRequests(settings: ServeSettings): RequestListener {
  const { now, limits, requests, providers } = settings;
  const counts = new Map<MockProvider, number>();
  return (request, response) => {
    const timeMs = now();
    const { method = "", url = "", headers } = request;
    const provider = providerFor({ method, path: url, headers, body: new Uint8Array() }, providers);
    const count = counts.get(provider) ?? 0;
    counts.set(provider, count + 1);
    const entry = openEntry(provider.name, provider.requestId(count), timeMs, request);
    requests.push(entry);
    if (requests.length > limits.maxLoggedRequests) requests.shift();
    let isFinished = false;
    response.once("finish", () => {
      isFinished = true;
    });
    response.once("close", () => {
      entry.outcome = isFinished ? "answered" : "aborted";
      settings.log?.(entry);
    });
    response.sendDate = false;
    response.setHeader("date", new Date(timeMs).toUTCString());
    for (const [name, value] of provider.headers(entry.requestId)) response.setHeader(name, value);
    serve(request, response, entry, provider, settings).catch(() => response.destroy());
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  entry: OpenEntry,
  provider: MockProvider,
  settings: ServeSettings,
): Promise<void> {
  const startMs = performance.now();
  const body = await readBody(request, settings.limits, (bytes) => {
    entry.bodyBytes = bytes;
  });
  if (body.kind === "aborted") return;
  const { answer, allow } = answerSafely(request, body, entry, provider);
  if (allow) response.setHeader("allow", allow);
  if (body.kind === "too-large" && !body.drained && request.httpVersionMajor === 1)
    response.setHeader("connection", "close");
  const { requestId } = entry;
  if (answer.kind === "error") {
    entry.status = answer.status;
    return sendWhole(response, provider.errorAnswer(answer, { requestId }), { startMs, pace: {} });
  }
  const { usage, model, headers = [] } = answer;
  if (usage && provider.rateLimit)
    for (const [name, value] of provider.rateLimit(entry.timeMs, usage)) response.setHeader(name, value);
  for (const [name, value] of headers) response.setHeader(name, value);
  entry.model = model;
  const timing = { startMs, pace: answer.pace ?? settings.pace };
  if (answer.kind === "whole") {
    entry.status = answer.status ?? 200;
    return sendWhole(response, answer, timing);
  }
  entry.status = 200;
  entry.stream = true;
  return sendStream(response, answer, { ...timing, eventDelayMs: settings.eventDelayMs });
}

function answerSafely(
  request: IncomingMessage,
  body: Exclude<BodyResult, { kind: "aborted" }>,
  { requestId, timeMs: nowMs }: OpenEntry,
  provider: MockProvider,
): { readonly answer: ApiAnswer; readonly allow?: string } {
  if (body.kind === "too-large") return { answer: provider.failure(413, "Request exceeds the maximum size") };
  const { method = "", url = "", headers, socket } = request;
  const scheme = String(headers[":scheme"] ?? (socket instanceof TLSSocket ? "https" : "http"));
  const origin = `${scheme}://${headers.host ?? String(headers[":authority"] ?? "127.0.0.1")}`;
  const whole: ApiRequest = { method, path: url, headers, body: body.bytes };
  try {
    return answerTo(whole, provider, { origin, requestId, nowMs });
  } catch (error) {
    return { answer: answerToThrown(error, provider) };
  }
}
