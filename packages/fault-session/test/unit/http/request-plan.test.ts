/** What a decision about a request means, for every kind of fault: literal plans, and what a budget is charged. */
import { type Decision, type Fault, type FaultKind, summarizeRequest } from "@faultwire/fault-engine";
import { describe, expect, it } from "vitest";
import { encodeAnswer } from "../../../src/http/encode-answer.ts";
import { isAdmission, planRequest, type RequestPlan } from "../../../src/http/request-plan.ts";
import { FaultDesk, faultDeskLimits } from "../../../src/index.ts";
import { sampleFaults } from "../../support/sample-faults.ts";
import { decisionOf, errorFault } from "../../support/scripted-policy.ts";

const head = { method: "POST", target: "/v1/messages", headers: [["Host", "api.test"]] } as const;
const summary = summarizeRequest({ ...head, connection: "", body: new Uint8Array(0) });

function planOf(
  fault: Fault,
  { last = false, desk = new FaultDesk(() => 0), decision = decisionOf(fault, 0) } = {},
) {
  return planRequest({ decision, head, summary, bodyBytes: 4000, desk, last });
}

/** A plan in few words; without the fault that it names again. */
const inWords = (plan: RequestPlan): string => {
  switch (plan.kind) {
    case "answer":
      return `${plan.response.status}${plan.closes ? ", closes" : ""}${plan.delay ? ", late" : ""}`;
    case "raw":
      return `raw ${plan.status}${plan.closes ? ", closes" : ""}${plan.isWhole ? ", whole" : ""}`;
    case "end":
      return `end by ${plan.how}`;
    case "wait":
      return `wait ${plan.ms}`;
    case "change":
      return `change${plan.ends ? ", ends" : ""}${plan.headers.length > 0 ? ", with headers" : ""}${plan.settle ? ", settles" : ""}`;
    case "none":
      return plan.reason;
    default:
      return plan.kind;
  }
};

const noRequest = "a fault of TLS is decided for connections, not for requests";
const onHttp1 = "HTTP/1.1 is spoken on this connection, and the fault is one of HTTP/2";
const samples: Readonly<Record<FaultKind, string>> = {
  "connect.refuse": "the client has its connection already; only a proxy of our own is asked before that",
  "connection.close": "end by fin",
  "connection.reset": "end by reset",
  "connection.stall": "wait 300",
  "connection.latency": "change",
  "connection.throttle": "change",
  "connection.slice": "change",
  "connection.corrupt": "change",
  "tls.alert": noRequest,
  "tls.certificate": noRequest,
  "tls.version": noRequest,
  "tls.cipher": noRequest,
  "tls.alpn": noRequest,
  "tls.handshake-stall": noRequest,
  "tls.handshake-slow": noRequest,
  "tls.bad-mac": noRequest,
  "tls.oversized-record": noRequest,
  "tls.garbage": noRequest,
  "tls.truncate": noRequest,
  "http.error": "429",
  "http.empty": "end by fin",
  "http.malformed": "raw 200, closes",
  "http.delay": "change",
  "http.headers": "change",
  "http.truncate": "change, ends",
  "http.rate-limit": "change, with headers, settles",
  "stream.error-event": "change",
  "stream.cut": "change, ends",
  "stream.stall": "change",
  "stream.pace": "change",
  "stream.drop": "change",
  "stream.duplicate": "change",
  "stream.reorder": "change",
  "stream.split": "change",
  "stream.damage": "change",
  "model.stop-reason": "change",
  "model.empty-content": "change",
  "model.garble-tool-input": "change",
  "model.fallback": "change",
  "websocket.close": "change",
  "websocket.cut": "change",
  "websocket.stall": "change",
  "websocket.pace": "change",
  "websocket.drop": "change",
  "websocket.duplicate": "change",
  "websocket.garbage": "change",
  "websocket.no-pong": "change",
  "grpc.status": "gRPC is spoken over HTTP/2 only",
  "grpc.cut": "gRPC is spoken over HTTP/2 only",
  "grpc.garbage": "gRPC is spoken over HTTP/2 only",
  "http2.reset": onHttp1,
  "http2.goaway": onHttp1,
  "http2.settings": onHttp1,
  "http2.window": onHttp1,
  "http2.ping": onHttp1,
  "http2.frame": onHttp1,
  "http2.headers": onHttp1,
};

describe("a plan", () => {
  it("is made of every kind of fault", () => {
    const found = Object.fromEntries(
      Object.entries(sampleFaults).map(([kind, fault]) => [kind, inWords(planOf(fault))]),
    );
    expect(found).toEqual(samples);
  });

  const at = (from: "client" | "server") => ({ kind: "bytes", from, bytes: 4 }) as const;
  const moment = { kind: "moment", moment: "response-head" } as const;
  const later = { kind: "moment", moment: "established" } as const;
  const onlyResponses = "a rule for requests changes response bodies only; write one for connections";
  const rows: readonly (readonly [Fault, string])[] = [
    [{ kind: "connection.close", at: moment }, "change, ends"],
    [{ kind: "connection.reset", at: moment }, "change, ends"],
    [{ kind: "connection.close", at: later }, "end by fin"],
    [{ kind: "connection.close", at: at("client") }, "end by fin"],
    [{ kind: "connection.reset", at: at("client") }, "end by reset"],
    [{ kind: "connection.close", at: at("server") }, "change, ends"],
    [{ kind: "connection.stall", at: moment, forMs: 5 }, "change"],
    [{ kind: "connection.stall", at: at("client"), forMs: 5 }, "wait 5"],
    [{ kind: "connection.stall", at: at("client"), forMs: null }, "wait null"],
    [{ kind: "connection.stall", at: at("server"), forMs: 5 }, "change"],
    [{ ...sampleFaults["connection.latency"], per: "request" }, "wait 200"],
    [{ ...sampleFaults["connection.latency"], per: "connection" }, "wait 200"],
    [{ ...sampleFaults["connection.throttle"], from: "client" }, onlyResponses],
    [{ ...sampleFaults["connection.slice"], from: "client" }, onlyResponses],
    [{ ...sampleFaults["connection.corrupt"], from: "client" }, onlyResponses],
    [{ ...sampleFaults["connection.corrupt"], from: "both" }, "change"],
    [{ ...sampleFaults["stream.error-event"], stop: "fin" }, "change, ends"],
    [{ ...sampleFaults["stream.cut"], stop: "clean" }, "change"],
    [{ kind: "http.malformed", how: "invalid-json" }, "raw 200, whole"],
    [{ kind: "http.malformed", how: "bad-status-line" }, "raw null, closes"],
  ];
  it.each(rows)("of %j is: %s", (fault, expected) => {
    expect(inWords(planOf(fault))).toBe(expected);
  });

  it("of several faults delays an answer of ours, changes a response by all of them, and leaves the rest", () => {
    const beside = structuredClone(sampleFaults["http.delay"]);
    for (const fault of Object.values(sampleFaults)) {
      const alone = planOf(fault);
      const plan = planOf(fault, { decision: { ...decisionOf(fault, 0), also: [beside] } });
      if (alone.kind === "answer") expect(plan).toEqual({ ...alone, delay: beside });
      else if (alone.kind !== "change") expect([fault.kind, plan]).toEqual([fault.kind, alone]);
      else if (plan.kind !== "change") throw new Error(`${fault.kind} changes a response no more`);
      else if (fault.kind === "http.rate-limit") {
        expect([plan.fault, plan.beside?.faults]).toEqual([beside, []]);
        expect([plan.headers, plan.settle === undefined]).toEqual([alone.headers, false]);
      } else
        expect([plan.fault, plan.ends, plan.beside?.faults]).toEqual([alone.fault, alone.ends, [beside]]);
    }
  });

  it("of several faults ends the connection where one of them does", () => {
    const fault = sampleFaults["stream.pace"];
    const endsBeside = (also: Fault): boolean | string => {
      const plan = planOf(fault, { decision: { ...decisionOf(fault, 0), also: [also] } });
      return plan.kind === "change" ? plan.ends : plan.kind;
    };
    expect(endsBeside(sampleFaults["http.truncate"])).toBe(true);
    expect(endsBeside({ ...sampleFaults["stream.cut"], stop: "reset" } as Fault)).toBe(true);
    for (const stop of ["clean", "none"] as const)
      expect(endsBeside({ ...sampleFaults["stream.error-event"], stop } as Fault)).toBe(false);
    expect(endsBeside(sampleFaults["http.delay"])).toBe(false);
  });

  it("draws how long a request waits from the decision's own numbers, by their purpose", () => {
    const fault: Fault = {
      kind: "connection.latency",
      per: "request",
      duration: { kind: "uniform", minMs: 100, maxMs: 200 },
    };
    const asked: string[] = [];
    const decision: Decision = {
      ...decisionOf(fault, 0),
      random: (purpose) => {
        asked.push(purpose);
        return 0.5;
      },
    };
    expect(planOf(fault, { decision })).toEqual({ kind: "wait", ms: 150 });
    expect(new Set(asked)).toEqual(new Set(["latency"]));
  });

  it("ends the connection where the client's request was its last, and says so", () => {
    const { kind, ...error } = planOf(errorFault("anthropic/overloaded_error"), {
      last: true,
    }) as never as Record<string, unknown>;
    expect([kind, error["closes"], error["delay"]]).toEqual(["answer", true, null]);
    expect(inWords(planOf({ kind: "http.malformed", how: "invalid-json" }, { last: true }))).toBe(
      "raw 200, closes, whole",
    );
    const late: Fault = {
      ...sampleFaults["http.error"],
      delay: { beforeHead: { kind: "fixed", ms: 5 }, beforeBody: null, perChunk: null },
    } as Fault;
    expect(inWords(planOf(late))).toBe("429, late");
  });
});

describe("a budget's plan", () => {
  const limited: Fault = {
    kind: "http.rate-limit",
    budget: { requestsPerMinute: null, inputTokensPerMinute: 1_500, outputTokensPerMinute: null },
    per: "all",
    provider: "anthropic",
  };
  const tokensLeft = (plan: RequestPlan): string | undefined =>
    plan.kind === "change"
      ? plan.headers.find(([name]) => name === "anthropic-ratelimit-input-tokens-remaining")?.[1]
      : undefined;

  it("estimates a token for four bytes, and refuses what is over, with the rule's marker", () => {
    const desk = new FaultDesk(() => 0);
    const first = planOf(limited, { desk });
    expect([isAdmission(first), isAdmission(null), isAdmission({ kind: "pass" })]).toEqual([
      true,
      false,
      false,
    ]);
    expect(isAdmission(planOf(sampleFaults["http.delay"]))).toBe(false);
    const second = planOf(limited, { desk });
    expect(inWords(second)).toBe("429");
    if (second.kind !== "answer") throw new Error("refused by no answer");
    expect(second.response.headers).toContainEqual(["x-faultwire", "rule-0"]);
    const unmarked = planOf(limited, { desk, decision: { ...decisionOf(limited, 0), marker: null } });
    if (unmarked.kind !== "answer") throw new Error("refused by no answer");
    expect(unmarked.response.headers.map(([name]) => name)).not.toContain("x-faultwire");
  });

  it("is one rule's own; begins anew where the rule's budget is another, and once it is forgotten", () => {
    const desk = new FaultDesk(() => 0);
    const roomy: Fault = {
      ...limited,
      budget: { ...limited.budget, inputTokensPerMinute: 100_000 },
    } as Fault;
    const left = () => tokensLeft(planOf(roomy, { desk }));
    const first = left();
    const second = left();
    expect(second).not.toBe(first);
    expect(tokensLeft(planOf(roomy, { desk, decision: decisionOf(roomy, 1) }))).toBe(first);
    // As a rule file that is read again gives it: equal, and another object.
    const third = tokensLeft(planOf(structuredClone(roomy), { desk }));
    expect([first, second]).not.toContain(third);
    const larger: Fault = {
      ...limited,
      budget: { ...limited.budget, inputTokensPerMinute: 200_000 },
    } as Fault;
    expect(inWords(planOf(larger, { desk }))).toBe("change, with headers, settles");
    expect(left()).toBe(first);
    left();
    desk.forgetBudgets();
    expect(left()).toBe(first);
  });
});

describe("an answer in bytes", () => {
  const request = { method: "POST" };
  it.each([
    ["http.error", 429, "complete"],
    ["http.empty", null, "failed"],
    ["http.malformed", 200, "cut"],
    ["http.delay", null, "failed"],
  ] as const)("of %s", (kind, status, end) => {
    const encoded = encodeAnswer({ plan: planOf(sampleFaults[kind]), head: request });
    expect([encoded.status, encoded.end, encoded.bytes.length > 0]).toEqual([status, end, status !== null]);
  });
  it("that can't be read at all has failed; that holds nonsense is complete", () => {
    const of = (how: "bad-status-line" | "html") =>
      encodeAnswer({ plan: planOf({ kind: "http.malformed", how }), head: request });
    expect([of("bad-status-line").status, of("bad-status-line").end]).toEqual([null, "failed"]);
    expect(of("html").end).toBe("complete");
    expect(encodeAnswer({ plan: null, head: request }).bytes).toHaveLength(0);
  });
});

describe("a desk", () => {
  it("names requests, and the ids of its answers by rule and by the rule's own numbers", () => {
    const desk = new FaultDesk(() => 1234);
    expect([desk.nextRequest(), desk.nextRequest(), desk.nowMs]).toEqual(["r1", "r2", 1234]);
    const asked: [string, number][] = [];
    const decision: Decision = {
      ...decisionOf(sampleFaults["http.error"], 0),
      random: (purpose, index) => {
        asked.push([purpose, index]);
        return 0.25;
      },
    };
    const { requestId, nowMs, marker } = desk.answerContext(decision, head);
    expect(asked).toEqual([["request-id", 0]]);
    expect([nowMs, marker]).toEqual([1234, "rule-0"]);
    expect(requestId).toMatch(/^req_/);
    expect(desk.answerContext(decision, head).requestId).toBe(requestId);
    expect(desk.answerContext({ ...decision, rule: "other" }, head).requestId).not.toBe(requestId);
    expect(desk.answerContext({ ...decision, random: () => 0.5 }, head).requestId).not.toBe(requestId);
  });

  it("holds so much of all connections' requests, to the byte", () => {
    const desk = new FaultDesk();
    expect(desk.hold(faultDeskLimits.maxHeldRequestBytes)).toBe(true);
    expect(desk.hold(1)).toBe(false);
    desk.release(1);
    expect(desk.heldRequestBytes).toBe(faultDeskLimits.maxHeldRequestBytes);
    expect(desk.hold(0)).toBe(true);
  });
});
