/** What forward mode does beside the answers themselves: what is asked, what is told, and what reaches the client. */
import { gunzipSync, gzipSync } from "node:zlib";
import { create } from "@bufbuild/protobuf";
import { type EngineEvent, FaultEngine, parseRuleFile } from "@faultwire/fault-engine";
import {
  type HttpRequest,
  HttpRequestSchema,
  type HttpResponse,
  HttpResponseSchema,
} from "@faultwire/fault-protocol";
import { FaultDesk, type SessionEvent } from "@faultwire/fault-session";
import { contentCodings, enginePolicy } from "@faultwire/runtime";
import { manualTimers } from "@faultwire/testkit/manual-timers";
import { describe, expect, it } from "vitest";
import { ForwardMode } from "../../src/forward.ts";
import { forwardLimits } from "../../src/forward-way.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (body: Uint8Array | undefined): string => new TextDecoder().decode(body);
const never = new AbortController().signal;

/** Forward mode under rules; each is the text behind `- ` of a rule file. */
const forwardWith = (...rules: readonly string[]) => forwardAt(new FaultDesk(() => 1_800_000_000_000), rules);

/** The same where compressed responses are opened. */
const compressedWith = (...rules: readonly string[]) =>
  forwardAt(new FaultDesk(() => 1_800_000_000_000, contentCodings), rules);

function forwardAt(desk: FaultDesk, rules: readonly string[]) {
  const clock = manualTimers();
  const events: EngineEvent[] = [];
  const told: SessionEvent[] = [];
  const engine = new FaultEngine({ startedAtMs: clock.now() });
  const file = `version: 1\ntargets: [api.test]\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join("")}`;
  engine.setRules("file", parseRuleFile(file, "rules.yaml").ruleSet);
  const forward = new ForwardMode({
    policy: enginePolicy({ engine, now: clock.now, onEvent: (event) => events.push(event) }),
    timers: clock,
    desk,
    tell: (event) => told.push(event),
  });
  const outcomes = (): string[] =>
    events.flatMap((event) => {
      if (event.type === "undone") return [`${event.rule} undone: ${event.reason}`];
      if (event.type === "done")
        return [`${event.rule} done${event.instead === undefined ? "" : `, instead: ${event.instead}`}`];
      return event.type === "end" ? [event.how] : [];
    });
  /** Lets a call be held until its end. */
  const after = async <T>(answer: Promise<T>): Promise<T> => {
    clock.advance(forwardLimits.maxHoldMs);
    return answer;
  };
  return { clock, events, told, forward, outcomes, after };
}

const fields = (headers: Readonly<Record<string, string>>) =>
  Object.entries(headers).map(([name, value]) => ({ name, value }));
const request = (headers: Readonly<Record<string, string>> = {}, body = '{"model":"m"}'): HttpRequest =>
  create(HttpRequestSchema, {
    method: "POST",
    path: "/v1/messages",
    headers: fields({ host: "api.test", ...headers }),
    body: ascii(body),
  });
const response = (body: string, headers: Readonly<Record<string, string>> = {}): HttpResponse =>
  create(HttpResponseSchema, {
    statusCode: 200,
    headers: fields({ "content-type": "application/json", ...headers }),
    body: ascii(body),
  });
const message = '{"type":"message","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn"}';
const streamed = ["one", "two"].map((name) => `event: ${name}\ndata: {"type":"${name}"}\n\n`).join("");
const emptied = "{ name: r, fault: { model: { emptyContent: true } } }";

describe("a request whose response is to be changed", () => {
  it("asks for no compression, and for nothing else than it did", async () => {
    const { forward } = forwardWith(emptied);
    const { modifiedRequest } = await forward.request(
      request({ "Accept-Encoding": "gzip", "x-a": "1" }),
      never,
    );
    expect(modifiedRequest?.headers.map(({ name, value }) => `${name}: ${value}`)).toEqual([
      "host: api.test",
      "Accept-Encoding: identity",
      "x-a: 1",
    ]);
  });

  it("asks for compression as its client does where nothing reads the response", async () => {
    const { forward, after } = forwardWith("{ name: r, fault: { http: { delay: { beforeHead: 1s } } } }");
    const { modifiedRequest } = await after(forward.request(request({ "accept-encoding": "gzip" }), never));
    expect(modifiedRequest?.headers.at(-1)).toMatchObject({ name: "accept-encoding", value: "gzip" });
  });
});

describe("headers that change on a response", () => {
  const headers = "{ headers: { replace: { retry-after: 5 }, add: { x-a: 1 }, remove: [request-id] } }";

  it("are the host's to send; its body stays, and may be compressed", async () => {
    const { forward, outcomes, events } = forwardWith(`{ name: r, fault: { http: ${headers} } }`);
    const { modifiedRequest } = await forward.request(request({ "accept-encoding": "gzip" }), never);
    expect(modifiedRequest?.headers.at(-1)).toMatchObject({ name: "accept-encoding", value: "gzip" });
    const { modifiedResponse } = await forward.response(
      response(message, { "request-id": "req_1", "content-encoding": "gzip" }),
      never,
    );
    const seen = modifiedResponse?.headers.map(({ name, value }) => `${name}: ${value}`);
    expect(seen).toEqual(
      expect.arrayContaining(["content-encoding: gzip", "retry-after: 5", "x-a: 1", "x-faultwire: r"]),
    );
    expect(seen?.some((line) => line.startsWith("request-id"))).toBe(false);
    expect(text(modifiedResponse?.body)).toBe(message);
    expect(outcomes()).toEqual(["r done", "complete"]);
    expect(events.find(({ type }) => type === "response")).toMatchObject({ retryAfterMs: 5000 });
  });

  it("are not changed where the response has none of them, which is told", async () => {
    const { forward, outcomes } = forwardWith(
      "{ name: r, fault: { http: { headers: { remove: x-none } } } }",
    );
    await forward.request(request(), never);
    await forward.response(response(message), never);
    expect(outcomes()).toEqual(["r undone: the response has no x-none to be removed", "complete"]);
  });
});

describe("a fault of the bytes that the client says", () => {
  const corrupt = (from: string): string =>
    `{ name: r, fault: { connection: { corrupt: { rate: 1${from} } } } }`;
  const ofClient = corrupt(", from: client");

  it("is undone where the request has no body that could be touched, and nothing else is", async () => {
    const { forward, outcomes } = forwardWith(ofClient);
    const asked = await forward.request(request({}, ""), never);
    expect(text(asked.modifiedRequest?.body)).toBe("");
    expect(outcomes()).toContain("r undone: the request has no body to be touched");
  });

  it("is undone where the request's body is too long to be touched", async () => {
    const { forward, outcomes } = forwardWith(ofClient);
    await forward.request(request({}, " ".repeat(forwardLimits.maxReadBodyBytes + 1)), never);
    expect(outcomes()).toContain("r undone: the request's body is too long to be touched");
  });
});

describe("what can't be read", () => {
  it("is told of a request that names no host", async () => {
    const { forward, told, events } = forwardWith(emptied);
    await forward.request(request({ host: "" }), never);
    const unread = { type: "unread", from: "client", reason: "no-host" };
    expect(told).toContainEqual({ ...unread, host: undefined });
    expect(events).toEqual([{ ...unread, atMs: 0, connection: null, client: null, host: null }]);
  });

  it("is told of a body that a rule asks for and that is too long; the rule does not hit", async () => {
    const { forward, told, outcomes } = forwardWith(
      "{ name: r, match: { model: m }, fault: { http: { status: 503 } } }",
    );
    await forward.request(request({}, " ".repeat(forwardLimits.maxReadBodyBytes + 1)), never);
    expect(told).toContainEqual({
      type: "unread",
      host: "api.test",
      from: "client",
      reason: "body-too-large",
    });
    expect(outcomes()).toEqual([]);
  });

  it("is told of a compressed response, which goes back as it came", async () => {
    const { forward, outcomes } = forwardWith(emptied);
    await forward.request(request(), never);
    const back = await forward.response(response(message, { "content-encoding": "br" }), never);
    expect(text(back.modifiedResponse?.body)).toBe(message);
    expect(outcomes()).toEqual(["r undone: the response is compressed", "complete"]);
  });

  it("is opened and closed again where the desk says how, and its digest is left out", async () => {
    const { forward, outcomes } = compressedWith(emptied);
    await forward.request(request(), never);
    const headers = { "content-encoding": "gzip", "content-digest": "sha-256=:AA==:" };
    const back = await forward.response({ ...response("", headers), body: gzipSync(message) }, never);
    const { body, headers: sent } = back.modifiedResponse ?? {};
    expect(JSON.parse(gunzipSync(body ?? new Uint8Array()).toString())).toMatchObject({ content: [] });
    const named = new Map(sent?.map(({ name, value }) => [name, value]));
    expect([named.get("content-length"), named.has("content-digest")]).toEqual([String(body?.length), false]);
    expect(outcomes()).toEqual([
      "r done, instead: as asked for, but without content-digest, since the body is compressed anew",
      "complete",
    ]);
  });

  it("that is not what its coding says goes back as it came", async () => {
    const { forward, outcomes } = compressedWith(emptied);
    await forward.request(request(), never);
    const back = await forward.response(response(message, { "content-encoding": "gzip" }), never);
    expect(text(back.modifiedResponse?.body)).toBe(message);
    expect(outcomes()[0]).toBe(
      "r undone: the response is compressed, and its gzip can't be read: incorrect header check",
    );
  });
});

describe("a fault is told", () => {
  it.each([
    ["http: { truncate: { afterBytes: 10 } }", "the body ends early, but properly, as if it were whole"],
    [
      "connection: { throttle: { bytesPerSecond: 1000, from: server } }",
      "the call is held for that time, 9 s at the most",
    ],
    ["model: { emptyContent: true }", undefined],
  ])("as what was done in its place, where that is so: %s", async (fault, instead) => {
    const { forward, outcomes, after } = forwardWith(`{ name: r, fault: { ${fault} } }`);
    await forward.request(request(), never);
    await after(forward.response(response(message), never));
    expect(outcomes()[0]).toBe(`r done${instead === undefined ? "" : `, instead: ${instead}`}`);
  });

  it("as undone where the host does not take what it made: its own copy goes back", async () => {
    const { forward, outcomes } = forwardWith(emptied);
    await forward.request(request(), never);
    const back = await forward.response(response(message, { "x-upstream": "é" }), never);
    expect(back.modifiedResponse).toBeUndefined();
    expect(outcomes()).toEqual([
      "r undone: the host takes no such answer: it is too large, or holds a header that is not ASCII",
      "complete",
    ]);
  });

  it("as undone where the host does not take the request that it made", async () => {
    const { forward, outcomes } = forwardWith(
      "{ name: r, fault: { connection: { corrupt: { rate: 1, from: client } } } }",
    );
    const { modifiedRequest } = await forward.request(request({ "x-client": "é" }), never);
    expect(modifiedRequest).toBeUndefined();
    expect(outcomes()[0]).toMatch(/^r undone: the host takes no such answer/);
  });

  it("as done where its client was held until it went, and before the end of its exchange", async () => {
    const { forward, outcomes } = forwardWith("{ name: r, fault: { http: { delay: { beforeHead: 5s } } } }");
    const client = new AbortController();
    const answer = forward.request(request(), client.signal);
    client.abort();
    await answer;
    expect(outcomes()).toEqual([
      "r done, instead: the call is held for that time, 9 s at the most",
      "abandoned",
    ]);
  });

  it("as undone where its client went while another fault held it", async () => {
    const { forward, outcomes } = forwardWith(
      "{ name: held, fault: { connection: { latency: { time: 5s, per: connection } } } }",
      "{ name: failed, fault: { http: { status: 503 } } }",
    );
    const client = new AbortController();
    const answer = forward.request(request(), client.signal);
    client.abort();
    await answer;
    expect(outcomes()).toEqual([
      "held done, instead: the call is held for that time, 9 s at the most",
      "failed undone: the client had gone before",
      "abandoned",
    ]);
  });

  it("as undone where two holds together are longer than the host can bear", async () => {
    const { forward, outcomes, after } = forwardWith(
      "{ name: one, fault: { connection: { latency: { time: 5s, per: connection } } } }",
      "{ name: two, fault: { http: { delay: { beforeHead: 5s } } } }",
    );
    await after(forward.request(request(), never));
    expect(outcomes()).toEqual(
      ["one", "two"].map(
        (name) => `${name} undone: 10000 ms asked for, 9000 ms held: a longer hold stops the host`,
      ),
    );
  });

  it("as undone where no response of its request is ever shown", async () => {
    const { forward, outcomes, clock } = forwardWith(emptied);
    await forward.request(request(), never);
    clock.advance(forwardLimits.maxOutstandingMs + 1);
    await forward.request(request({ host: "other.test" }), never);
    expect(outcomes()).toEqual([
      expect.stringMatching(/^r undone: the host has shown no response/),
      "abandoned",
    ]);
  });

  it("as undone at the end of the server", async () => {
    const { forward, outcomes } = forwardWith(emptied);
    await forward.request(request(), never);
    forward.finish();
    expect(outcomes()).toEqual([
      expect.stringMatching(/^r undone: the host has shown no response/),
      "abandoned",
    ]);
  });
});

describe("a fault of bytes", () => {
  it("for both sides changes both bodies", async () => {
    const { forward, outcomes } = forwardWith(
      "{ name: r, fault: { connection: { corrupt: { rate: 1, from: both } } } }",
    );
    const asked = await forward.request(request(), never);
    const back = await forward.response(response(message), never);
    expect(text(asked.modifiedRequest?.body)).not.toBe('{"model":"m"}');
    expect(text(back.modifiedResponse?.body)).not.toBe(message);
    expect(outcomes()).toEqual(["r done, instead: bytes of bodies alone are changed", "complete"]);
  });

  it("gives all of a long body, however slowly", async () => {
    const { forward, outcomes, after } = forwardWith(
      "{ name: r, fault: { connection: { throttle: { bytesPerSecond: 1, from: server } } } }",
    );
    const long = "x".repeat(150_000);
    await forward.request(request(), never);
    const back = await after(forward.response(response(long), never));
    expect(back.modifiedResponse?.body).toHaveLength(long.length);
    expect(outcomes()).toEqual([expect.stringMatching(/^r undone: 150000000 ms asked for/), "complete"]);
  });

  it("that would never come to its end leaves the body alone", async () => {
    const { forward, outcomes } = forwardWith(
      "{ name: r, fault: { stream: { stall: { afterEvents: 1, for: 10m, pingEvery: 1ms } } } }",
    );
    await forward.request(request({}, '{"model":"m","stream":true}'), never);
    const back = await forward.response(response(streamed, { "content-type": "text/event-stream" }), never);
    expect(text(back.modifiedResponse?.body)).toBe(streamed);
    expect(outcomes()).toEqual(["r undone: it takes more steps than a whole message is given", "complete"]);
  });
});

it("a changed response has every header of the upstream's, the mark, and its own length", async () => {
  const { forward } = forwardWith(emptied);
  await forward.request(request(), never);
  const upstream = response(message, {
    "Content-Length": "85",
    "request-id": "req_1",
    "X-Faultwire": "forged",
    "anthropic-organization-id": "o",
  });
  const { modifiedResponse } = await forward.response(upstream, never);
  const body = '{"type":"message","content":[],"stop_reason":"end_turn"}';
  expect(text(modifiedResponse?.body)).toBe(body);
  expect(modifiedResponse?.headers.map(({ name, value }) => `${name}: ${value}`)).toEqual([
    "content-type: application/json",
    "Content-Length: 56",
    "request-id: req_1",
    "X-Faultwire: r",
    "anthropic-organization-id: o",
  ]);
});

it("an answer has every header that its fault says", async () => {
  const { forward } = forwardWith(
    "{ name: r, fault: { http: { status: 503, body: down, headers: { retry-after: '7', X-A: b } } } }",
  );
  const { abortResponse } = await forward.request(request(), never);
  expect(abortResponse?.statusCode).toBe(503);
  expect(text(abortResponse?.body)).toBe("down");
  expect(abortResponse?.headers.map(({ name, value }) => `${name}: ${value}`)).toEqual([
    "content-type: text/plain; charset=utf-8",
    "retry-after: 7",
    "X-A: b",
    "x-faultwire: r",
    "content-length: 4",
  ]);
});
