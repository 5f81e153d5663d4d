/** Several faults of one rule: what goes together, what contradicts, how it is said, and what comes of it. */
import { describe, expect, it } from "vitest";
import {
  createMachine,
  explain,
  type Fault,
  FaultEngine,
  FaultEngineError,
  PIPELINE,
  parseRuleFile,
  readHeaderFault,
} from "../../src/index.ts";
import { inPipelineOrder, PipelineMachine } from "../../src/internal.ts";
import { anthropicEvents, context, drive, resultOf } from "../support/streams.ts";

const ruleSet = (fault: string) =>
  parseRuleFile(`version: 1\nrules: [{ name: a, fault: ${fault} }]`, "a.yaml").ruleSet;
const composed = (fault: string): { main: string | undefined; also: string[] | undefined } => {
  const { faults, also } = ruleSet(fault).rules[0]!;
  return { main: faults[0]?.kind, also: also?.[0]?.map(({ kind }) => kind) };
};
function refusal(fault: string): string {
  try {
    ruleSet(fault);
    return "accepted";
  } catch (error) {
    return error instanceof FaultEngineError ? error.message : String(error);
  }
}

const pace = "pace: { event: 10ms }";
const cut = "cut: { afterEvents: 3, stop: fin }";

describe("faults in one map", () => {
  it.each([
    [`{ stream: { ${pace}, ${cut} } }`, "stream.cut", ["stream.pace"]],
    [`{ stream: { ${cut}, ${pace} } }`, "stream.cut", ["stream.pace"]],
    [`{ http: { delay: { beforeHead: 1s } }, stream: { ${cut} } }`, "stream.cut", ["http.delay"]],
    [
      "{ http: { rateLimit: { requestsPerMinute: 1 }, delay: { beforeHead: 1s } } }",
      "http.rate-limit",
      ["http.delay"],
    ],
    ["{ http: { truncate: { afterBytes: 9 }, delay: { perChunk: 1ms } } }", "http.truncate", ["http.delay"]],
    [
      "{ model: { stopReason: refusal }, stream: { drop: { events: 1 } } }",
      "model.stop-reason",
      ["stream.drop"],
    ],
    [
      "{ stream: { errorEvent: [{ type: a, afterEvents: 1, stop: none }, { type: b, afterEvents: 3 }] } }",
      "stream.error-event",
      ["stream.error-event"],
    ],
    [
      "{ connection: { throttle: { bytesPerSecond: 10 } }, stream: { stall: { afterEvents: 1, for: 1s } } }",
      "stream.stall",
      ["connection.throttle"],
    ],
  ])("%s", (fault, main, also) => {
    expect(composed(fault)).toEqual({ main, also });
  });

  it("one alone has none beside it", () => {
    expect(composed(`{ stream: { ${cut} } }`)).toEqual({ main: "stream.cut", also: undefined });
    // An error that comes late is one fault.
    expect(composed("{ http: { status: 504, delay: { beforeHead: 1s } } }")).toEqual({
      main: "http.error",
      also: undefined,
    });
  });

  it.each([
    [
      `{ stream: { ${cut} }, http: { status: 503 } }`,
      /no stream\.cut beside http\.error: it answers in the place/,
    ],
    [
      `{ stream: { ${cut} }, http: { truncate: { afterBytes: 5 } } }`,
      /no (?:stream\.cut|http\.truncate) beside .*nothing comes behind/,
    ],
    [
      "{ stream: { errorEvent: [{ type: a, afterEvents: 1 }, { type: b, afterEvents: 2 }] } }",
      /nothing comes behind/,
    ],
    ["{ model: { emptyContent: true, garbleToolInput: true } }", /calls no tool/],
    [
      `{ tls: { certificate: expired }, stream: { ${cut} } }`,
      /beside tls\.certificate: it is not about a response/,
    ],
    [
      `{ connection: { latency: { time: 1s } }, stream: { ${cut} } }`,
      /http\.delay with beforeHead makes a response late/,
    ],
    [`{ connection: { close: { at: request } }, stream: { ${cut} } }`, /more than a response/],
  ])("%s is refused", (fault, reason) => {
    expect(refusal(fault)).toMatch(reason);
  });

  it("are said in the order in which they work", () => {
    expect(
      explain(ruleSet(`{ stream: { ${cut}, ${pace} }, http: { delay: { beforeHead: 1s } } }`)),
    ).toContain(
      "→ the first event after 10 ms, then one every 10 ms, and the stream is cut after 3 events: the connection is closed, and the head waits 1 s",
    );
  });

  it("are said in the order of the stream, whatever that of the machines", () => {
    const words = explain(
      ruleSet(
        "{ stream: { errorEvent: [{ type: c, before: terminal }, { type: a, afterEvents: 1, stop: none }, { type: b, afterEvents: 3, stop: none }] } }",
      ),
    );
    expect(words).toContain(
      "→ an error event (a) after 1 event; then the stream goes on, and an error event (b) after 3 events; then the stream goes on, and an error event (c) before the event that completes the answer; then the body ends as if it were whole",
    );
  });

  it("come with the decision", () => {
    const engine = new FaultEngine({ startedAtMs: 0 });
    engine.setRules("file", ruleSet(`{ stream: { ${cut}, ${pace} } }`));
    const found = engine.decideRequest({ connection: "1", method: "POST", target: "/", headers: [] }, 0);
    expect(found.kind === "fault" && found.decision.also?.map(({ kind }) => kind)).toEqual(["stream.pace"]);
  });
});

describe("a pipeline of machines", () => {
  const all = anthropicEvents.join("");

  function run(fault: string, chunks: readonly string[], everyMs = 0) {
    const { faults, also } = ruleSet(fault).rules[0]!;
    const main = faults[0]!;
    const made = inPipelineOrder([main, ...(also?.[0] ?? [])]).map((one: Fault) => {
      const created = createMachine(one, context());
      if (created.kind === "none") throw new Error(created.reason);
      return { one, machine: created.machine };
    });
    const pipeline = new PipelineMachine(
      made.map(({ machine }) => machine),
      made.find(({ one }) => one === main)!.machine,
    );
    const seen = drive(pipeline, chunks, { everyMs });
    expect(pipeline.pendingBytes).toBe(0);
    expect(pipeline.isOver).toBe(true);
    return { seen, ...resultOf(seen), outcomes: made.map(({ machine }) => machine.outcome.kind) };
  }

  it("is slow, and then cut, at any chunking", () => {
    const fault = "{ stream: { pace: { event: 100ms }, cut: { afterEvents: 3, stop: fin } } }";
    const upTo = anthropicEvents.slice(0, 4).join("");
    for (const size of [1, 7, 100, 5000]) {
      const chunks = all.match(new RegExp(`[^]{1,${size}}`, "gu")) ?? [];
      const { text, end, seen, outcomes } = run(fault, chunks);
      expect([text, end, outcomes]).toEqual([upTo, "<close>", ["done", "done"]]);
      expect(seen.at(-1)?.[0]).toBe(300);
    }
  });

  it("puts two errors into one stream", () => {
    const fault =
      "{ stream: { errorEvent: [{ type: a, data: one, afterEvents: 1, stop: none }, { type: b, data: two, afterEvents: 3 }] } }";
    const { text, end } = run(fault, [all]);
    expect(end).toBe("<end>");
    expect(text.match(/data: (?:one|two)/g)).toEqual(["data: one", "data: two"]);
    expect(text.startsWith(anthropicEvents[0] ?? "")).toBe(true);
  });

  it("drops what a reset leaves behind it, in its own time", () => {
    const fault =
      "{ stream: { cut: { afterEvents: 2, stop: reset } }, connection: { throttle: { bytesPerSecond: 1000 } } }";
    const { text, end, seen } = run(fault, [all]);
    const upTo = anthropicEvents.slice(0, 2).join("");
    expect([text, end]).toEqual([upTo, "<reset>"]);
    expect(seen.at(-1)?.[0]).toBeGreaterThanOrEqual(upTo.length - 1);
  });

  it("has a place for every fault that may stand beside others, each once", () => {
    expect(new Set(PIPELINE).size).toBe(PIPELINE.length);
  });
});

describe("a delay beside an answer of ours", () => {
  const fixed = { kind: "fixed", ms: 2000 };
  const faultsOf = (fault: string) =>
    parseRuleFile(`version: 1\nrules: [{ name: a, fault: ${fault} }]`, "f.yaml").ruleSet.rules[0];

  it.each([
    ["{ http: { empty: true, delay: { beforeHead: 2s } } }", "http.empty", "instead of a response after 2 s"],
    [
      "{ http: { malformed: bad-chunk, delay: { beforeHead: 2s } } }",
      "http.malformed",
      "a malformed response: bad-chunk after 2 s",
    ],
    [
      "{ grpc: { status: UNAVAILABLE }, http: { delay: { beforeHead: 2s } } }",
      "grpc.status",
      "the call ends with UNAVAILABLE after 2 s, in trailers alone",
    ],
  ])("%s is one fault that comes late", (fault, kind, words) => {
    const rule = faultsOf(fault);
    expect(rule?.faults).toMatchObject([{ kind, late: fixed }]);
    expect(rule?.also).toBeUndefined();
    const { ruleSet } = parseRuleFile(`version: 1\nrules: [{ name: a, fault: ${fault} }]`, "f.yaml");
    expect(explain(ruleSet)).toContain(words);
  });

  it.each([
    "{http: {empty: true, delay: {beforeHead: 2s}}}",
    "{http: {malformed: html, delay: {beforeHead: 2s}}}",
  ])("%s may be what a request asks for by itself", (value) => {
    expect(readHeaderFault(value)).toMatchObject({ late: fixed });
  });

  it.each([
    [
      "{ http: { empty: true, delay: { beforeHead: 2s, beforeBody: 1s } } }",
      "beforeHead alone in the delay of http.empty",
    ],
    [
      "{ http: { malformed: html, delay: { perChunk: 1s } } }",
      "beforeHead alone in the delay of http.malformed",
    ],
    [
      "{ grpc: { status: UNAVAILABLE }, http: { delay: { beforeBody: 1s } } }",
      "beforeHead alone in the delay of grpc.status",
    ],
    [
      "{ grpc: { status: { code: UNAVAILABLE, afterMessages: 1 } }, http: { delay: { beforeHead: 1s } } }",
      "expected no http.delay beside grpc.status",
    ],
    ["{ grpc: { cut: { afterMessages: 1 } }, http: { delay: { beforeHead: 1s } } }", "beside grpc.cut"],
    ["{ http: { empty: true, delay: { beforeHead: 2s }, headers: { x-a: 1 } } }", "beside http.empty"],
  ])("%s is refused", (fault, reason) => {
    expect(() => faultsOf(fault)).toThrow(reason);
  });
});
