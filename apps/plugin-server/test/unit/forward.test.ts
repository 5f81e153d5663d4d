import { create } from "@bufbuild/protobuf";
import {
  type EngineEvent,
  FaultEngine,
  parseRuleFile,
  readEventLog,
  writeEvent,
} from "@faultwire/fault-engine";
import {
  ProcessHttpRequestResponse_Action as Action,
  type HttpRequest,
  HttpRequestSchema,
  type HttpResponse,
  HttpResponseSchema,
  type ProcessHttpRequestResponse,
  type ProcessHttpResponseResponse,
} from "@faultwire/fault-protocol";
import { FaultDesk, type SessionEvent } from "@faultwire/fault-session";
import { enginePolicy } from "@faultwire/runtime";
import { manualTimers } from "@faultwire/testkit/manual-timers";
import { describe, expect, it } from "vitest";
import { ForwardMode } from "../../src/forward.ts";
import { forwardLimits } from "../../src/forward-way.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (body: Uint8Array | undefined): string => new TextDecoder().decode(body);
const never = new AbortController().signal;

/** Whether something is answered once time has gone on. */
async function hasAnswer(answer: Promise<unknown>, pass: () => void): Promise<boolean> {
  let isThere = false;
  const noted = (): void => {
    isThere = true;
  };
  answer.then(noted, noted);
  pass();
  await Promise.resolve();
  return isThere;
}

/** Forward mode under the given fault of every request to `api.test`. */
function forwardWith(fault: string, when = "{}") {
  const clock = manualTimers();
  const events: EngineEvent[] = [];
  const errors: unknown[] = [];
  const statuses: number[] = [];
  const engine = new FaultEngine({ startedAtMs: clock.now() });
  const rules = `version: 1\ntargets: [api.test]\nrules:\n  - { name: r, when: ${when}, fault: ${fault} }`;
  engine.setRules("file", parseRuleFile(rules, "rules.yaml").ruleSet);
  const policy = enginePolicy({ engine, now: clock.now, onEvent: (event) => events.push(event) });
  const forward = new ForwardMode({
    policy,
    timers: clock,
    desk: new FaultDesk(() => 1_800_000_000_000),
    onError: (error) => errors.push(error),
    onNoStatus: (status) => statuses.push(status),
  });
  const told = (): string[] =>
    events.map((event) => {
      switch (event.type) {
        case "undone":
          return `undone: ${event.reason}`;
        case "response":
          return `${event.status}${event.injected ? " injected" : ""}`;
        case "end":
          return event.how;
        default:
          return event.type;
      }
    });
  return { clock, events, errors, statuses, forward, told };
}

const request = (body = '{"model":"m"}', host = "api.test"): HttpRequest =>
  create(HttpRequestSchema, {
    method: "POST",
    path: "/v1/messages?beta=true&x=%2F",
    headers: [
      { name: "host", value: host },
      { name: "user-agent", value: "agent/1" },
      { name: "content-length", value: String(body.length) },
    ],
    body: bytes(body),
  });
const response = (body: string, type = "application/json", more: Record<string, string> = {}): HttpResponse =>
  create(HttpResponseSchema, {
    statusCode: 200,
    headers: Object.entries({ "content-type": type, ...more }).map(([name, value]) => ({ name, value })),
    body: bytes(body),
  });
const headersOf = (answer: ProcessHttpResponseResponse | ProcessHttpRequestResponse): Map<string, string> => {
  const message = "abortResponse" in answer && answer.abortResponse ? answer.abortResponse : undefined;
  const { headers = [] } = message ?? ("modifiedResponse" in answer ? (answer.modifiedResponse ?? {}) : {});
  return new Map(headers.map(({ name, value }) => [name, value]));
};
const whole = '{"type":"message","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn"}';
const streamed = ["one", "two", "three"]
  .map((name) => `event: ${name}\ndata: {"type":"${name}"}\n\n`)
  .join("");
const streaming = '{"model":"m","stream":true}';

describe("a request", () => {
  it("goes on as it came but for the query, which the host keeps by itself", async () => {
    const { forward, told } = forwardWith("none");
    const { action, modifiedRequest } = await forward.request(request(), never);
    expect(action).toBe(Action.CONTINUE);
    expect(modifiedRequest).toMatchObject({ ...request(), path: "/v1/messages" });
    expect(told()).toEqual(["connection", "request"]);
  });

  it("to another host is neither touched nor told", async () => {
    const { forward, told } = forwardWith("{ http: { status: 503 } }");
    const answer = await forward.request(request("{}", "other.test"), never);
    expect(answer.action).toBe(Action.CONTINUE);
    expect(answer.modifiedRequest?.body).toEqual(bytes("{}"));
    const back = await forward.response(response(whole), never);
    expect(text(back.modifiedResponse?.body)).toBe(whole);
    expect(told()).toEqual([]);
  });

  it("that fails is answered in the provider's words, with a port in its host or without", async () => {
    const { forward, told } = forwardWith("{ http: { preset: anthropic/overloaded_error } }");
    for (const host of ["api.test", "API.test:8443"]) {
      const answer = await forward.request(request("{}", host), never);
      expect(answer.action).toBe(Action.ABORT);
      expect(answer.abortResponse?.statusCode).toBe(529);
      expect(headersOf(answer).get("x-faultwire")).toBe("r");
      expect(text(answer.abortResponse?.body)).toContain(headersOf(answer).get("request-id"));
    }
    expect(told().slice(0, 6)).toEqual([
      "connection",
      "request",
      "decision",
      "done",
      "529 injected",
      "complete",
    ]);
  });

  it("that is answered with what the host can't bear goes on, and that is said", async () => {
    const { forward, told } = forwardWith('{ http: { status: 503, headers: { x-a: "é" } } }');
    expect((await forward.request(request(), never)).action).toBe(Action.CONTINUE);
    expect(told().at(-1)).toMatch(/^undone: the host takes no such answer/);
  });

  it("too large for the host to take back goes on as the host's own copy", async () => {
    const { forward } = forwardWith("none");
    const { action, modifiedRequest } = await forward.request(request("x".repeat(5_000_000)), never);
    expect(action).toBe(Action.CONTINUE);
    expect(modifiedRequest).toBeUndefined();
  });

  it("waits as long as a delay says", async () => {
    const { forward, clock, told } = forwardWith("{ http: { delay: { beforeHead: 2s } } }");
    const answer = forward.request(request(), never);
    expect(await hasAnswer(answer, () => clock.advance(1999))).toBe(false);
    clock.advance(1);
    expect((await answer).action).toBe(Action.CONTINUE);
    expect(told()).toEqual(["connection", "request", "decision", "done"]);
  });

  it("is answered with an error as late as the delay beside it says", async () => {
    const { forward, clock, told } = forwardWith(
      "{ http: { status: 504, delay: { beforeHead: 2s, beforeBody: 1s } } }",
    );
    const answer = forward.request(request(), never);
    expect(await hasAnswer(answer, () => clock.advance(2999))).toBe(false);
    clock.advance(1);
    expect(await answer).toMatchObject({ action: Action.ABORT, abortResponse: { statusCode: 504 } });
    expect(told()).toEqual(["connection", "request", "decision", "done", "504 injected", "complete"]);
  });

  it("is answered with a malformed response as late as the delay beside it says", async () => {
    const { forward, clock, told } = forwardWith("{ http: { malformed: html, delay: { beforeHead: 2s } } }");
    const answer = forward.request(request(), never);
    expect(await hasAnswer(answer, () => clock.advance(1999))).toBe(false);
    clock.advance(1);
    expect(await answer).toMatchObject({ action: Action.ABORT });
    expect(told()).toContain("done");
  });

  it("is answered no later than the host can bear, and that is said", async () => {
    const { forward, clock, told } = forwardWith("{ http: { status: 504, delay: { beforeHead: 1m } } }");
    const answer = forward.request(request(), never);
    clock.advance(forwardLimits.maxHoldMs);
    expect(await answer).toMatchObject({ action: Action.ABORT, abortResponse: { statusCode: 504 } });
    expect(told()).toContainEqual(expect.stringMatching(/^undone: 60000 ms asked for, 9000 ms held/));
  });

  it("waits no longer than the host can bear, and says so", async () => {
    const { forward, clock, told } = forwardWith("{ http: { delay: { beforeHead: 1m } } }");
    const answer = forward.request(request(), never);
    clock.advance(forwardLimits.maxHoldMs);
    await answer;
    expect(told().at(-1)).toMatch(/^undone: 60000 ms asked for, 9000 ms held/);
  });

  it("whose client goes while it waits is abandoned", async () => {
    const { forward, told } = forwardWith("{ http: { delay: { beforeHead: 5s } } }");
    const controller = new AbortController();
    const answer = forward.request(request(), controller.signal);
    controller.abort();
    await answer;
    expect(told().at(-1)).toBe("abandoned");
  });

  it("that waits is let go at the end of the server", async () => {
    const { forward } = forwardWith("{ http: { delay: { beforeHead: 5s } } }");
    const answer = forward.request(request(), never);
    forward.drain();
    expect((await answer).action).toBe(Action.CONTINUE);
  });

  it("has its body corrupted where the rule is about the client's bytes", async () => {
    const { forward, told } = forwardWith("{ connection: { corrupt: { rate: 1, from: client } } }");
    const { modifiedRequest } = await forward.request(request(), never);
    expect(text(modifiedRequest?.body)).not.toBe('{"model":"m"}');
    expect(modifiedRequest?.body).toHaveLength(13);
    // Without it the host would send the body chunked.
    expect(modifiedRequest?.headers.at(-1)).toMatchObject({ name: "content-length", value: "13" });
    expect(told().at(-1)).toBe("done");
  });

  it.each([
    ["{ connection: { close: { at: request } } }", /only in a tunnel/],
    ["{ tls: { certificate: expired } }", /TLS to the upstream is the host's/],
    ["{ http: { empty: true } }", /the host answers every request/],
    ["{ http: { malformed: bad-chunk } }", /bad-chunk: the host frames/],
    ["{ stream: { split: { every: 1 } } }", /in one piece/],
    ["{ connection: { stall: { at: request } } }", /held for ever/],
  ])("goes on where %s can't be done, with the reason", async (fault, reason) => {
    const { forward, told } = forwardWith(fault);
    expect((await forward.request(request(), never)).action).toBe(Action.CONTINUE);
    expect(told().at(-1)).toMatch(reason);
  });

  it.each(["invalid-json", "wrong-content-type", "html"])("is answered malformed: %s", async (how) => {
    const { forward } = forwardWith(`{ http: { malformed: ${how} } }`);
    const answer = await forward.request(request(), never);
    expect(answer.abortResponse?.statusCode).toBe(200);
    const body = text(answer.abortResponse?.body);
    const isHtml = headersOf(answer).get("content-type")?.startsWith("text/html");
    expect(isHtml).toBe(how !== "invalid-json");
    if (how === "invalid-json") expect(() => JSON.parse(body)).toThrow();
    else expect(body.length).toBeGreaterThan(10);
  });
});

describe("a budget", () => {
  it("refuses when it is gone, charges what the answer says, and tells only refusals", async () => {
    const { forward, told } = forwardWith("{ http: { rateLimit: { outputTokensPerMinute: 100 } } }");
    const used = JSON.stringify({ type: "message", usage: { input_tokens: 1, output_tokens: 150 } });
    expect((await forward.request(request(), never)).action).toBe(Action.CONTINUE);
    const name = "anthropic-ratelimit-output-tokens-limit";
    const back = await forward.response(response(used, "application/json", { [name]: "999" }), never);
    const limits = back.modifiedResponse?.headers.filter((header) => header.name === name);
    expect(limits?.map(({ value }) => value)).toEqual(["100"]);
    const refused = await forward.request(request(), never);
    expect(refused.abortResponse?.statusCode).toBe(429);
    expect(headersOf(refused).get("x-faultwire")).toBe("r");
    expect(Number(headersOf(refused).get("retry-after"))).toBeGreaterThan(0);
    expect(told()).toEqual([
      ...["connection", "request", "200", "complete"],
      ...["connection", "request", "decision", "done", "429 injected", "complete"],
    ]);
  });

  it("reads what a stream says it used", async () => {
    const { forward } = forwardWith("{ http: { rateLimit: { outputTokensPerMinute: 100 } } }");
    await forward.request(request(streaming), never);
    const events = [1, 400].map(
      (count) => `data: {"type":"message_delta","usage":{"output_tokens":${count}}}\n\n`,
    );
    await forward.response(response(events.join(""), "text/event-stream"), never);
    expect((await forward.request(request(streaming), never)).abortResponse?.statusCode).toBe(429);
  });
});

describe("a response", () => {
  it("goes back with a content-length, without which the host dies", async () => {
    const { forward, told } = forwardWith("none");
    await forward.request(request(), never);
    const back = await forward.response(
      response("abc", "text/plain", { "transfer-encoding": "chunked" }),
      never,
    );
    expect(headersOf(back).get("content-length")).toBe("3");
    expect(told().slice(2)).toEqual(["200", "complete"]);
  });

  it("that nobody asked for goes back all the same", async () => {
    const { forward } = forwardWith("none");
    expect(text((await forward.response(response("abc"), never)).modifiedResponse?.body)).toBe("abc");
  });

  it.each([
    ["{ model: { stopReason: refusal } }", request(), response(whole), /"stop_reason":"refusal"/],
    ["{ model: { emptyContent: true } }", request(), response(whole), /"content":\[\]/],
    ["{ http: { truncate: { afterBytes: 10 } } }", request(), response(whole), /^.{10}$/],
    [
      "{ stream: { cut: { afterEvents: 2 } } }",
      request(streaming),
      response(streamed, "text/event-stream"),
      /"two"}\n\n$/,
    ],
    [
      "{ stream: { errorEvent: { type: overloaded_error, afterEvents: 1 } } }",
      request(streaming),
      response(streamed, "text/event-stream"),
      /event: error\ndata: .*overloaded_error/,
    ],
  ])("is changed by %s, marked, its length right", async (fault, asked, upstream, changed) => {
    const { forward, told } = forwardWith(fault);
    await forward.request(asked, never);
    const back = await forward.response(upstream, never);
    const body = text(back.modifiedResponse?.body);
    expect(body).toMatch(changed);
    expect(headersOf(back).get("content-length")).toBe(String(body.length));
    expect(headersOf(back).get("x-faultwire")).toBe("r");
    expect(told()[3]).toBe("done");
  });

  it("whose stream is cut with a FIN is told as cut, though the host gives it an end", async () => {
    const { forward, told } = forwardWith("{ stream: { cut: { afterEvents: 1, stop: fin } } }");
    await forward.request(request(streaming), never);
    await forward.response(response(streamed, "text/event-stream"), never);
    expect(told().at(-1)).toBe("cut");
  });

  it("is held as long as its stream would have stalled", async () => {
    const { forward, clock } = forwardWith("{ stream: { stall: { afterEvents: 1, for: 3s } } }");
    await forward.request(request(streaming), never);
    const back = forward.response(response(streamed, "text/event-stream"), never);
    expect(await hasAnswer(back, () => clock.advance(2999))).toBe(false);
    clock.advance(1);
    expect(text((await back).modifiedResponse?.body)).toBe(streamed);
  });

  it("that a fault does not fit goes back unchanged, with the reason", async () => {
    const { forward, told } = forwardWith("{ stream: { cut: { afterEvents: 2 } } }");
    await forward.request(request(), never);
    const back = await forward.response(response(whole), never);
    expect(text(back.modifiedResponse?.body)).toBe(whole);
    expect(headersOf(back).has("x-faultwire")).toBe(false);
    expect(told()).toContain("undone: the response is no event stream");
  });

  it("that may be either of two requests' is not changed", async () => {
    const { forward, told } = forwardWith("{ model: { emptyContent: true } }");
    await forward.request(request(), never);
    await forward.request(request(), never);
    const back = await forward.response(response(whole), never);
    expect(text(back.modifiedResponse?.body)).toBe(whole);
    expect(told().join()).toContain("the host does not say whose response this is");
  });

  it("is told from another's by whether a stream was asked for", async () => {
    const { forward } = forwardWith("{ model: { stopReason: refusal } }");
    await forward.request(request(), never);
    await forward.request(request(streaming), never);
    const back = await forward.response(response(whole), never);
    expect(text(back.modifiedResponse?.body)).toContain("refusal");
  });

  it("that never comes ends its request at some time", async () => {
    const { forward, clock, told } = forwardWith("none");
    await forward.request(request(), never);
    clock.advance(forwardLimits.maxOutstandingMs + 1);
    await forward.request(request(), never);
    expect(told()).toContain("abandoned");
  });
});

it("its events are a log that can be read again", async () => {
  const { forward, events } = forwardWith("{ http: { preset: anthropic/rate_limit_error } }");
  await forward.request(request(), never);
  expect(readEventLog(events.map(writeEvent).join(""))).toEqual({ events, unreadable: [] });
});

it.each([0, 99, 1000, 70_000])("so is one of a response whose status is none: %i", async (statusCode) => {
  const { forward, events, told, statuses } = forwardWith("none");
  await forward.request(request(), never);
  await forward.response({ ...response(whole), statusCode }, never);
  expect(statuses).toEqual([statusCode]);
  expect(readEventLog(events.map(writeEvent).join(""))).toEqual({ events, unreadable: [] });
  expect(told().at(-1)).toBe("complete");
});

describe("a bug", () => {
  it("of the policy lets messages pass, and is told once for each question", async () => {
    const told: SessionEvent[] = [];
    const errors: unknown[] = [];
    const broken = (): never => {
      throw new Error("a bug");
    };
    const forward = new ForwardMode({
      policy: { isTarget: () => true, connection: broken, request: broken, record: broken },
      timers: manualTimers(),
      desk: new FaultDesk(),
      tell: (event) => told.push(event),
      onError: (error) => errors.push(error),
    });
    for (let sent = 0; sent < 3; sent++) {
      const { modifiedRequest } = await forward.request(request(), never);
      expect(modifiedRequest?.body).toEqual(request().body);
    }
    const bugs = told.flatMap((event) => (event.type === "policy-bug" ? [event.question] : []));
    expect(bugs).toEqual(["connection", "record", "request"]);
    expect(errors).toEqual([]);
  });

  it("of ours lets messages pass", async () => {
    const errors: unknown[] = [];
    const desk = new FaultDesk();
    desk.nextRequest = () => {
      throw new Error("a bug");
    };
    const policy = { isTarget: () => true, record: () => {} };
    const forward = new ForwardMode({
      policy: {
        ...policy,
        connection: () => ({ facts: { connection: "c", client: "c" }, decision: null }),
        request: () => ({ kind: "none", rule: null }),
      },
      timers: manualTimers(),
      desk,
      onError: (error) => errors.push(error),
    });
    const { modifiedRequest } = await forward.request(request(), never);
    expect(modifiedRequest?.body).toEqual(request().body);
    expect(errors).toHaveLength(1);
  });
});
