/** What is asked for: passed on as it came, seen by rules where it can be seen, told of without its body. */
import { judge } from "@faultwire/fault-engine";
import { describe, expect, it } from "vitest";
import { faultyFetch, fetchFaultLimits } from "../../src/index.ts";
import { rigOf, see, url } from "./support.ts";

const ok = { body: "fine", headers: { "content-type": "text/plain" } };
const forModel = "match: { model: m }, fault: { http: { status: 503, body: busy } }";
const body = JSON.stringify({ model: "m", stream: true });
const bytes = new TextEncoder().encode(body);

describe("a body that a rule asks for", () => {
  it.each([
    ["a text", body],
    ["bytes", bytes],
    ["a part of bytes", new Uint8Array([0, ...bytes, 0]).subarray(1, bytes.length + 1)],
    ["a buffer", bytes.buffer.slice(0)],
    ["a view", new DataView(bytes.buffer.slice(0))],
    ["a Blob", new Blob([body])],
  ])("is seen where it is %s", async (_, sent) => {
    const rig = rigOf(forModel, ok);
    expect((await rig.fetch(url, { method: "POST", body: sent })).status).toBe(503);
    expect(rig.calls).toEqual([]);
  });

  it("is seen in a Request, which can still be sent", async () => {
    const rig = rigOf(forModel, ok);
    expect((await rig.fetch(new Request(url, { method: "POST", body }))).status).toBe(503);
    const request = new Request(url, { method: "POST", body: body.replace('"m"', '"other"') });
    expect((await rig.fetch(request)).status).toBe(200);
    expect(rig.calls[0]?.input).toBe(request);
    expect(await request.text()).toBe(body.replace('"m"', '"other"'));
  });

  const form = new FormData();
  form.set("model", "m");
  it.each([
    ["a stream", () => new Blob([body]).stream(), "body-not-replayable"],
    ["a form", () => form, "body-not-replayable"],
    ["longer than the limit", () => "x".repeat(fetchFaultLimits.maxReadBodyBytes + 1), "body-too-large"],
    ["a longer Blob", () => new Blob(["x".repeat(fetchFaultLimits.maxReadBodyBytes + 1)]), "body-too-large"],
  ])("passes untouched where it is %s, and that is told", async (_, sent, reason) => {
    const rig = rigOf(forModel, ok);
    const init = { method: "POST", body: sent(), duplex: "half" } as RequestInit;
    expect((await rig.fetch(url, init)).status).toBe(200);
    expect(rig.calls[0]?.init).toBe(init);
    expect(rig.events.flatMap((event) => (event.type === "unread" ? [event.reason] : []))).toEqual([reason]);
  });

  it("passes unread in a Request that is longer, and can still be sent", async () => {
    const rig = rigOf(forModel, ok);
    const long = "x".repeat(fetchFaultLimits.maxReadBodyBytes + 1);
    const request = new Request(url, { method: "POST", body: long });
    expect((await rig.fetch(request)).status).toBe(200);
    expect((await request.text()).length).toBe(long.length);
    expect(rig.events).toContainEqual(expect.objectContaining({ type: "unread", reason: "body-too-large" }));
  });

  it("is seen in a Request whose body comes in parts, in their order", async () => {
    const rig = rigOf(forModel, ok);
    const parts = [bytes.subarray(0, 3), bytes.subarray(3, 4), bytes.subarray(4)];
    const stream = new ReadableStream({
      start(controller) {
        for (const part of parts) controller.enqueue(part);
        controller.close();
      },
    });
    const init = { method: "POST", body: stream, duplex: "half" } as RequestInit;
    expect((await rig.fetch(new Request(url, init))).status).toBe(503);
  });
});

it("no rule is asked about a request whose connection a fault has ended", async () => {
  const other = "{ name: s, fault: { http: { status: 503, body: busy } } }";
  const rig = rigOf(`fault: { connection: { reset: { at: client-hello } } } }, ${other.slice(0, -1)}`, ok);
  await expect(rig.fetch(url)).rejects.toThrow("fetch failed");
  expect(rig.events.flatMap((event) => (event.type === "decision" ? [event.rule] : []))).toEqual(["r"]);
});

describe("a call that no rule means", () => {
  it("gets its arguments through as they are, and the response as it came", async () => {
    const answer = Object.defineProperties(new Response("fine"), {
      url: { value: "https://elsewhere.test/" },
      redirected: { value: true },
      type: { value: "cors" },
    });
    const input = new URL(url);
    const init = { headers: { a: "1" } };
    const calls: unknown[] = [];
    const fetch = faultyFetch(
      async (...call) => {
        calls.push(call);
        return answer;
      },
      { rules: "{ version: 1, rules: [] }" },
    );
    const response = await fetch(input, init);
    expect(calls[0]).toEqual([input, init]);
    expect((calls[0] as unknown[])[0]).toBe(input);
    const { redirected, type } = response;
    expect([response.url, redirected, type]).toEqual(["https://elsewhere.test/", true, "cors"]);
    const copy = response.clone();
    expect([copy.url, await copy.text(), await response.text()]).toEqual([
      "https://elsewhere.test/",
      "fine",
      "fine",
    ]);
  });

  it.each(["https://other.test/", "data:text/plain,hello", "not a URL"])(
    "and is no target (%s) is not touched",
    async (to) => {
      const answer = new Response("fine");
      const fetch = faultyFetch(async () => answer, {
        rules:
          "{ version: 1, targets: api.anthropic.com, rules: [{ name: r, fault: { http: { status: 503 } } }] }",
      });
      expect(await fetch(to)).toBe(answer);
    },
  );

  it("fails as its fetch fails", async () => {
    const failure = new TypeError("fetch failed");
    const events: unknown[] = [];
    const fetch = faultyFetch(() => Promise.reject(failure), {
      rules: "{ version: 1, rules: [{ name: r, fault: { http: { truncate: { afterBytes: 1 } } } }] }",
      onEvent: (event) => events.push(event),
    });
    expect(await fetch(url).catch((error: unknown) => error)).toBe(failure);
    expect(events.slice(-2)).toEqual([
      expect.objectContaining({ type: "undone", reason: "no response came from the upstream" }),
      expect.objectContaining({ type: "end", how: "failed" }),
    ]);
  });

  it("is asked by HEAD, or has no body", async () => {
    for (const status of [200, 204, 304]) {
      const fetch = faultyFetch(async () => new Response(null, { status }), {
        rules: "{ version: 1, rules: [{ name: r, fault: { http: { truncate: { afterBytes: 1 } } } }] }",
      });
      const response = await fetch(url, { method: "HEAD" });
      expect([response.status, response.body, await response.text()]).toEqual([status, null, ""]);
    }
  });
});

it("is refused where it is made without rules, or with rules that can't be read", () => {
  expect(() => faultyFetch(fetch, {})).toThrow("neither rules nor a policy given");
  expect(() => faultyFetch(fetch, { rules: "{ version: 2 }" })).toThrow("expected 1");
});

it("a policy that throws lets calls pass, and is told of once", async () => {
  const bugs: string[] = [];
  const rig = rigOf("fault: { http: { status: 503 } }", ok, {
    onEvent: () => {
      throw new Error("a bug");
    },
    onBug: (question) => bugs.push(question),
  });
  expect((await see(rig)).status).toBe(503);
  expect(bugs).toEqual(["record"]);
});

it("the same seed and the same calls fail in the same way", async () => {
  const run = async (seed: number): Promise<string> => {
    const rig = rigOf("when: { probability: 0.5 }, fault: { http: { status: 503 } }", ok, { seed });
    let statuses = "";
    for (let call = 0; call < 20; call++) statuses += (await see(rig)).status === 503 ? "x" : ".";
    return statuses;
  };
  expect(await run(1)).toBe(await run(1));
  expect(await run(1)).not.toBe(await run(2));
});

it("the events are what verdicts are made of", async () => {
  const rig = rigOf(
    "when: { nth: 1 }, fault: { http: { preset: anthropic/overloaded_error, retryAfter: 2s } }",
    ok,
  );
  expect((await see(rig)).status).toBe(529);
  rig.timers.advance(2_000);
  expect((await see(rig)).status).toBe(200);
  const { operations } = judge([], rig.events);
  expect(operations.map(({ attempts }) => attempts.map(({ response }) => response?.status))).toEqual([
    [529, 200],
  ]);
  expect(JSON.stringify(rig.events)).not.toContain('"{}"');
});

it("a body's own failure is what its readers throw, also where the runtime would say another", async () => {
  const rig = rigOf("fault: { http: { truncate: { afterBytes: 1 } } }", {
    body: "{}",
    headers: { "content-type": "application/json" },
  });
  for (const read of ["text", "json", "arrayBuffer", "blob"] as const) {
    const response = await rig.fetch(url);
    const failure = await response[read]().catch((error: unknown) => error);
    expect(failure).toMatchObject({ message: "terminated", cause: { code: "UND_ERR_SOCKET" } });
  }
});

it("an answer of ours is whole when it is there: a caller that reads only its status has got it", async () => {
  const rig = rigOf("fault: { http: { status: 503, body: busy } }", ok);
  const abort = new AbortController();
  const response = await rig.fetch(url, { signal: abort.signal });
  await response.body?.cancel();
  expect(rig.told()).toEqual(["injected 503", "done", "complete"]);
  const other = await rig.fetch(url, { signal: abort.signal });
  abort.abort();
  expect(await other.text()).toBe("busy");
});

it.each([
  ["{ port: 8443 }", "https://api.test:8443/", 503],
  ["{ port: 443 }", "https://api.test/", 503],
  ["{ port: 443 }", "https://api.test:8443/", 200],
  ["{ port: 80 }", "http://api.test/", 503],
  ["{ sni: api.test }", "https://api.test/", 503],
  ["{ sni: api.test }", "http://api.test/", 200],
  ["{ host: api.test, path: /v1/messages, method: POST }", "http://API.test/v1/messages?x=1", 503],
])("a rule for %s and a call to %s: %i", async (match, to, status) => {
  const rig = rigOf(`match: ${match}, fault: { http: { status: 503 } }`, ok);
  expect((await rig.fetch(to, { method: "post" })).status).toBe(status);
});

describe("a request that chooses its own fault", () => {
  const rules = "{ version: 1, header: true, rules: [{ name: r, fault: { http: { status: 529 } } }] }";
  const send = (value: string, of: string = rules) => {
    const rig = rigOf("", ok, { rules: of });
    return rig.fetch(url, { method: "POST", body: "{}", headers: { "x-faultwire": value } });
  };

  it("gets it, none, or a 400 that says what is wrong, where the rules allow that", async () => {
    expect((await send("{http: {status: 503}}")).status).toBe(503);
    expect((await send("none")).status).toBe(200);
    const refused = await send("&a [*a]");
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain("x-faultwire: ");
  });

  it("is not heard where they don't", async () => {
    expect((await send("none", rules.replace("header: true, ", ""))).status).toBe(529);
  });
});

it("an expression that would take too long on a text is not tried, and that is told", async () => {
  const rig = rigOf("match: { body: { /a: '/^x(.*)b/' } }, fault: { http: { status: 503 } }", ok);
  const init = { method: "POST", body: JSON.stringify({ a: `x${"a".repeat(500_000)}b` }) };
  expect((await rig.fetch(url, init)).status).toBe(200);
  expect(rig.events).toContainEqual(
    expect.objectContaining({ type: "unread", reason: "expression-too-costly" }),
  );
});
