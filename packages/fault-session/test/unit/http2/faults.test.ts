/** Every fault of messages on a stream of HTTP/2: what the client gets, and what is told of it. */
import { FAULT_KINDS, type Fault, type FaultKind } from "@faultwire/fault-engine";
import { ErrorCode, sectionOf } from "@faultwire/http2";
import { describe, expect, it } from "vitest";
import { http2Way } from "../../../src/index.ts";
import { Http2Rig, type Http2RigOptions, type Received, statusOf } from "../../support/http2-rig.ts";
import { sampleEvents, sampleFaults } from "../../support/sample-faults.ts";

const length = (text: string): [string, string] => ["content-length", String(text.length)];

/** The sample answer up to its end, an event in a frame. */
const streamed: NonNullable<Http2RigOptions["serve"]> = (stream, upstream) => {
  upstream.respond(
    stream,
    sectionOf([
      [":status", "200"],
      ["content-type", "text/event-stream"],
    ]),
    false,
  );
  for (const event of sampleEvents) upstream.data(stream, Buffer.from(event, "latin1"));
};
/** An upstream that streams it. */
const streaming: NonNullable<Http2RigOptions["serve"]> = (stream, upstream, received) => {
  streamed(stream, upstream, received);
  upstream.end(stream);
};
/** One that answers with forty bytes. */
const plain: NonNullable<Http2RigOptions["serve"]> = (stream, upstream) => {
  const body = "0123456789".repeat(4);
  upstream.respond(
    stream,
    sectionOf([[":status", "200"], ["content-type", "text/plain"], ["content-language", "de"], length(body)]),
    false,
  );
  upstream.data(stream, Buffer.from(body));
  upstream.end(stream);
};

interface Case {
  readonly serve?: Http2RigOptions["serve"];
  /** What the client has got in the end. */
  readonly sees: (got: Received, rig: Http2Rig) => void;
  readonly end: string;
}

const eventsOf = ({ parts }: Received): number => parts.join("").split("\n\n").length - 1;
const names = ({ parts }: Received): string[] =>
  [...parts.join("").matchAll(/^event: (.*)$/gm)].map(([, name]) => name ?? "");
const reset = ErrorCode.INTERNAL_ERROR;
const original = sampleEvents.map((event) => /^event: (.*)$/m.exec(event)?.[1]);

const cases: Partial<Readonly<Record<FaultKind, Case>>> = {
  "http.error": {
    sees: (got) =>
      expect([statusOf(got), got.end, got.parts.join("").includes("rate_limit_error")]).toEqual([
        "429",
        "end",
        true,
      ]),
    end: "complete",
  },
  "http.empty": { sees: (got) => expect([got.sections.length, got.end]).toEqual([0, reset]), end: "failed" },
  "http.malformed": {
    sees: (got) => expect([statusOf(got), got.end]).toEqual(["200", ErrorCode.PROTOCOL_ERROR]),
    end: "cut",
  },
  "http.delay": {
    serve: plain,
    sees: (got) =>
      expect([statusOf(got), got.parts.join("").length, got.atMs[0], got.end]).toEqual([
        "200",
        40,
        500,
        "end",
      ]),
    end: "complete",
  },
  "http.headers": {
    serve: plain,
    sees: (got) => {
      const [head] = got.sections;
      expect(head?.fields).toEqual([
        [":status", "200"],
        ["content-type", "text/x-strange"],
        ["content-length", "40"],
        ["x-added", "1"],
      ]);
      expect([got.parts.join("").length, got.end]).toEqual([40, "end"]);
    },
    end: "complete",
  },
  "http.truncate": {
    serve: plain,
    sees: (got) =>
      expect([statusOf(got), got.parts.join(""), got.end]).toEqual(["200", "01234567890123456789", reset]),
    end: "cut",
  },
  "stream.error-event": {
    sees: (got) => expect([names(got).at(-1), eventsOf(got), got.end]).toEqual(["error", 3, "end"]),
    end: "cut",
  },
  // The third event stands behind a ping, which counts as none.
  "stream.cut": { sees: (got) => expect([eventsOf(got), got.end]).toEqual([4, reset]), end: "cut" },
  "stream.stall": {
    sees: (got) => expect([got.end, got.atMs.some((at) => at >= 300)]).toEqual(["end", true]),
    end: "complete",
  },
  "stream.pace": {
    sees: (got) => expect([eventsOf(got), got.atMs[0], got.atMs[1], got.end]).toEqual([8, 200, 300, "end"]),
    end: "complete",
  },
  "stream.drop": {
    sees: (got) => expect([names(got), got.end]).toEqual([[original[0], ...original.slice(2)], "end"]),
    end: "complete",
  },
  "stream.duplicate": {
    sees: (got) =>
      expect([names(got).slice(0, 3), got.end]).toEqual([[original[0], original[1], original[1]], "end"]),
    end: "complete",
  },
  "stream.reorder": {
    sees: (got) =>
      expect([names(got).slice(0, 3), got.end]).toEqual([
        ["message_start", "ping", "content_block_delta"],
        "end",
      ]),
    end: "complete",
  },
  "stream.split": {
    sees: (got) => expect([got.parts.join(""), got.end]).toEqual([sampleEvents.join(""), "end"]),
    end: "complete",
  },
  "stream.damage": {
    sees: (got) =>
      expect([got.parts.join("") === sampleEvents.join(""), eventsOf(got), got.end]).toEqual([
        false,
        8,
        "end",
      ]),
    end: "complete",
  },
  "model.stop-reason": {
    sees: (got) =>
      expect([got.parts.join("").includes('"stop_reason":"refusal"'), got.end]).toEqual([true, "end"]),
    end: "complete",
  },
  "model.empty-content": {
    sees: (got) => expect([names(got).includes("content_block_delta"), got.end]).toEqual([false, "end"]),
    end: "complete",
  },
  "model.fallback": {
    sees: (got) => expect([got.parts.join("").includes('"type":"fallback"'), got.end]).toEqual([true, "end"]),
    end: "complete",
  },
  "model.garble-tool-input": {
    sees: (got) => expect([got.parts.join("") === sampleEvents.join(""), got.end]).toEqual([false, "end"]),
    end: "complete",
  },
};

/** Faults of messages, but for the one that lets the first request pass. */
const kinds = FAULT_KINDS.filter((kind) => /^(http|stream|model)\./.test(kind) && kind !== "http.rate-limit");

describe("a fault of a message, on one stream", () => {
  it.each(kinds)("%s", (kind) => {
    const { serve = streaming, sees, end } = cases[kind]!;
    // Only the first request fails: the connection is as good as ever for the second.
    const rig = new Http2Rig({ request: (number) => (number === 0 ? sampleFaults[kind] : null), serve });
    const { got } = rig.ask([["accept-encoding", "gzip"]], '{"model":"m"}');
    rig.advance(10_000);
    sees(got, rig);
    expect(rig.told("undone")).toEqual([]);
    expect(rig.told("done")).toMatchObject([{ fault: kind, request: "r1" }]);
    expect(rig.told("end")).toMatchObject([{ how: end }]);
    const second = rig.ask();
    rig.advance(10_000);
    expect([statusOf(second.got), second.got.end]).toEqual(["200", "end"]);
    expect(rig.clientEnd).toBeUndefined();
    expect(rig.exchanges.heldBytes("client") + rig.exchanges.heldBytes("server")).toBe(0);
  });

  it("http.rate-limit admits within its budget and refuses beyond", () => {
    const rig = new Http2Rig({ fault: sampleFaults["http.rate-limit"], isOneRule: true, serve: plain });
    expect(statusOf(rig.ask().got)).toBe("200");
    expect(statusOf(rig.ask().got)).toBe("429");
  });

  it("a response that is to be read is asked for without compression, and nothing else is changed", () => {
    const rig = new Http2Rig({ fault: sampleFaults["stream.cut"], serve: streaming });
    rig.ask([
      ["accept-encoding", "gzip"],
      ["x-a", "1"],
    ]);
    const fields = rig.upstreamReceived[0]?.sections[0]?.fields;
    expect(fields?.slice(4)).toEqual([
      ["accept-encoding", "identity"],
      ["x-a", "1"],
    ]);
  });
});

describe("a fault of the connection, decided for a request", () => {
  it.each([
    ["connection.close", "fin"],
    ["connection.reset", "reset"],
  ] as const)("%s ends the connection", (kind, how) => {
    const rig = new Http2Rig({ fault: sampleFaults[kind], serve: plain });
    rig.ask();
    expect(rig.clientEnd).toBe(how);
    expect(rig.upstreamReceived).toEqual([]);
    expect(rig.told("done")).toMatchObject([{ fault: kind }]);
  });

  it("connection.close behind some bytes of the response sends those first", () => {
    const rig = new Http2Rig({
      fault: { kind: "connection.close", at: { kind: "bytes", from: "server", bytes: 15 } },
      serve: plain,
    });
    const { got } = rig.ask();
    expect([got.parts.join(""), got.end, rig.clientEnd]).toEqual(["012345678901234", undefined, "fin"]);
  });

  it.each([
    ["connection.latency", 200],
    ["connection.throttle", 40],
    ["connection.slice", 0],
  ] as const)("%s: all of the body, not before its time", (kind, firstAtMs) => {
    const rig = new Http2Rig({ fault: sampleFaults[kind], serve: plain });
    const { got } = rig.ask();
    rig.advance(10_000);
    expect([got.parts.join(""), got.end, got.atMs[0]]).toEqual(["0123456789".repeat(4), "end", firstAtMs]);
    expect(rig.told("done")).toMatchObject([{ fault: kind }]);
    if (kind === "connection.slice") expect(got.parts.map(({ length }) => length)).toEqual([10, 10, 10, 10]);
  });

  it.each([
    [{ kind: "http.empty" }, undefined],
    [{ kind: "http.malformed", how: "invalid-json" }, "end"],
  ] as const)("%j late: nothing before its time, and other streams go on", (fault, end) => {
    const rig = new Http2Rig({ fault: { ...fault, late: { kind: "fixed", ms: 300 } }, serve: plain });
    const { got } = rig.ask();
    rig.advance(299);
    expect([got.sections.length, got.end, rig.told("done").length]).toEqual([0, undefined, 0]);
    rig.advance(1);
    if (end === "end") expect([statusOf(got), got.end]).toEqual(["200", "end"]);
    else expect([got.sections.length, got.end]).toEqual([0, reset]);
    expect(rig.told("done")).toMatchObject([{ fault: fault.kind }]);
    expect(rig.upstreamReceived).toEqual([]);
  });

  it("connection.corrupt flips bits of the body, and of nothing else", () => {
    const rig = new Http2Rig({ fault: sampleFaults["connection.corrupt"], serve: plain });
    const { got } = rig.ask();
    expect([statusOf(got), got.parts.join("").length, got.end]).toEqual(["200", 40, "end"]);
    expect(
      Buffer.from(got.parts.join(""), "latin1").filter((byte, at) => byte === 48 + (at % 10)),
    ).toHaveLength(0);
  });

  it("connection.stall holds a request back, and it goes on with its body", () => {
    const rig = new Http2Rig({ fault: sampleFaults["connection.stall"], serve: plain });
    const { got } = rig.ask([], "the body");
    rig.advance(299);
    expect(rig.upstreamReceived).toEqual([]);
    rig.advance(1);
    expect(rig.upstreamReceived[0]?.parts.join("")).toBe("the body");
    expect(got.end).toBe("end");
  });
});

describe("what the table of HTTP/2 says", () => {
  const impossible = FAULT_KINDS.filter((kind) => http2Way.abilities[kind].kind === "no");

  it.each(impossible.filter((kind) => kind !== "connect.refuse"))(
    "%s is told, and changes nothing",
    (kind) => {
      const rig = new Http2Rig({ fault: sampleFaults[kind], serve: plain });
      const { got } = rig.ask();
      expect([got.parts.join(""), got.end]).toEqual(["0123456789".repeat(4), "end"]);
      const ability = http2Way.abilities[kind];
      expect(rig.told("undone")).toMatchObject([{ reason: ability.kind === "no" && ability.reason }]);
    },
  );

  it("no layer is without a case over HTTP/2, here or beside", () => {
    const beside = /^(connect|tls|grpc|http2)\./;
    const here = /^(http|stream|model|connection)\./;
    expect(FAULT_KINDS.filter((kind) => !beside.test(kind) && !here.test(kind))).toEqual(
      impossible.filter((kind) => !beside.test(kind)),
    );
  });

  it("what it says is done instead is what an event says", () => {
    for (const kind of kinds) {
      const rig = new Http2Rig({ fault: sampleFaults[kind], serve: cases[kind]?.serve ?? streaming });
      rig.ask([], '{"model":"m"}');
      rig.advance(10_000);
      const [done] = rig.told("done");
      const { instead } = done ?? {};
      const isNamed = http2Way.abilities[kind].kind === "instead";
      // A cut that is clean, and JSON that is broken, are as asked for.
      if (!isNamed) expect([kind, instead]).toEqual([kind, undefined]);
      else if (instead !== undefined) expect(instead).toMatch(/^in HTTP\/2 /);
    }
    const whole: Fault = { kind: "http.malformed", how: "invalid-json" };
    const rig = new Http2Rig({ fault: whole });
    expect(rig.ask().got.end).toBe("end");
    expect(rig.told("done").map(({ instead }) => instead)).toEqual([undefined]);
  });
});

describe.each(["http.empty", "http2.reset", "http.malformed"] as const)(
  "%s in place of a response",
  (kind) => {
    it("waits for a body of a declared length, so that a report knows the request by it", () => {
      const rig = new Http2Rig({
        request: (number) => (number === 0 ? sampleFaults[kind] : null),
        serve: plain,
      });
      const { stream, got } = rig.ask([["content-length", "4"]], null);
      expect([got.sections, got.end]).toEqual([[], undefined]);
      rig.client.data(stream, Buffer.from("body"));
      rig.client.end(stream);
      rig.pump();
      expect(got.end).toBeGreaterThan(0);
      rig.ask([["content-length", "4"]], "body");
      const [first, second] = rig.told("request");
      expect([first?.bodyBytes, second?.bodyBytes]).toEqual([4, 4]);
      expect(first?.fingerprint).toBe(second?.fingerprint);
    });

    it("does not wait for one of which nobody knows the length: a call in both directions has no end", () => {
      const rig = new Http2Rig({ fault: sampleFaults[kind] });
      expect(rig.ask([], null).got.end).toBeGreaterThan(0);
    });
  },
);

describe("traps of a prototype", () => {
  it("a cut behind data that wait for a window never looks whole", () => {
    const rig = new Http2Rig({
      fault: sampleFaults["http.truncate"],
      serve: plain,
      limits: { streamWindowBytes: 7 },
    });
    const { got } = rig.ask();
    rig.pump();
    expect(got.parts.join("")).toBe("01234567890123456789");
    expect(got.end).toBe(reset);
  });

  it("a client's RST_STREAM reaches the upstream with its own code, NO_ERROR as well", () => {
    for (const code of [ErrorCode.NO_ERROR, ErrorCode.CANCEL, ErrorCode.INTERNAL_ERROR]) {
      const rig = new Http2Rig();
      const { stream } = rig.ask();
      rig.client.reset(stream, code);
      rig.pump();
      expect(rig.upstreamReceived[0]?.end).toBe(code);
      expect(rig.told("end")).toMatchObject([{ how: "abandoned" }]);
    }
  });

  it("a clean cut is no CANCEL for the client, and the upstream's trailers stay away from it", () => {
    const rig = new Http2Rig({
      fault: { ...sampleFaults["stream.cut"], stop: "clean" },
      serve: (stream, upstream, received) => {
        streamed(stream, upstream, received);
        upstream.end(stream, { kind: "trailers", section: sectionOf([["x-sum", "1"]]) });
      },
    });
    const { got } = rig.ask();
    expect([eventsOf(got), got.end, got.sections.length]).toEqual([4, "end", 1]);
  });

  it("a client whose socket is full is heard all the same: its reset goes on, and control frames come", () => {
    const rig = new Http2Rig({ serve: plain });
    rig.full.add("client");
    const { stream, got } = rig.ask();
    expect([statusOf(got), got.parts]).toEqual(["200", []]);
    rig.client.ping(new Uint8Array(8));
    rig.client.reset(stream, ErrorCode.CANCEL);
    rig.pump();
    expect(rig.told("end")).toMatchObject([{ how: "abandoned" }]);
    expect(rig.upstreamReceived[0]?.end).toBe("end");
  });

  it("two fields of content-type, and fields that stand apart, go on as they came", () => {
    const rig = new Http2Rig({
      serve: (stream, upstream) =>
        upstream.respond(
          stream,
          sectionOf([
            [":status", "200"],
            ["a", "1"],
            ["b", "2"],
            ["a", "3"],
            ["content-type", "x"],
            ["content-type", "y"],
          ]),
          true,
        ),
    });
    const { got } = rig.ask([
      ["content-type", "a"],
      ["x", "1"],
      ["content-type", "b"],
    ]);
    expect(rig.upstreamReceived[0]?.sections[0]?.fields.slice(4)).toEqual([
      ["content-type", "a"],
      ["x", "1"],
      ["content-type", "b"],
    ]);
    expect(got.sections[0]?.fields.slice(1)).toEqual([
      ["a", "1"],
      ["b", "2"],
      ["a", "3"],
      ["content-type", "x"],
      ["content-type", "y"],
    ]);
  });
});

describe("an upstream", () => {
  it("that refuses a stream, or goes away, is told to the client as it is", () => {
    const rig = new Http2Rig({
      serve: (stream, upstream) => upstream.reset(stream, ErrorCode.REFUSED_STREAM),
    });
    expect(rig.ask().got.end).toBe(ErrorCode.REFUSED_STREAM);
    rig.upstream.goaway(ErrorCode.NO_ERROR, 1);
    rig.pump();
    expect(rig.client.isGoingAway).toBe(true);
  });

  it("that is there is told of where a GOAWAY of another request leaves a stream out", () => {
    const goaway = { ...sampleFaults["http2.goaway"], last: "none" } as Fault;
    const rig = new Http2Rig({ request: (number) => (number === 1 ? goaway : null), serve: () => undefined });
    rig.ask();
    rig.ask();
    const endedBy = { rule: "rule-1", fault: "http2.goaway" };
    const ends = rig.events.flatMap((event) =>
      event.type === "end" ? [[event.request, event.how, event.endedBy]] : [],
    );
    const [first, own] = rig.events.flatMap((event) => (event.type === "request" ? [event.request] : []));
    expect(ends).toEqual([
      [first, "failed", endedBy],
      [own, "failed", undefined],
    ]);
  });

  it("that ends in the middle leaves what a fault still owes, and breaks the rest", () => {
    const rig = new Http2Rig({
      request: (number) => (number === 0 ? sampleFaults["stream.pace"] : null),
      serve: (stream, upstream, received) =>
        received === rig.upstreamReceived[0] ? streaming(stream, upstream, received) : undefined,
    });
    const paced = rig.ask();
    rig.ask();
    rig.exchanges.serverEnded("fin");
    expect(rig.exchanges.owesClient).toBe(true);
    rig.advance(5_000);
    expect([eventsOf(paced.got), paced.got.end]).toEqual([8, "end"]);
    expect(rig.exchanges.owesClient).toBe(false);
  });

  it("that speaks no proper HTTP/2 breaks its streams, and is left", () => {
    const rig = new Http2Rig();
    const { got } = rig.ask();
    rig.exchanges.fromServer(new Uint8Array(9).fill(255));
    rig.pump();
    expect(got.end).toBe(reset);
    expect(rig.hasEndedServer).toBe(true);
  });
});
