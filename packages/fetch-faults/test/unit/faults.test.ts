/** Every fault that a message can have, as a caller of fetch sees it: whole, in bytes, and at which moments. */
import { describe, expect, it } from "vitest";
import { fetchWay } from "../../src/index.ts";
import { rigOf, see, type Upstream } from "./support.ts";

const event = (name: string, value: object = {}): string =>
  `event: ${name}\ndata: ${JSON.stringify({ type: name, ...value })}\n\n`;
const events = [
  event("message_start", { message: { id: "msg_1", usage: { input_tokens: 12, output_tokens: 1 } } }),
  event("content_block_delta", { index: 0, delta: { type: "text_delta", text: "Zürich " } }),
  event("content_block_delta", { index: 0, delta: { type: "text_delta", text: "liegt am See" } }),
  event("message_delta", { delta: { stop_reason: "end_turn" }, usage: { output_tokens: 9 } }),
  event("message_stop"),
];
const [e0 = "", e1 = "", e2 = "", e3 = "", e4 = ""] = events;
const all = events.join("");
/** What Anthropic says besides of a refusal. */
const details = '"stop_details":{"type":"refusal","category":null,"explanation":null}';
const message = JSON.stringify({
  id: "msg_1",
  type: "message",
  content: [{ type: "tool_use", id: "t", name: "look", input: { place: "Zürich" } }],
  stop_reason: "tool_use",
});
const stream: Upstream = { body: all, headers: { "content-type": "text/event-stream" } };
const json: Upstream = {
  body: message,
  headers: {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(message)),
    "request-id": "req_up",
  },
};

interface Case {
  readonly fault: string;
  readonly upstream: Upstream;
  readonly told: readonly string[];
  readonly text?: string;
  readonly status?: number;
  /** `message/code of its cause`. */
  readonly failure?: string;
  readonly headAtMs?: number;
  readonly overAtMs?: number;
  /** `null` for one that is not there. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** The moments at which a part came, each once. */
  readonly atMs?: readonly number[];
  readonly isUpstreamAsked?: boolean;
}

const counted = "done: counted in bytes of the response's body";
const closed = "fetch failed/UND_ERR_SOCKET";
const reset = "fetch failed/ECONNRESET";
const cut = "terminated/UND_ERR_SOCKET";
const cutHard = "terminated/ECONNRESET";
const nobody = { isUpstreamAsked: false } as const;

const cases: readonly Case[] = [
  {
    fault: "{ connection: { close: { at: request } } }",
    upstream: json,
    told: ["done", "failed"],
    failure: closed,
    ...nobody,
  },
  {
    fault: "{ connection: { reset: { at: request } } }",
    upstream: json,
    told: ["done", "failed"],
    failure: reset,
    ...nobody,
  },
  {
    fault: "{ connection: { reset: { at: client-hello } } }",
    upstream: json,
    told: ["done", "failed"],
    failure: reset,
    ...nobody,
  },
  {
    fault: "{ connection: { close: { at: response-head } } }",
    upstream: json,
    told: ["done", "failed"],
    failure: closed,
  },
  {
    fault: "{ connection: { reset: { at: { bytes: 20 } } } }",
    upstream: json,
    told: ["200", counted, "cut"],
    text: message.slice(0, 20),
    failure: cutHard,
  },
  {
    fault: "{ connection: { close: { at: { bytes: 20 } } } }",
    upstream: json,
    told: ["200", counted, "cut"],
    text: message.slice(0, 20),
    failure: cut,
  },
  {
    fault: "{ connection: { close: { at: { bytes: 2000 } } } }",
    upstream: json,
    told: ["200", "undone: the response ended before so many bytes", "complete"],
    text: message,
  },
  {
    fault: "{ connection: { stall: { at: request, for: 2s } } }",
    upstream: json,
    told: ["done", "200", "complete"],
    text: message,
    headAtMs: 2000,
  },
  {
    fault: "{ connection: { stall: { at: established, for: 2s } } }",
    upstream: json,
    told: ["done: before the request: the handshake is the runtime's", "200", "complete"],
    text: message,
    headAtMs: 2000,
  },
  {
    fault: "{ connection: { stall: { at: response-head, for: 2s } } }",
    upstream: json,
    told: ["200", "done", "complete"],
    text: message,
    headAtMs: 2000,
  },
  {
    fault: "{ connection: { stall: { at: response-head } } }",
    upstream: json,
    told: ["done", "failed"],
    failure: "fetch failed/UND_ERR_HEADERS_TIMEOUT",
  },
  {
    fault: "{ connection: { stall: { at: request } } }",
    upstream: json,
    told: ["done", "failed"],
    failure: "fetch failed/UND_ERR_HEADERS_TIMEOUT",
    ...nobody,
  },
  {
    fault: "{ connection: { stall: { at: { bytes: 20 } } } }",
    upstream: json,
    told: ["200", counted, "cut"],
    text: message.slice(0, 20),
    failure: "terminated/UND_ERR_BODY_TIMEOUT",
  },
  {
    fault: "{ connection: { latency: { time: 400ms, per: request } } }",
    upstream: json,
    told: ["done", "200", "complete"],
    text: message,
    headAtMs: 400,
  },
  {
    fault: "{ connection: { throttle: { bytesPerSecond: 100 } } }",
    upstream: json,
    told: ["200", "done: on the response's body alone", "complete"],
    text: message,
  },
  {
    fault: "{ connection: { throttle: { bytesPerSecond: 100, from: client } } }",
    upstream: json,
    told: ["undone: the request's body is given to the runtime whole", "200", "complete"],
    text: message,
  },
  {
    fault: "{ connection: { slice: { bytes: 40, gap: 50ms } } }",
    upstream: { ...json, body: "x".repeat(100) },
    told: ["200", "done: on the response's body alone", "complete"],
    text: "x".repeat(100),
  },
  {
    fault: "{ tls: { certificate: expired } }",
    upstream: json,
    told: ["undone: TLS is the runtime's, below fetch", "200", "complete"],
    text: message,
  },
  {
    fault: "{ http: { status: 503, body: 'busy', retryAfter: 2s } }",
    upstream: json,
    told: ["injected 503", "done", "complete"],
    text: "busy",
    status: 503,
    ...nobody,
  },
  {
    fault:
      "{ http: { headers: { add: { x-a: 1 }, replace: { content-type: text/x }, remove: [request-id] } } }",
    upstream: json,
    told: ["200", "done", "complete"],
    text: message,
    headers: { "x-a": "1", "content-type": "text/x", "request-id": null },
  },
  {
    fault: "{ http: { headers: { remove: x-none } } }",
    upstream: json,
    told: ["200", "undone: the response has no x-none to be removed", "complete"],
    text: message,
    headers: { "request-id": "req_up" },
  },
  {
    fault:
      "{ http: { headers: { retry-after: 5 }, delay: { beforeHead: 1s } }, stream: { cut: { afterEvents: 2, stop: fin } } }",
    upstream: stream,
    told: ["200", "done", "cut"],
    text: e0 + e1,
    failure: cut,
    headAtMs: 1000,
    headers: { "retry-after": "5" },
  },
  {
    fault: "{ http: { status: 503, headers: { remove: [content-type], add: { x-a: [1, 2] } } } }",
    upstream: json,
    told: ["injected 503", "done", "complete"],
    status: 503,
    headers: { "content-type": null, "x-a": "1, 2" },
    ...nobody,
  },
  {
    fault: "{ http: { status: 204 } }",
    upstream: json,
    told: ["injected 204", "done", "complete"],
    text: "",
    status: 204,
    ...nobody,
  },
  {
    fault: "{ http: { status: 503, body: 'busy', delay: { beforeHead: 1s, beforeBody: 500ms } } }",
    upstream: json,
    told: ["injected 503", "done", "complete"],
    text: "busy",
    status: 503,
    headAtMs: 1000,
    atMs: [1500],
    ...nobody,
  },
  {
    fault: "{ http: { malformed: invalid-json, delay: { beforeHead: 1s } } }",
    upstream: json,
    told: ["injected 200", "done", "complete"],
    status: 200,
    headAtMs: 1000,
    ...nobody,
  },
  {
    fault: "{ http: { empty: true } }",
    upstream: json,
    told: ["done", "failed"],
    failure: closed,
    ...nobody,
  },
  {
    fault: "{ http: { empty: true, delay: { beforeHead: 1s } } }",
    upstream: json,
    told: ["done", "failed"],
    failure: closed,
    overAtMs: 1000,
    ...nobody,
  },
  // Later than fetch waits for a head.
  ...["empty: true", "malformed: html", "status: 503"].map((answer) => ({
    fault: `{ http: { ${answer}, delay: { beforeHead: 400s } } }`,
    upstream: json,
    told: ["undone: fetch had given up waiting for a head", "failed"],
    failure: "fetch failed/UND_ERR_HEADERS_TIMEOUT",
    ...nobody,
  })),
  {
    fault: "{ http: { malformed: bad-status-line } }",
    upstream: json,
    told: ["done", "failed"],
    failure: "fetch failed/HPE_INVALID_STATUS",
    ...nobody,
  },
  {
    fault: "{ http: { malformed: bad-chunk } }",
    upstream: json,
    told: ["injected 200", "done", "cut"],
    failure: "terminated/HPE_INVALID_CHUNK_SIZE",
    ...nobody,
  },
  {
    fault: "{ http: { malformed: wrong-content-length } }",
    upstream: json,
    told: ["injected 200", "done", "cut"],
    failure: cut,
    ...nobody,
  },
  {
    fault: "{ http: { delay: { beforeHead: 1s, beforeBody: 500ms } } }",
    upstream: json,
    told: ["200", "done", "complete"],
    text: message,
    headAtMs: 1000,
    atMs: [1500],
  },
  {
    fault: "{ http: { truncate: { afterBytes: 20 } } }",
    upstream: json,
    told: ["200", "done", "cut"],
    text: message.slice(0, 20),
    failure: cut,
  },
  {
    fault: "{ stream: { errorEvent: { afterEvents: 2, type: overloaded_error } } }",
    upstream: stream,
    told: ["200", "done", "cut"],
  },
  {
    fault: "{ stream: { cut: { afterEvents: 2, stop: fin } } }",
    upstream: stream,
    told: ["200", "done", "cut"],
    text: e0 + e1,
    failure: cut,
  },
  {
    fault: "{ stream: { cut: { afterEvents: 2, stop: reset } } }",
    upstream: stream,
    told: ["200", "done", "cut"],
    text: e0 + e1,
    failure: cutHard,
  },
  {
    fault: "{ stream: { cut: { afterEvents: 2, stop: clean } } }",
    upstream: stream,
    told: ["200", "done", "cut"],
    text: e0 + e1,
  },
  {
    fault: "{ stream: { cut: { afterEvents: 2 } } }",
    upstream: json,
    told: ["200", "undone: the response is no event stream", "complete"],
    text: message,
  },
  {
    fault: "{ stream: { cut: { afterEvents: 20 } } }",
    upstream: stream,
    told: [
      "200",
      "undone: the stream ended after 5 events and 541 bytes, before the point of the fault",
      "complete",
    ],
    text: all,
  },
  {
    fault: "{ stream: { stall: { afterEvents: 2, for: 3s } } }",
    upstream: stream,
    told: ["200", "done", "complete"],
    text: all,
  },
  {
    fault: "{ stream: { stall: { afterEvents: 2 } } }",
    upstream: stream,
    told: ["200", "done", "cut"],
    text: e0 + e1,
    failure: "terminated/UND_ERR_BODY_TIMEOUT",
  },
  {
    fault: "{ stream: { pace: { firstEvent: 1s, event: 200ms } } }",
    upstream: stream,
    told: ["200", "done", "complete"],
    text: all,
    atMs: [1000, 1200, 1400, 1600, 1800],
  },
  {
    fault: "{ stream: { drop: { events: [1] } } }",
    upstream: stream,
    told: ["200", "done", "complete"],
    text: e0 + e2 + e3 + e4,
  },
  {
    fault: "{ stream: { duplicate: { events: [1] } } }",
    upstream: stream,
    told: ["200", "done", "complete"],
    text: e0 + e1 + e1 + e2 + e3 + e4,
  },
  {
    fault: "{ stream: { reorder: { events: [1] } } }",
    upstream: stream,
    told: ["200", "done", "complete"],
    text: e0 + e2 + e1 + e3 + e4,
  },
  {
    fault: "{ stream: { split: { events: [1], where: utf8, gap: 100ms } } }",
    upstream: stream,
    told: ["200", "done", "complete"],
    text: all,
  },
  {
    fault: "{ stream: { damage: { events: [1], how: invalid-json } } }",
    upstream: stream,
    told: ["200", "done", "complete"],
  },
  {
    fault: "{ model: { stopReason: refusal } }",
    upstream: json,
    told: ["200", "done", "complete"],
    text: message.replace(/"tool_use"}$/, `"refusal","stop_sequence":null,${details}}`),
  },
  {
    fault: "{ model: { stopReason: refusal } }",
    upstream: stream,
    told: ["200", "done", "complete"],
    text: all.replace('"end_turn"', `"refusal","stop_sequence":null,${details}`),
  },
  { fault: "{ model: { emptyContent: true } }", upstream: json, told: ["200", "done", "complete"] },
  { fault: "{ model: { garbleToolInput: true } }", upstream: json, told: ["200", "done", "complete"] },
  { fault: "{ model: { fallback: { from: a, to: b } } }", upstream: json, told: ["200", "done", "complete"] },
];

const failureOf = (error: unknown): string | undefined => {
  if (error === undefined) return undefined;
  const { message: text, cause } = error as Error & { readonly cause?: { readonly code?: string } };
  expect(error).toBeInstanceOf(TypeError);
  return `${text}/${cause?.code}`;
};

describe.each(cases)("$fault", (each) => {
  it.each([1, 7, 1_000_000])(
    "as a caller sees it, the upstream's body in parts of %i bytes",
    async (chunkBytes) => {
      const rig = rigOf(`fault: ${each.fault}`, { ...each.upstream, chunkBytes });
      const seen = await see(rig);
      expect(failureOf(seen.failure)).toBe(each.failure);
      if (each.text !== undefined) expect(seen.text).toBe(each.text);
      else if (each.failure === undefined) expect(seen.text).not.toBe(each.upstream.body);
      if (each.status !== undefined) expect(seen.status).toBe(each.status);
      for (const [name, value] of Object.entries(each.headers ?? {}))
        expect([name, seen.headers.get(name)]).toEqual([name, value]);
      if (each.overAtMs !== undefined) expect(rig.timers.now()).toBe(each.overAtMs);
      if (each.headAtMs !== undefined) expect(seen.headAtMs).toBe(each.headAtMs);
      if (each.atMs !== undefined) expect([...new Set(seen.parts.map(([at]) => at))]).toEqual(each.atMs);
      expect(rig.told()).toEqual(each.told);
      expect(rig.calls.length).toBe(each.isUpstreamAsked === false ? 0 : 1);
      expect(rig.timers.armed).toBe(0);
      // What came whole is not cancelled; what did not is let go.
      const isLeft =
        rig.calls.length > 0 && (each.failure !== undefined || seen.text.length < each.upstream.body.length);
      if (!isLeft) expect(rig.state.cancelled).toEqual([]);
      if (each.failure !== undefined && rig.calls.length > 0) expect(rig.state.cancelled.length).toBe(1);
    },
  );
});

describe("the faults of fetch", () => {
  it("are all that its way says yes to, each with a case", () => {
    const kinds = cases.map(({ fault }) => {
      const [, layer = "", name = ""] = /^\{ (\w+): \{ (\w+)/.exec(fault) ?? [];
      const plain = layer === "http" && name === "status" ? "error" : name;
      return `${layer}.${plain.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    });
    const missing = Object.entries(fetchWay.abilities)
      .filter(([kind, { kind: ability }]) => ability !== "no" && !kinds.includes(kind))
      .map(([kind]) => kind);
    expect(missing).toEqual(["connection.corrupt", "http.rate-limit"]);
  });

  it("flip bits of the body, the same ones for the same seed", async () => {
    const seen = [];
    for (let run = 0; run < 2; run++)
      seen.push(
        (await see(rigOf("fault: { connection: { corrupt: { rate: 0.1 } } }", { body: "x".repeat(200) })))
          .text,
      );
    expect(seen[0]).toBe(seen[1]);
    expect(seen[0]).not.toBe("x".repeat(200));
  });

  it("hold to a budget, and charge it with what the response says", async () => {
    const rig = rigOf(
      "fault: { http: { rateLimit: { requestsPerMinute: 100, outputTokensPerMinute: 60 } } }",
      { ...json, body: JSON.stringify({ usage: { input_tokens: 2, output_tokens: 90 } }) },
    );
    expect((await see(rig)).status).toBe(200);
    const refused = await see(rig);
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("31");
    expect(rig.told()).toEqual(["200", "complete", "injected 429", "done", "complete"]);
    expect(rig.calls.length).toBe(1);
  });

  it("of a connection and of its request both come", async () => {
    const rig = rigOf(
      "fault: { connection: { slice: { bytes: 10, gap: 1ms } } } }, { name: s, fault: { model: { stopReason: refusal } } ",
      json,
    );
    const seen = await see(rig);
    expect(seen.text).toContain("refusal");
    expect(Buffer.byteLength(seen.parts[0]?.[1] ?? "")).toBe(10);
    expect(rig.told()).toEqual(["200", "done", "done: on the response's body alone", "complete"]);
  });
});
