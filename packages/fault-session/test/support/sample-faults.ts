/** One fault of every kind, and the traffic that brings it out. */
import type { Fault, FaultKind } from "@faultwire/fault-engine";
import { errorFault } from "./scripted-policy.ts";

const fixed = (ms: number) => ({ kind: "fixed", ms }) as const;
const atRequest = { kind: "moment", moment: "request" } as const;
const first = { indices: [1], types: null, every: null, probability: null };

const behindMessages = { kind: "messages", messages: 2, from: "server" } as const;

/** A fault of every kind. */
export const sampleFaults: { readonly [Kind in FaultKind]: Extract<Fault, { readonly kind: Kind }> } = {
  "connect.refuse": { kind: "connect.refuse", refusal: { kind: "reset" } },
  "connection.close": { kind: "connection.close", at: atRequest },
  "connection.reset": { kind: "connection.reset", at: atRequest },
  "connection.stall": { kind: "connection.stall", at: atRequest, forMs: 300 },
  "connection.latency": { kind: "connection.latency", per: "chunk", duration: fixed(200) },
  "connection.throttle": { kind: "connection.throttle", from: "server", bytesPerSecond: 1000 },
  "connection.slice": { kind: "connection.slice", from: "server", bytes: 10, gapMs: 20 },
  "connection.corrupt": { kind: "connection.corrupt", from: "server", rate: 1, fromByte: 0, toByte: null },
  "tls.alert": { kind: "tls.alert", description: "internal_error", level: "fatal", at: "server-hello" },
  "tls.certificate": { kind: "tls.certificate", defect: "expired" },
  "tls.version": { kind: "tls.version", mode: "refuse", value: "TLSv1.3" },
  "tls.cipher": { kind: "tls.cipher", mode: "force", value: "TLS_CHACHA20_POLY1305_SHA256" },
  "tls.alpn": { kind: "tls.alpn", mode: "refuse", value: "http/1.1" },
  "tls.handshake-stall": { kind: "tls.handshake-stall", at: "server-hello", forMs: 500 },
  "tls.handshake-slow": { kind: "tls.handshake-slow", bytesPerSecond: 2000 },
  "tls.bad-mac": { kind: "tls.bad-mac", afterRecords: 1 },
  "tls.oversized-record": { kind: "tls.oversized-record", afterRecords: 1 },
  "tls.garbage": { kind: "tls.garbage", afterRecords: 1 },
  "tls.truncate": { kind: "tls.truncate", afterRecords: 1 },
  "http.error": errorFault("anthropic/rate_limit_error", 2) as Extract<Fault, { kind: "http.error" }>,
  "http.empty": { kind: "http.empty" },
  "http.malformed": { kind: "http.malformed", how: "bad-chunk" },
  "http.delay": { kind: "http.delay", beforeHead: fixed(300), beforeBody: fixed(200), perChunk: null },
  "http.headers": {
    kind: "http.headers",
    add: [["X-Added", "1"]],
    replace: [["content-type", "text/x-strange"]],
    remove: ["content-language"],
  },
  "http.truncate": { kind: "http.truncate", after: { kind: "bytes", bytes: 20 } },
  "http.rate-limit": {
    kind: "http.rate-limit",
    budget: { requestsPerMinute: 1, inputTokensPerMinute: null, outputTokensPerMinute: null },
    per: "all",
    provider: "anthropic",
  },
  "stream.error-event": {
    kind: "stream.error-event",
    at: { kind: "events", events: 2 },
    type: "overloaded_error",
    message: null,
    data: null,
    event: null,
    errorCode: null,
    stop: "clean",
  },
  "stream.cut": { kind: "stream.cut", at: { kind: "events", events: 3 }, stop: "fin" },
  "stream.stall": {
    kind: "stream.stall",
    at: { kind: "events", events: 2 },
    forMs: 1000,
    pingEveryMs: 300,
  },
  "stream.pace": { kind: "stream.pace", firstEventMs: 200, eventMs: 100, jitterMs: 0 },
  "stream.drop": { kind: "stream.drop", events: first },
  "stream.duplicate": { kind: "stream.duplicate", events: first },
  "stream.reorder": { kind: "stream.reorder", events: first },
  "stream.split": { kind: "stream.split", events: first, where: "json", gapMs: 100 },
  "stream.damage": { kind: "stream.damage", events: first, how: "invalid-json" },
  "model.stop-reason": { kind: "model.stop-reason", reason: "refusal" },
  "model.empty-content": { kind: "model.empty-content" },
  "model.garble-tool-input": { kind: "model.garble-tool-input" },
  "model.fallback": { kind: "model.fallback", from: "m", to: "n", category: "cyber" },
  "websocket.close": { kind: "websocket.close", at: behindMessages, code: 1013, reason: "later" },
  "websocket.cut": { kind: "websocket.cut", at: behindMessages, stop: "fin" },
  "websocket.stall": { kind: "websocket.stall", at: behindMessages, of: "server", forMs: 300 },
  "websocket.pace": {
    kind: "websocket.pace",
    from: "server",
    firstMessageMs: 200,
    messageMs: 100,
    jitterMs: 0,
  },
  "websocket.drop": { kind: "websocket.drop", from: "server", messages: first },
  "websocket.duplicate": { kind: "websocket.duplicate", from: "server", messages: first },
  "websocket.garbage": { kind: "websocket.garbage", at: behindMessages, from: "server", how: "bad-opcode" },
  "websocket.no-pong": { kind: "websocket.no-pong", from: "server", afterPongs: 1 },
  "grpc.status": {
    kind: "grpc.status",
    code: 14,
    message: "later",
    details: [],
    retryDelayMs: 2000,
    pushback: 500,
    afterMessages: 1,
  },
  "grpc.cut": { kind: "grpc.cut", afterMessages: 1, midMessage: false, stop: "reset" },
  "grpc.garbage": { kind: "grpc.garbage", afterMessages: 1, how: "compressed-flag" },
  "http2.reset": { kind: "http2.reset", code: "REFUSED_STREAM", at: atRequest },
  "http2.goaway": {
    kind: "http2.goaway",
    code: "NO_ERROR",
    last: "below",
    debug: "restarting",
    at: atRequest,
    closeAfterMs: null,
  },
  "http2.settings": {
    kind: "http2.settings",
    maxConcurrentStreams: 1,
    initialWindowSize: null,
    maxFrameSize: null,
    maxHeaderListSize: null,
  },
  "http2.window": { kind: "http2.window", drops: null },
  "http2.ping": { kind: "http2.ping", afterPings: 0 },
  "http2.frame": { kind: "http2.frame", how: "bad-length", at: atRequest },
  "http2.headers": { kind: "http2.headers", how: "uppercase" },
};

const event = (name: string, value: object = {}): string =>
  `event: ${name}\ndata: ${JSON.stringify({ type: name, ...value })}\n\n`;

/** An answer that calls a tool, event by event. */
export const sampleEvents: readonly string[] = [
  event("message_start", { message: { id: "msg_1", role: "assistant", content: [], stop_reason: null } }),
  event("content_block_start", {
    index: 0,
    content_block: { type: "tool_use", id: "toolu_1", name: "look", input: {} },
  }),
  event("ping"),
  event("content_block_delta", { index: 0, delta: { type: "input_json_delta", partial_json: '{"place":' } }),
  event("content_block_delta", { index: 0, delta: { type: "input_json_delta", partial_json: '"Zürich"}' } }),
  event("content_block_stop", { index: 0 }),
  event("message_delta", { delta: { stop_reason: "tool_use" }, usage: { output_tokens: 9 } }),
  event("message_stop"),
].map((text) => Buffer.from(text).toString("latin1"));

/** The same in one piece. */
export const sampleMessage: string = Buffer.from(
  JSON.stringify({
    id: "msg_1",
    type: "message",
    role: "assistant",
    content: [{ type: "tool_use", id: "toolu_1", name: "look", input: { place: "Zürich" } }],
    stop_reason: "tool_use",
    stop_sequence: null,
    usage: { input_tokens: 12, output_tokens: 9 },
  }),
).toString("latin1");

export const streamHead =
  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
export const messageHead: string = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${sampleMessage.length}\r\n\r\n`;

/** One chunk of a chunked body. */
export const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

const question = JSON.stringify({ model: "m", max_tokens: 16 });
export const post: string = `POST /v1/messages HTTP/1.1\r\nHost: api.test\r\nAccept-Encoding: gzip\r\nContent-Length: ${question.length}\r\n\r\n${question}`;
/** As {@link post}, as an upstream gets it whose answer is to be read. */
export const readablePost: string = post.replace("gzip", "identity");

/** A request that opens a WebSocket. */
export const upgrade: string =
  "GET /v1/realtime HTTP/1.1\r\nHost: api.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
/** The answer to it. */
export const upgraded: string =
  "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
