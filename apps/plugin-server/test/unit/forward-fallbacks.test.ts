/** What forward mode does where it can't do what it is to do: the message goes on, and nothing is said that is not so. */
import { create } from "@bufbuild/protobuf";
import { type EngineEvent, FaultEngine, parseRuleFile } from "@faultwire/fault-engine";
import {
  ProcessHttpRequestResponse_Action as Action,
  type HttpRequest,
  HttpRequestSchema,
  type HttpResponse,
  HttpResponseSchema,
  ProcessHttpResponseResponse_Action as ResponseAction,
} from "@faultwire/fault-protocol";
import { FaultDesk } from "@faultwire/fault-session";
import { enginePolicy } from "@faultwire/runtime";
import { type ManualTimers, manualTimers } from "@faultwire/testkit/manual-timers";
import { describe, expect, it } from "vitest";
import { ForwardMode, type ForwardOptions } from "../../src/forward.ts";
import { HeldCalls } from "../../src/held-calls.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (body: Uint8Array | undefined): string => new TextDecoder().decode(body);
const never = new AbortController().signal;

/** Forward mode under one fault of every request to `api.test`; `top` goes to the top of the rule file. */
function forwardWith(fault: string, more: Partial<ForwardOptions> = {}, top = "") {
  const clock = manualTimers();
  const events: EngineEvent[] = [];
  const errors: unknown[] = [];
  const engine = new FaultEngine({ startedAtMs: clock.now() });
  const file = `version: 1\ntargets: [api.test]\n${top}rules:\n  - { name: r, fault: ${fault} }`;
  engine.setRules("file", parseRuleFile(file, "rules.yaml").ruleSet);
  const forward = new ForwardMode({
    policy: enginePolicy({ engine, now: clock.now, onEvent: (event) => events.push(event) }),
    timers: clock,
    desk: new FaultDesk(() => 1_800_000_000_000),
    onError: (error) => errors.push(error),
    ...more,
  });
  const outcomes = (): string[] =>
    events.flatMap((event) => {
      if (event.type === "undone") return [`undone: ${event.reason}`];
      return event.type === "done" ? ["done"] : event.type === "end" ? [event.how] : [];
    });
  return { clock, errors, forward, outcomes };
}

const request = (host = "api.test", body = '{"model":"m"}'): HttpRequest =>
  create(HttpRequestSchema, {
    method: "POST",
    path: "/v1/messages",
    headers: [{ name: "host", value: host }],
    body: ascii(body),
  });
const response = (body: string): HttpResponse =>
  create(HttpResponseSchema, {
    statusCode: 200,
    headers: [
      { name: "content-type", value: "application/json" },
      { name: "request-id", value: "req_1" },
    ],
    body: ascii(body),
  });
const message = '{"type":"message","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn"}';
const emptied = "{ model: { emptyContent: true } }";
const lines = (headers: readonly { readonly name: string; readonly value: string }[] = []): string[] =>
  headers.map(({ name, value }) => `${name}: ${value}`);

describe("a mark that is switched off", () => {
  it("is on no changed response, whose other headers are all there", async () => {
    const { forward, outcomes } = forwardWith(emptied, {}, "marker: false\n");
    await forward.request(request(), never);
    const { modifiedResponse } = await forward.response(response(message), never);
    expect(text(modifiedResponse?.body)).toContain('"content":[]');
    expect(lines(modifiedResponse?.headers)).toEqual([
      "content-type: application/json",
      "request-id: req_1",
      "content-length: 56",
    ]);
    expect(outcomes()).toEqual(["done", "complete"]);
  });

  it("is on no answer of ours", async () => {
    const { forward } = forwardWith("{ http: { status: 503, body: down } }", {}, "marker: false\n");
    const { abortResponse } = await forward.request(request(), never);
    expect(lines(abortResponse?.headers)).toEqual([
      "content-type: text/plain; charset=utf-8",
      "content-length: 4",
    ]);
  });
});

describe("a bug of ours", () => {
  it("lets a response back as it came, once for each, with the length that the host needs", async () => {
    const desk = new FaultDesk();
    let isBroken = false;
    Object.defineProperty(desk, "nowMs", {
      get() {
        if (isBroken) throw new Error("a bug");
        return 1_800_000_000_000;
      },
    });
    const { forward, errors } = forwardWith(emptied, { desk });
    for (const expected of [1, 2]) {
      isBroken = false;
      await forward.request(request(), never);
      isBroken = true;
      const { action, modifiedResponse } = await forward.response(response(message), never);
      expect(action).toBe(ResponseAction.CONTINUE);
      expect(text(modifiedResponse?.body)).toBe(message);
      expect(lines(modifiedResponse?.headers)).toEqual([
        "content-type: application/json",
        "request-id: req_1",
        `content-length: ${message.length}`,
      ]);
      expect(errors).toHaveLength(expected);
    }
  });

  it("is none of a response that all is well with", async () => {
    const { forward, errors } = forwardWith(emptied);
    await forward.request(request(), never);
    await forward.response(response(message), never);
    await forward.response(response(message), never);
    expect(errors).toEqual([]);
  });
});

describe("a message that was not read, because it is too long", () => {
  const why = { reason: "too-long", messageBytes: 5_000_000 } as const;

  it("goes on as the host's own copy, and is told", () => {
    const told: string[] = [];
    const { forward } = forwardWith(emptied, { onUnread: (what, reason) => told.push(`${what} ${reason}`) });
    expect(forward.unreadRequest(why)).toMatchObject({ action: Action.CONTINUE });
    expect(forward.unreadResponse({ ...why, reason: "gave-way" })).toMatchObject({
      action: ResponseAction.CONTINUE,
    });
    expect(told).toEqual(["request too-long", "response gave-way"]);
  });

  it("undoes the faults of its request, with the reason, and ends it", async () => {
    const { forward, outcomes } = forwardWith(emptied);
    await forward.request(request(), never);
    forward.unreadResponse(why);
    expect(outcomes()).toEqual([
      "undone: the response is longer than 4 MiB, of which the host takes no changed copy",
      "abandoned",
    ]);
    // The next response is of another request.
    await forward.request(request(), never);
    const { modifiedResponse } = await forward.response(response(message), never);
    expect(text(modifiedResponse?.body)).toContain('"content":[]');
  });

  it("undoes nothing that has struck already", async () => {
    const { forward, outcomes } = forwardWith("{ connection: { corrupt: { rate: 1, from: both } } }");
    await forward.request(request(), never);
    forward.unreadResponse(why);
    expect(outcomes()).toEqual(["done", "abandoned"]);
  });

  it("of a request takes the next response, which may be its own, and the one behind that is changed", async () => {
    const { forward, outcomes } = forwardWith(emptied);
    await forward.request(request(), never);
    forward.unreadRequest(why);
    await forward.response(response(message), never);
    await forward.response(response(message), never);
    expect(outcomes()).toEqual(["done", "complete"]);
  });
});

describe("calls that are held", () => {
  function held(): { readonly calls: HeldCalls; readonly clock: ManualTimers; readonly ends: boolean[] } {
    const clock = manualTimers();
    return { calls: new HeldCalls(clock), clock, ends: [] };
  }
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it("are all let go at the end of the server, and leave no timer", async () => {
    const { calls, clock, ends } = held();
    for (const ms of [1000, 5000]) void calls.hold(ms, never).then((isHere) => ends.push(isHere));
    expect([clock.armed, calls.size]).toEqual([2, 2]);
    calls.release();
    await settled();
    expect(ends).toEqual([true, true]);
    expect([clock.armed, calls.size]).toEqual([0, 0]);
    calls.release();
  });

  it("end when their caller goes, and are not let go a second time", async () => {
    const { calls, clock, ends } = held();
    const caller = new AbortController();
    void calls.hold(1000, caller.signal).then((isHere) => ends.push(isHere));
    caller.abort();
    calls.release();
    clock.advance(1000);
    await settled();
    expect(ends).toEqual([false]);
    expect([clock.armed, calls.size]).toEqual([0, 0]);
  });

  it("of a caller that has gone before are held for no time", async () => {
    const { calls, clock } = held();
    expect(await calls.hold(1000, AbortSignal.abort())).toBe(false);
    expect(clock.armed).toBe(0);
  });
});
