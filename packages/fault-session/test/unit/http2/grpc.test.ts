/** gRPC calls on streams of HTTP/2: what the client gets of each fault, and what is told of it, without any content. */
import type { Fault } from "@faultwire/fault-engine";
import { encodePrefix } from "@faultwire/grpc";
import { ErrorCode, sectionOf } from "@faultwire/http2";
import { describe, expect, it } from "vitest";
import { Http2Rig, type Http2RigOptions, type Received } from "../../support/http2-rig.ts";
import { sampleFaults } from "../../support/sample-faults.ts";
import { errorFault } from "../../support/scripted-policy.ts";

const message = (text: string): string => Buffer.from(encodePrefix(text.length)).toString("latin1") + text;
const all = ["one", "second", "3"].map(message);
const [one = "", two = ""] = all;

const head: [string, string][] = [
  [":status", "200"],
  ["content-type", "application/grpc"],
];

/** An upstream that says three messages and OK, with metadata of its own. */
const streaming: NonNullable<Http2RigOptions["serve"]> = (stream, upstream) => {
  upstream.respond(stream, sectionOf(head), false);
  for (const text of all) upstream.data(stream, Buffer.from(text, "latin1"));
  upstream.end(stream, {
    kind: "trailers",
    section: sectionOf([
      ["grpc-status", "0"],
      ["x-cost", "7"],
    ]),
  });
};
/** One that knows no such method. */
const unimplemented: NonNullable<Http2RigOptions["serve"]> = (stream, upstream) =>
  upstream.respond(stream, sectionOf([...head, ["grpc-status", "12"]]), true);

const callFields: [string, string][] = [
  ["content-type", "application/grpc"],
  ["te", "trailers"],
];
const question = message("secret");

function call(options: Http2RigOptions, ms = 0): { rig: Http2Rig; got: Received } {
  const rig = new Http2Rig({ serve: streaming, ...options });
  const { got } = rig.ask(callFields, question);
  rig.advance(ms);
  return { rig, got };
}

const fieldsOf = ({ sections }: Received): (readonly [string, string][])[] =>
  sections.map(({ fields }) => fields.map(([name, value]): [string, string] => [name, value]));
const said = (messages: number, bytes: number) => ({ messages, bytes });
const asked = said(1, 6);
const answered = said(3, 10);

const status = (
  more: Partial<Extract<Fault, { kind: "grpc.status" }>> = {},
): Extract<Fault, { kind: "grpc.status" }> => ({
  kind: "grpc.status",
  ...{
    code: 14,
    message: "später",
    details: [],
    retryDelayMs: null,
    pushback: 250,
    afterMessages: null,
    ...more,
  },
});
const trailers: [string, string][] = [
  ["grpc-status", "14"],
  ["grpc-message", "sp%C3%A4ter"],
  ["grpc-retry-pushback-ms", "250"],
  ["x-faultwire", "rule-0"],
];
const byFault = { by: "fault", code: 14, pushback: 250 } as const;

describe("a call that passes", () => {
  it("is counted, and its status is told", () => {
    const { rig, got } = call({});
    expect([fieldsOf(got), got.parts.join(""), got.end]).toEqual([
      [
        head,
        [
          ["grpc-status", "0"],
          ["x-cost", "7"],
        ],
      ],
      all.join(""),
      "end",
    ]);
    expect(rig.told("end")).toEqual([
      {
        type: "end",
        ...{ atMs: 0, request: "r1", how: "complete" },
        grpc: { client: asked, server: answered, status: { by: "server", code: 0 } },
      },
    ]);
    expect(JSON.stringify(rig.events)).not.toContain("secret");
    expect(JSON.stringify(rig.events)).not.toContain("second");
  });

  it("has the status of a head that is its end", () => {
    const { rig } = call({ serve: unimplemented });
    expect(rig.told("end")).toMatchObject([
      { grpc: { server: said(0, 0), status: { by: "server", code: 12 } } },
    ]);
  });

  it("of an upstream that breaks off has none", () => {
    const { rig } = call({ serve: (stream, upstream) => upstream.reset(stream, ErrorCode.CANCEL) });
    expect(rig.told("end")).toMatchObject([{ how: "failed", grpc: { status: null } }]);
  });

  it("a request that is no call has nothing of it", () => {
    const rig = new Http2Rig({ serve: streaming });
    rig.ask([["content-type", "application/grpc-web"]], question);
    expect(rig.told("end")[0]).not.toHaveProperty("grpc");
  });
});

describe("grpc.status", () => {
  it("at once is a head with END_STREAM, and the upstream sees no call", () => {
    const { rig, got } = call({ fault: status() });
    expect(fieldsOf(got)).toEqual([[...head, ...trailers]]);
    expect([got.parts, got.end, rig.upstreamReceived]).toEqual([[], "end", []]);
    expect(rig.told("done")).toMatchObject([{ fault: "grpc.status" }]);
    expect(rig.told("response")).toMatchObject([{ status: 200, injected: true }]);
    expect(rig.told("end")).toMatchObject([
      { how: "complete", grpc: { client: asked, server: said(0, 0), status: byFault } },
    ]);
  });

  it("at once comes late where that is asked for", () => {
    const { rig, got } = call({ fault: status({ late: { kind: "fixed", ms: 300 } }) });
    rig.advance(299);
    expect([got.sections, got.end]).toEqual([[], undefined]);
    rig.advance(1);
    expect(fieldsOf(got)).toEqual([[...head, ...trailers]]);
    expect([got.parts, got.end, rig.upstreamReceived]).toEqual([[], "end", []]);
    expect(rig.told("done")).toMatchObject([{ fault: "grpc.status" }]);
    expect(rig.told("end")).toMatchObject([{ atMs: 300, how: "complete", grpc: { status: byFault } }]);
  });

  it.each([
    [0, []],
    [2, [one, two]],
    [3, all],
  ])("behind %i messages comes in trailers, in place of the upstream's", (afterMessages, parts) => {
    const { rig, got } = call({ fault: status({ afterMessages }) }, 1);
    expect(fieldsOf(got)).toEqual([head, trailers]);
    expect([got.parts.join(""), got.end]).toEqual([parts.join(""), "end"]);
    expect(rig.told("done")).toMatchObject([{ fault: "grpc.status" }]);
    expect(rig.told("end")).toMatchObject([{ how: "complete", grpc: { status: byFault } }]);
  });

  it("behind no message does not wait for one", () => {
    const { rig, got } = call(
      {
        fault: status({ afterMessages: 0 }),
        serve: (stream, upstream) => upstream.respond(stream, sectionOf(head), false),
      },
      1,
    );
    expect(fieldsOf(got)).toEqual([head, trailers]);
    expect(rig.upstreamReceived[0]?.end).toBe(ErrorCode.CANCEL);
  });

  it("of OK before the time is a cut that looks whole", () => {
    const { rig, got } = call({ fault: status({ code: 0, message: "", pushback: null, afterMessages: 1 }) });
    expect([got.parts.join(""), fieldsOf(got)[1]]).toEqual([
      one,
      [
        ["grpc-status", "0"],
        ["x-faultwire", "rule-0"],
      ],
    ]);
    expect(rig.told("end")).toMatchObject([{ how: "cut", grpc: { status: { by: "fault", code: 0 } } }]);
  });

  it("is undone, with the upstream's own trailers, where the call ends before", () => {
    const { rig, got } = call({ fault: status({ afterMessages: 4 }) });
    expect(fieldsOf(got)[1]).toEqual([
      ["grpc-status", "0"],
      ["x-cost", "7"],
    ]);
    expect(rig.told("undone")).toMatchObject([
      { reason: "the call ended after 3 messages, before the point of the fault" },
    ]);
    const refused = call({ fault: status({ afterMessages: 0 }), serve: unimplemented }, 1);
    expect(fieldsOf(refused.got)).toEqual([[...head, ["grpc-status", "12"]]]);
    expect(refused.rig.told("undone")).toMatchObject([{ reason: "the response has no gRPC messages" }]);
    expect(refused.rig.told("end")).toMatchObject([{ grpc: { status: { by: "server", code: 12 } } }]);
  });

  it("is none of a request that is no call", () => {
    const rig = new Http2Rig({ serve: streaming, fault: status() });
    const { got } = rig.ask([["content-type", "application/json"]], "{}");
    expect(got.end).toBe("end");
    expect(rig.told("undone")).toMatchObject([{ reason: "the request is no gRPC call" }]);
  });
});

describe("grpc.cut", () => {
  const cut = { kind: "grpc.cut", afterMessages: 1, midMessage: false, stop: "reset" } as const;

  it("resets the stream behind so many messages", () => {
    const { rig, got } = call({ fault: cut });
    expect([got.parts.join(""), got.end, got.sections.length]).toEqual([one, ErrorCode.INTERNAL_ERROR, 1]);
    expect(rig.told("done")).toEqual([expect.not.objectContaining({ instead: expect.anything() })]);
    expect(rig.told("end")).toMatchObject([{ how: "cut", grpc: { status: null } }]);
    expect(rig.clientEnd).toBeUndefined();
  });

  it("ends in the middle of a message", () => {
    const { got } = call({ fault: { ...cut, midMessage: true } });
    expect([got.parts.join(""), got.end]).toEqual([one + two.slice(0, 5), ErrorCode.INTERNAL_ERROR]);
  });

  it("ends in order and says no status", () => {
    const { rig, got } = call({ fault: { ...cut, stop: "no-trailers" } });
    expect([got.parts.join(""), got.end, got.sections.length]).toEqual([one, "end", 1]);
    expect(rig.told("end")).toMatchObject([{ how: "cut", grpc: { status: null } }]);
  });

  it("ends the connection", () => {
    const { rig, got } = call({ fault: { ...cut, stop: "fin" } });
    expect([got.parts.join(""), got.end, rig.clientEnd]).toEqual([one, undefined, "fin"]);
    expect(rig.told("done")).toMatchObject([{ fault: "grpc.cut" }]);
  });
});

describe("grpc.garbage", () => {
  it("changes a prefix, and nothing else", () => {
    const { rig, got } = call({ fault: { kind: "grpc.garbage", afterMessages: 1, how: "oversized-length" } });
    expect(got.parts.join("")).toBe(all.join("").replace("\0\0\0\0\x06", "\0\xff\xff\xff\xff"));
    expect(fieldsOf(got)[1]).toEqual([
      ["grpc-status", "0"],
      ["x-cost", "7"],
    ]);
    expect(rig.told("done")).toMatchObject([{ fault: "grpc.garbage" }]);
  });
});

describe("faults of HTTP on a call", () => {
  it("an error becomes what a front end sends: a status in the head", () => {
    const { rig, got } = call({ fault: errorFault("anthropic/rate_limit_error", 2) });
    const [fields = []] = fieldsOf(got);
    expect([got.parts, got.end, got.sections.length]).toEqual([[], "end", 1]);
    expect(fields.slice(0, 2)).toEqual(head);
    expect(fields.map(([name]) => name)).not.toContain("content-length");
    expect(fields).toContainEqual(["grpc-status", "14"]);
    expect(fields).toContainEqual(["retry-after", "2"]);
    expect(rig.told("end")).toMatchObject([{ how: "complete", grpc: { status: { by: "fault", code: 14 } } }]);
  });

  it("comes late where that is asked for", () => {
    const fault = errorFault("anthropic/api_error") as Extract<Fault, { kind: "http.error" }>;
    const late = { beforeHead: { kind: "fixed", ms: 300 }, beforeBody: null, perChunk: null } as const;
    const { rig, got } = call({ fault: { ...fault, delay: late } });
    expect(got.sections).toEqual([]);
    rig.advance(300);
    expect([got.sections.length, got.end]).toEqual([1, "end"]);
    expect(rig.told("end")).toMatchObject([{ atMs: 300, grpc: { status: { by: "fault", code: 2 } } }]);
  });

  it("stays an answer of HTTP where the rule says its content-type", () => {
    const fault = errorFault("anthropic/rate_limit_error") as Extract<Fault, { kind: "http.error" }>;
    const headers = [["content-type", "text/html"]] as const;
    const { rig, got } = call({ fault: { ...fault, answer: { ...fault.answer, headers } } });
    expect(fieldsOf(got)[0]?.[0]).toEqual([":status", "429"]);
    expect(rig.told("end")).toMatchObject([{ grpc: { status: null } }]);
  });

  it("a budget that is gone refuses with a status, and lets the others pass", () => {
    const rig = new Http2Rig({
      fault: sampleFaults["http.rate-limit"],
      ...{ isOneRule: true, serve: streaming },
    });
    expect(rig.ask(callFields, question).got.parts.join("")).toBe(all.join(""));
    const { got } = rig.ask(callFields, question);
    expect(fieldsOf(got)[0]).toContainEqual(["grpc-status", "14"]);
    expect([got.parts, got.end]).toEqual([[], "end"]);
  });

  it("an upstream that can't be reached is UNAVAILABLE", () => {
    const rig = new Http2Rig();
    const { got } = rig.ask(callFields, question);
    rig.exchanges.unreachable("connection refused");
    rig.pump();
    expect(fieldsOf(got)[0]).toEqual([
      ...head,
      ["x-faultwire", "upstream-unreachable"],
      ["grpc-status", "14"],
      ["grpc-message", "connection refused"],
    ]);
    expect(rig.told("end")).toMatchObject([{ grpc: { status: { by: "carrier", code: 14 } } }]);
  });
});
