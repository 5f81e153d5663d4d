/** Faults that strike at a point of a response's body on a stream of HTTP/2: what the client has by then, what comes behind, what is told. */
import type { Fault } from "@faultwire/fault-engine";
import { ErrorCode, sectionOf } from "@faultwire/http2";
import { describe, expect, it } from "vitest";
import type { Side } from "../../../src/index.ts";
import { Http2Rig, type Http2RigOptions } from "../../support/http2-rig.ts";

const at = { kind: "bytes", bytes: 15 } as const;
const reset: Fault = { kind: "http2.reset", code: "INTERNAL_ERROR", at };
/** The client is told that its stream is the last one, and it is worked on. */
const goaway: Fault = {
  kind: "http2.goaway",
  code: "NO_ERROR",
  last: "this",
  debug: "",
  at,
  closeAfterMs: null,
};

const body = "0123456789".repeat(4);
/** An answer with that body, in so many parts. */
const answering =
  (parts: number, size = body.length / parts): NonNullable<Http2RigOptions["serve"]> =>
  (stream, upstream) => {
    upstream.respond(stream, sectionOf([[":status", "200"]]), false);
    for (let from = 0; from < body.length; from += size)
      upstream.data(stream, Buffer.from(body.slice(from, from + size)));
    upstream.end(stream);
  };

function told(rig: Http2Rig) {
  const reasons = rig.told("undone").map(({ reason }) => reason);
  return [rig.told("done").length, reasons, rig.told("end").map(({ how }) => how)] as const;
}
const heldOf = ({ exchanges }: Http2Rig): Readonly<Record<Side, number>> => ({
  client: exchanges.heldBytes("client"),
  server: exchanges.heldBytes("server"),
});
function kept(rig: Http2Rig): number {
  const { client, server } = heldOf(rig);
  return client + server;
}

describe.each<[string, Fault]>([
  ["a cut", { kind: "stream.cut", at, stop: "fin" }],
  ["a body that breaks off", { kind: "http.truncate", after: at }],
  ["a reset of the stream", reset],
])("%s, where no response comes", (_what, fault) => {
  it.each([
    [
      "the upstream resets the stream",
      (rig: Http2Rig, id: number) => rig.upstream.reset(rig.upstream.find(id)!, ErrorCode.INTERNAL_ERROR),
    ],
    [
      "the upstream speaks another protocol",
      (rig: Http2Rig) => rig.exchanges.fromServer(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")),
    ],
  ])("is not done: %s", (_how, fails) => {
    const rig = new Http2Rig({ fault });
    const { got } = rig.ask();
    fails(rig, 1);
    rig.pump();
    expect([got.sections, got.parts]).toEqual([[], []]);
    expect(told(rig)).toEqual([0, [expect.stringMatching(/^the stream was over before /)], ["failed"]]);
  });
});

describe.each([1, 2, 8, 40])("a point in a body that comes in %i parts", (parts) => {
  it("at which the stream is reset: the client has what comes before, and no more", () => {
    const rig = new Http2Rig({ fault: reset, serve: answering(parts) });
    const { got } = rig.ask();
    expect([got.parts.join(""), got.end]).toEqual([body.slice(0, 15), ErrorCode.INTERNAL_ERROR]);
    expect(told(rig)).toEqual([1, [], ["cut"]]);
    expect(kept(rig)).toBe(0);
  });

  it("at which the connection takes no more requests: all of the body comes, once and in its order", () => {
    const rig = new Http2Rig({ fault: goaway, serve: answering(parts) });
    const { got } = rig.ask();
    expect([got.parts.join(""), got.end, rig.goaways]).toEqual([body, "end", [1]]);
    expect(told(rig)).toEqual([1, [], ["complete"]]);
    expect(kept(rig)).toBe(0);
  });

  it("that the client's window keeps back: nothing strikes before it has come, and what is behind waits", () => {
    const rig = new Http2Rig({
      fault: goaway,
      serve: answering(parts),
      limits: { streamWindowBytes: 7 },
    });
    rig.client.keepsWindows = true;
    const { stream, got } = rig.ask();
    const seen = () => [got.parts.join("").length, rig.goaways, got.end, rig.told("end").length];
    expect(seen()).toEqual([7, [], undefined, 0]);
    expect(heldOf(rig)).toEqual({ client: 0, server: body.length - 7 });
    rig.client.grant(stream, 7);
    rig.pump();
    expect(seen()).toEqual([14, [], undefined, 0]);
    rig.client.grant(stream, 1);
    rig.pump();
    expect(seen()).toEqual([15, [1], undefined, 0]);
    rig.client.grant(stream, 100);
    rig.pump();
    expect([got.parts.join(""), got.end]).toEqual([body, "end"]);
    expect(told(rig)).toEqual([1, [], ["complete"]]);
    expect(kept(rig)).toBe(0);
  });

  it("that lies behind its end does not come, and that is told", () => {
    for (const [bytes, isReached] of [
      [40, true],
      [41, false],
    ] as const) {
      const rig = new Http2Rig({ fault: { ...goaway, at: { ...at, bytes } }, serve: answering(parts) });
      const { got } = rig.ask();
      expect([got.parts.join(""), got.end, rig.goaways]).toEqual([body, "end", isReached ? [1] : []]);
      const undone = isReached ? [] : ["the response ended before its point had come"];
      expect(told(rig)).toEqual([isReached ? 1 : 0, undone, ["complete"]]);
    }
  });
});

describe("a point that was waited for", () => {
  it("by a client that goes away strikes no more, and nothing of it is kept", () => {
    const rig = new Http2Rig({ fault: goaway, serve: answering(1), limits: { streamWindowBytes: 7 } });
    rig.client.keepsWindows = true;
    const { stream } = rig.ask();
    expect(kept(rig)).toBe(body.length - 7);
    rig.client.reset(stream, ErrorCode.CANCEL);
    rig.pump();
    expect([kept(rig), rig.goaways]).toEqual([0, []]);
    expect(told(rig)).toEqual([0, ["the client went away first"], ["abandoned"]]);
  });

  it("at the start of a body comes with its head", () => {
    const rig = new Http2Rig({ fault: { ...reset, at: { ...at, bytes: 0 } }, serve: answering(1) });
    const { got } = rig.ask();
    expect([got.sections.length, got.parts, got.end]).toEqual([1, [], ErrorCode.INTERNAL_ERROR]);
    expect(told(rig)).toEqual([1, [], ["cut"]]);
  });
});

/** An answer that stays open: events that are said when a test says so. */
function streaming(fault: Fault, more: Partial<Http2RigOptions> = {}) {
  const rig = new Http2Rig({ fault, serve: () => undefined, ...more });
  const { got } = rig.ask();
  const stream = rig.upstream.find(1)!;
  const fields: [string, string][] = [
    [":status", "200"],
    ["content-type", "text/event-stream"],
  ];
  if (more.codings) fields.push(["content-encoding", "gzip"]);
  rig.upstream.respond(stream, sectionOf(fields), false);
  const says = (text: string): void => {
    rig.upstream.data(stream, Buffer.from(text));
    rig.pump();
  };
  return { rig, got, says };
}
const atEvent = (events: number) => ({ ...goaway, at: { kind: "events", events } }) as Fault;

it("what finds a point in a compressed body is closed once the point has come, and not at the body's end", () => {
  let closed = 0;
  const codings = () => ({
    name: "gzip",
    opener: {
      push: (part: Uint8Array, take: (content: Uint8Array) => void) => {
        take(part);
        return null;
      },
      finish: () => true,
      trailing: new Uint8Array(0),
    },
    closer: { push: (part: Uint8Array) => part, finish: () => new Uint8Array(0) },
    close: () => void closed++,
  });
  const { rig, got, says } = streaming(atEvent(2), { codings });
  says("data: a\n\n");
  expect([closed, rig.goaways]).toEqual([0, []]);
  says("data: b\n\ndata: c\n\n");
  // Two read it: one ahead, and one byte by byte.
  expect([closed, rig.goaways]).toEqual([2, [1]]);
  expect(got.parts.join("")).toBe("data: a\n\ndata: b\n\ndata: c\n\n");
});

it("a reset waits for no window: the upstream is told at once, and the client gets what comes before", () => {
  const rig = new Http2Rig({ fault: reset, serve: answering(1), limits: { streamWindowBytes: 7 } });
  rig.client.keepsWindows = true;
  const { stream, got } = rig.ask();
  expect([got.parts.join("").length, got.end, kept(rig)]).toEqual([7, undefined, 8]);
  rig.client.grant(stream, 8);
  rig.pump();
  expect([got.parts.join(""), got.end]).toEqual([body.slice(0, 15), ErrorCode.INTERNAL_ERROR]);
  expect(told(rig)).toEqual([1, [], ["cut"]]);
});

it("events of a body whose coding can't be read are no point: the body passes, and the reason is told once it ends", () => {
  const open = { closed: 0 };
  const coding = () => ({
    name: "gzip",
    opener: { push: () => "no gzip", finish: () => false, trailing: new Uint8Array(0) },
    closer: { push: (bytes: Uint8Array) => bytes, finish: () => new Uint8Array(0) },
    close: () => void open.closed++,
  });
  const rig = new Http2Rig({
    fault: { ...reset, at: { kind: "events", events: 1 } },
    codings: coding,
    serve: (stream, upstream) => {
      const fields: [string, string][] = [
        [":status", "200"],
        ["content-type", "text/event-stream"],
        ["content-encoding", "gzip"],
      ];
      upstream.respond(stream, sectionOf(fields), false);
      for (const part of [body, body]) upstream.data(stream, Buffer.from(part));
      upstream.end(stream);
    },
  });
  const { got } = rig.ask();
  expect([got.parts.join(""), got.end]).toEqual([body + body, "end"]);
  const reason = "the response is compressed, and its gzip can't be read: no gzip";
  expect(told(rig)).toEqual([0, [reason], ["complete"]]);
  // Two read it, and the memory of both goes back.
  expect(open.closed).toBeGreaterThanOrEqual(2);
});

describe("bytes that are kept are those of the peer that has said them", () => {
  it("a request that waits is the client's", () => {
    const wait: Fault = { kind: "connection.latency", per: "request", duration: { kind: "fixed", ms: 1000 } };
    const rig = new Http2Rig({ fault: wait, serve: answering(1) });
    const { got } = rig.ask([], "0123456789");
    expect(heldOf(rig)).toEqual({ client: 10, server: 0 });
    rig.advance(1000);
    expect([got.parts.join(""), heldOf(rig)]).toEqual([body, { client: 0, server: 0 }]);
  });

  it("a response that comes late is the server's", () => {
    const late = { kind: "fixed", ms: 1000 } as const;
    const rig = new Http2Rig({
      fault: { kind: "http.delay", beforeHead: late, beforeBody: null, perChunk: null },
      serve: answering(1),
    });
    const { got } = rig.ask();
    expect(heldOf(rig)).toEqual({ client: 0, server: body.length });
    rig.advance(1000);
    expect([got.parts.join(""), heldOf(rig)]).toEqual([body, { client: 0, server: 0 }]);
  });

  it("a frame that is not whole is that of the peer that has begun it", () => {
    const rig = new Http2Rig({ serve: answering(1) });
    rig.ask();
    const before = heldOf(rig);
    rig.exchanges.fromClient(Uint8Array.of(0, 0, 8));
    expect(heldOf(rig)).toEqual({ client: before.client + 3, server: before.server });
    rig.exchanges.fromServer(Uint8Array.of(0, 0, 8, 6));
    expect(heldOf(rig)).toEqual({ client: before.client + 3, server: before.server + 4 });
  });
});
