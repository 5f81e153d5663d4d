/** The caller goes away: before, while something waits, in the middle of a body. Nothing stays behind. */
import { describe, expect, it } from "vitest";
import { rigOf, settled, type Upstream, url } from "./support.ts";

const upstream: Upstream = {
  body: "data: 1\n\ndata: 2\n\n",
  headers: { "content-type": "text/event-stream" },
};
const gone = "the client went away first";

/** Reasons that a signal can have; without one it is an AbortError. */
const reasons = [undefined, new Error("mine"), "a text"];

/** A fault, whether its moment is the call's or the body's, and what is told of it. */
const moments = [
  {
    fault: "{ connection: { stall: { at: request } } }",
    waits: "call",
    asked: 0,
    told: ["done", "abandoned"],
  },
  {
    fault: "{ connection: { stall: { at: request, for: 9s } } }",
    waits: "call",
    asked: 0,
    told: ["done", "abandoned"],
  },
  {
    fault: "{ connection: { latency: { time: 9s, per: request } } }",
    waits: "call",
    asked: 0,
    told: ["done", "abandoned"],
  },
  { fault: "{ http: { delay: { beforeHead: 9s } } }", waits: "call", asked: 1, told: ["done", "abandoned"] },
  {
    fault: "{ connection: { stall: { at: response-head } } }",
    waits: "call",
    asked: 1,
    told: ["done", "abandoned"],
  },
  {
    fault: "{ http: { status: 503, body: x, delay: { beforeHead: 9s } } }",
    waits: "call",
    asked: 0,
    told: [`undone: ${gone}`, "abandoned"],
  },
  {
    fault: "{ http: { status: 503, body: x, delay: { beforeBody: 9s } } }",
    waits: "body",
    asked: 0,
    told: ["injected 503", "done", "abandoned"],
  },
  {
    fault: "{ http: { delay: { beforeBody: 9s } } }",
    waits: "body",
    asked: 1,
    isRead: true,
    told: ["200", "done", "abandoned"],
  },
  {
    fault: "{ stream: { stall: { afterEvents: 0 } } }",
    waits: "body",
    asked: 1,
    told: ["200", "done", "abandoned"],
  },
  {
    fault: "{ stream: { stall: { afterEvents: 0, for: 9s, pingEvery: 5s } } }",
    waits: "body",
    asked: 1,
    isRead: true,
    told: ["200", "done", "abandoned"],
  },
] as const;

describe.each(reasons)("a signal that says %s", (reason) => {
  const expected = async (promise: Promise<unknown>, signal: AbortSignal): Promise<void> => {
    const error = await promise.then(
      () => expect.fail("a failure expected"),
      (failure: unknown) => failure,
    );
    expect(error).toBe(signal.reason);
    if (reason === undefined) expect((error as Error).name).toBe("AbortError");
  };

  it("before the call: nothing is sent", async () => {
    const rig = rigOf("fault: { http: { status: 503 } }", upstream);
    const abort = new AbortController();
    abort.abort(reason);
    await expected(rig.fetch(url, { signal: abort.signal }), abort.signal);
    await expected(rig.fetch(new Request(url, { signal: abort.signal })), abort.signal);
    expect(rig.calls).toEqual([]);
    expect(rig.told()).toEqual(["abandoned", "abandoned"]);
  });

  it.each(moments)("while $fault holds the $waits", async ({ fault, waits, asked, told, ...more }) => {
    const isRead = "isRead" in more;
    const rig = rigOf(`fault: ${fault}`, upstream);
    const abort = new AbortController();
    const call = rig.fetch(url, { method: "POST", body: "{}", signal: abort.signal });
    const pending = waits === "call" ? call : call.then((response) => response.text());
    const failed = expected(pending, abort.signal);
    await settled();
    abort.abort(reason);
    await failed;
    await settled();
    expect(rig.timers.armed).toBe(0);
    expect(rig.calls.length).toBe(asked);
    // The upstream's body is let go where it has not come to its end.
    expect(rig.state.cancelled.length).toBe(asked === 1 && !isRead ? 1 : 0);
    expect(rig.told()).toEqual(told);
  });

  it("while nobody reads: the upstream is let go, and the body fails when it is read", async () => {
    const rig = rigOf("match: { path: /none }, fault: { http: { status: 503 } }", upstream);
    const abort = new AbortController();
    const response = await rig.fetch(url, { signal: abort.signal });
    abort.abort(reason);
    await settled();
    expect(rig.state.cancelled.length).toBe(1);
    expect(rig.told()).toEqual(["200", "abandoned"]);
    await expected(response.text(), abort.signal);
    expect(rig.timers.armed).toBe(0);
  });

  it("after the call: nothing", async () => {
    const rig = rigOf("fault: { http: { delay: { beforeHead: 0s, beforeBody: 0s } } }", upstream);
    const abort = new AbortController();
    expect(await (await rig.fetch(url, { signal: abort.signal })).text()).toBe(upstream.body);
    abort.abort(reason);
    await settled();
    expect(rig.state.cancelled).toEqual([]);
    expect(rig.told().at(-1)).toBe("complete");
  });
});

it("a body that is cancelled lets go of the upstream, and of every timer", async () => {
  const rig = rigOf("fault: { stream: { stall: { afterEvents: 1, for: 9s } } }", {
    ...upstream,
    body: "data: 1\n\n".repeat(100_000),
    chunkBytes: 65_536,
  });
  const response = await rig.fetch(url);
  const reader = response.body?.getReader();
  await reader?.read();
  const waiting = reader?.read();
  await settled();
  await reader?.cancel("enough");
  await waiting;
  await settled();
  expect(rig.timers.armed).toBe(0);
  expect(rig.state.cancelled).toEqual(["enough"]);
  expect(rig.told()).toEqual(["200", "done", "abandoned"]);
});

it("a response that stalls for ever is not read on", async () => {
  const rig = rigOf("fault: { stream: { stall: { afterEvents: 1 } } }", {
    ...upstream,
    chunkBytes: 3,
    body: "data: 1\n\n".repeat(1000),
  });
  const response = await rig.fetch(url);
  const text = response.text().catch(() => {});
  await settled();
  await settled();
  const { pulled } = rig.state;
  expect(pulled).toBeLessThan(20);
  await settled();
  expect(rig.state.pulled).toBe(pulled);
  rig.timers.advance(300_000);
  await text;
  expect(rig.timers.armed).toBe(0);
});

it("the upstream's own failure stays what it is", async () => {
  const failure = new TypeError("fetch failed");
  const rig = rigOf("fault: { http: { delay: { beforeBody: 0s } } }", { ...upstream, failure });
  const response = await rig.fetch(url);
  expect(await response.text().catch((error: unknown) => error)).toBe(failure);
  expect(rig.told().at(-1)).toBe("cut");
});
