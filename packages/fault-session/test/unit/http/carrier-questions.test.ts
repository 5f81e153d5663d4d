/** What a carrier can ask of the exchanges of a connection, and what becomes of bytes that nobody can read. */
import type { Fault } from "@faultwire/fault-engine";
import { describe, expect, it } from "vitest";
import { httpExchangeLimits } from "../../../src/index.ts";
import { exchangesRig, headOf } from "../../support/exchanges-rig.ts";
import { sampleFaults } from "../../support/sample-faults.ts";
import { errorFault } from "../../support/scripted-policy.ts";

const get = (path = "/", ...headers: string[]): string =>
  [`GET ${path} HTTP/1.1`, "Host: api.test", ...headers, "", ""].join("\r\n");
const postOf = (body: string, ...headers: string[]): string =>
  ["POST / HTTP/1.1", "Host: api.test", ...headers, `Content-Length: ${body.length}`, "", body].join("\r\n");
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const junk = "\u0001 no HTTP at all\r\n\r\n";
const error = errorFault("anthropic/overloaded_error");
const stall: Fault = {
  kind: "connection.stall",
  at: { kind: "moment", moment: "response-head" },
  forMs: null,
};
const late: Fault = {
  kind: "http.delay",
  beforeHead: { kind: "fixed", ms: 50 },
  beforeBody: null,
  perChunk: null,
};

describe("whether anything was changed", () => {
  it.each([
    ["nothing happens", null, false],
    ["a request is answered", error, true],
    ["a request has to wait", sampleFaults["connection.stall"], true],
    ["a response is changed", late, true],
    ["a fault can't be done", sampleFaults["tls.alert"], false],
  ] as const)("where %s", (_, fault, expected) => {
    const { exchanges, says } = exchangesRig([fault]);
    says("client", get());
    expect(exchanges.hasChanged).toBe(expected);
  });

  it("by a question of the carrier's own, and by an upstream that can't be reached", () => {
    const asked = exchangesRig();
    asked.exchanges.insert(headOf(get()));
    expect(asked.exchanges.hasChanged).toBe(true);
    const lost = exchangesRig();
    lost.says("client", get());
    lost.exchanges.unreachable("gone");
    expect(lost.exchanges.hasChanged).toBe(true);
  });
});

describe("how the client's connection will end", () => {
  const stop = (kind: "fin" | "reset"): Fault => ({
    kind: "stream.cut",
    at: { kind: "events", events: 9 },
    stop: kind,
  });
  const moment = { kind: "moment", moment: "response-head" } as const;
  it.each([
    [null, undefined],
    [late, undefined],
    [error, undefined],
    [{ kind: "connection.close", at: moment } as const, "fin"],
    [{ kind: "connection.reset", at: moment } as const, "reset"],
    [{ kind: "http.truncate", after: { kind: "bytes", bytes: 1 } } as const, "fin"],
    [stop("fin"), "fin"],
    [stop("reset"), "reset"],
  ])("with a response by %j", (fault, how) => {
    const { exchanges, says } = exchangesRig([fault]);
    expect(exchanges.dueEnd).toBeUndefined();
    says("client", get());
    expect(exchanges.dueEnd).toBe(how);
  });

  it("with an answer of ours that waits for its turn", () => {
    const { exchanges, says, ends } = exchangesRig([null, { kind: "http.empty" }]);
    says("client", get() + get());
    expect(exchanges.isEndDue).toBe(false);
    says("server", ok);
    expect(ends).toEqual(["fin"]);
    const waiting = exchangesRig([{ ...sampleFaults["http.error"], delay: late } as Fault]);
    waiting.says("client", get("/", "Connection: close"));
    expect(waiting.exchanges.isEndDue).toBe(true);
  });
});

describe("whether the client is still to get something", () => {
  it("of an answer that waits, of a response that comes late, and not of one that is over", () => {
    const { exchanges, says, clock, got } = exchangesRig([late]);
    expect([exchanges.owesClient, exchanges.isSending, exchanges.isStalled]).toEqual([false, false, false]);
    says("client", get());
    expect([exchanges.owesClient, exchanges.upstreamOwes]).toEqual([false, true]);
    says("server", ok);
    expect([exchanges.owesClient, exchanges.isSending, exchanges.upstreamOwes]).toEqual([true, true, false]);
    expect([exchanges.wakeAtMs, exchanges.dueAtMs, exchanges.heldBytes("server")]).toEqual([
      50,
      50,
      ok.length,
    ]);
    expect(exchanges.changed).not.toBeNull();
    clock.nowMs = 50;
    exchanges.wake();
    expect(got.client).toBe(ok);
    expect([exchanges.owesClient, exchanges.isSending, exchanges.wakeAtMs, exchanges.changed]).toEqual([
      false,
      false,
      undefined,
      null,
    ]);
  });

  it("of an answer to a request that is not whole yet, while the client may still say the rest", () => {
    const { exchanges, says } = exchangesRig([error]);
    says("client", postOf("body").slice(0, -1));
    expect(exchanges.owesClient).toBe(true);
    exchanges.clientEnded();
    expect(exchanges.owesClient).toBe(false);
  });

  it("of a response that stalls for ever", () => {
    const { exchanges, says, got } = exchangesRig([stall]);
    says("client", get());
    says("server", ok);
    expect([exchanges.isStalled, exchanges.isSending, exchanges.owesClient, exchanges.wakeAtMs]).toEqual([
      true,
      true,
      true,
      undefined,
    ]);
    expect(got.client).toBe("");
    exchanges.finish();
    expect(exchanges.isStalled).toBe(false);
  });

  it("with all that comes behind a late response kept in order, up to a limit", () => {
    const { exchanges, says, clock, got, ends, told } = exchangesRig([late]);
    says("client", get() + get("/2"));
    says("server", ok + ok.replace("ok", "no"));
    expect([got.client, exchanges.upstreamOwes, exchanges.heldBytes("server")]).toEqual([
      "",
      false,
      2 * ok.length,
    ]);
    clock.nowMs = 50;
    exchanges.wake();
    expect(got.client).toBe(ok + ok.replace("ok", "no"));
    expect(ends).toEqual([]);
    const many = exchangesRig([late]);
    many.says("client", get() + get("/2"));
    const rest = httpExchangeLimits.maxDeferredBytes;
    const head = `HTTP/1.1 200 OK\r\nContent-Length: ${2 * rest}\r\n\r\n`;
    many.says("server", ok + head);
    many.says("server", "x".repeat(rest - head.length));
    expect(many.ends).toEqual([]);
    many.says("server", "x");
    expect(many.ends).toEqual(["reset"]);
    expect(many.told("end").map(({ how }) => how)).toEqual(["abandoned", "abandoned"]);
    expect(told("end")).toHaveLength(1);
  });
});

describe("a question of the carrier's own", () => {
  const question = headOf("HEAD / HTTP/1.1\r\nHost: api.test\r\n\r\n");

  it("fits only between two requests, on a connection that is read and has not ended", () => {
    const { exchanges, says } = exchangesRig();
    expect(exchanges.canInsert).toBe(true);
    says("client", postOf("body").slice(0, -1));
    expect(exchanges.canInsert).toBe(false);
    says("client", "y");
    expect(exchanges.canInsert).toBe(true);
    exchanges.serverEnded("fin");
    expect(exchanges.canInsert).toBe(false);
    const opaque = exchangesRig();
    opaque.says("client", junk);
    expect([opaque.exchanges.isOpaque, opaque.exchanges.canInsert]).toEqual([true, false]);
  });

  it("has what the client says wait behind it, and its answer goes nowhere", () => {
    const { exchanges, says, got } = exchangesRig();
    exchanges.insert(question);
    expect([exchanges.isBehindQuestion, exchanges.upstreamOwes]).toEqual([false, true]);
    says("client", get("/1"));
    expect([exchanges.isBehindQuestion, got.server]).toEqual([
      true,
      new TextDecoder().decode(question.bytes),
    ]);
    says("server", "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
    expect([exchanges.isBehindQuestion, got.server.endsWith(get("/1")), got.client]).toEqual([
      false,
      true,
      "",
    ]);
    says("server", ok);
    expect(got.client).toBe(ok);
  });

  it("has what waits dropped where it can't be sent later, and the connection ends behind the answer", () => {
    const { exchanges, says, got, ends } = exchangesRig();
    exchanges.insert(question);
    says("client", get("/1"));
    exchanges.dropBehindQuestion();
    expect([exchanges.isBehindQuestion, ends]).toEqual([false, []]);
    says("server", "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
    expect([got.server.includes("GET /1"), ends, exchanges.isOver]).toEqual([false, ["fin"], true]);
    const idle = exchangesRig();
    idle.exchanges.dropBehindQuestion();
    expect(idle.ends).toEqual(["fin"]);
  });

  it("may be an empty line, which a server skips", () => {
    const { exchanges, got } = exchangesRig();
    exchanges.insertEmptyLine();
    expect([got.server, exchanges.hasChanged]).toEqual(["\r\n", false]);
  });
});

describe("bytes that can't be read", () => {
  it("pass, and all that follows, where nothing of ours is under way", () => {
    const { exchanges, says, got, unread, ends } = exchangesRig();
    says("client", get());
    says("client", junk);
    expect([exchanges.isOpaque, got.server, unread()]).toEqual([
      true,
      get() + junk,
      ["bad-request-line by the client"],
    ]);
    says("server", "whatever");
    says("client", "more");
    expect([got.client, got.server.endsWith("more"), ends]).toEqual(["whatever", true, []]);
  });

  it.each(["client", "server"] as const)(
    "by the %s end the connection where an answer of ours waits",
    (from) => {
      const { says, got, ends, told } = exchangesRig([null, error]);
      says("client", get() + get("/2"));
      says(from, junk);
      expect(ends).toEqual(["fin"]);
      expect([got.server, got.client]).toEqual([get(), ""]);
      expect(told("end").map(({ how }) => how)).toEqual(["abandoned", "abandoned"]);
    },
  );

  it("by the upstream pass, and cut the exchange that they belonged to", () => {
    const { exchanges, says, got, told, unread } = exchangesRig();
    says("client", get());
    says("server", junk);
    says("server", "more");
    expect([exchanges.isOpaque, got.client]).toEqual([true, `${junk}more`]);
    // What follows a failure to read is no other one.
    expect(unread()).toEqual(["bad-status-line by the server"]);
    expect(told("end").map(({ how }) => how)).toEqual(["cut"]);
  });

  it("by the upstream say of a fault why it was not done", () => {
    const { says, got, told } = exchangesRig([late]);
    says("client", get());
    says("server", junk);
    expect(told("undone").map(({ reason }) => reason)).toEqual(["the response can't be read"]);
    expect(got.client).toBe(junk);
  });

  it("that begin what a rule waits for go on before them", () => {
    const { says, got } = exchangesRig([], { needsBody: true });
    const begun = "POST / HTTP/1.1\r\nHost: api.test\r\nTransfer-Encoding: chunked\r\n\r\n";
    says("client", begun);
    expect(got.server).toBe("");
    says("client", "zz\r\n");
    expect(got.server).toBe(`${begun}zz\r\n`);
  });

  it("that an upgrade leads to are none, and a fault of its response says that it was not done", () => {
    const upgrade = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n";
    for (const [fault, expected] of [
      [late, ["the connection was upgraded"]],
      [null, []],
    ] as const) {
      const { exchanges, says, got, unread, told } = exchangesRig([fault]);
      says("client", get("/", "Upgrade: x", "Connection: upgrade"));
      says("server", `${upgrade}then`);
      says("client", "else");
      expect([exchanges.isOpaque, got.client, got.server.endsWith("else")]).toEqual([
        true,
        `${upgrade}then`,
        true,
      ]);
      expect(unread()).toEqual(["upgraded by the server"]);
      expect(told("undone").map(({ reason }) => reason)).toEqual(expected);
      expect(told("response")).toMatchObject([{ status: 101, injected: false }]);
      expect(told("end")).toMatchObject([{ how: "complete" }]);
    }
  });
});

describe("a client that says no more", () => {
  it("has what is there of its request go on as it is, also where a rule waited for the rest", () => {
    for (const needsBody of [false, true]) {
      const { exchanges, says, got } = exchangesRig([], { needsBody });
      says("client", postOf("body").slice(0, -1));
      exchanges.clientEnded();
      expect(got.server).toBe(postOf("body").slice(0, -1));
    }
    const { exchanges, says, got } = exchangesRig();
    says("client", "GET / HT");
    exchanges.clientEnded();
    expect(got.server).toBe("GET / HT");
  });

  it("has nothing of a request go on that is answered here", () => {
    const { exchanges, says, got } = exchangesRig([error]);
    says("client", postOf("body").slice(0, -1));
    exchanges.clientEnded();
    expect([got.server, got.client]).toEqual(["", ""]);
  });

  it("or whose connection is over, has what it still says go nowhere, or pass unread", () => {
    const left = exchangesRig([error]);
    left.says("client", postOf("body").slice(0, -1));
    left.exchanges.leave();
    expect(left.exchanges.isOver).toBe(true);
    const idle = exchangesRig();
    idle.exchanges.leave();
    idle.says("client", "anything");
    expect([idle.exchanges.isOpaque, idle.got.server]).toEqual([true, "anything"]);
    const over = exchangesRig([{ kind: "http.empty" }]);
    over.says("client", get());
    expect([over.exchanges.isOver, over.ends]).toEqual([true, ["fin"]]);
    over.says("client", get("/2"));
    over.says("server", ok);
    over.exchanges.unreachable("gone");
    over.exchanges.serverEnded("fin");
    over.exchanges.clientEnded();
    over.exchanges.wake();
    expect([over.got, over.ends]).toEqual([{ client: "", server: "" }, ["fin"]]);
  });
});

describe("an upstream that ends", () => {
  const begun = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nha";
  const untilEnd = "HTTP/1.1 200 OK\r\n\r\nall";
  it.each([
    [begun, "fin", "cut"],
    [begun, "reset", "cut"],
    [untilEnd, "fin", "complete"],
    [untilEnd, "reset", "cut"],
  ] as const)("behind %j by a %s leaves the exchange %s", (said, how, end) => {
    const { exchanges, says, got, told } = exchangesRig();
    says("client", get());
    says("server", said);
    expect(told("end")).toEqual([]);
    exchanges.serverEnded(how);
    expect([got.client, exchanges.upstreamOwes]).toEqual([said, false]);
    expect(told("end").map((one) => one.how)).toEqual([end]);
  });
});

it("a request whose response is to be changed asks for one that can be read; any other goes as it came", () => {
  const asked = (fault: Fault | null): string => {
    const { says, got } = exchangesRig([fault]);
    says("client", get("/", "Accept-Encoding: gzip, br", "accept: x"));
    return got.server;
  };
  expect(asked(null)).toBe(get("/", "Accept-Encoding: gzip, br", "accept: x"));
  expect(asked(late)).toBe(get("/", "Accept-Encoding: identity", "accept: x"));
});

describe("a request that has to wait", () => {
  it("holds what goes to the upstream for so long, and that is done at once", () => {
    const { says, holds, told } = exchangesRig([sampleFaults["connection.stall"]]);
    says("client", get());
    expect([holds, told("done").length]).toEqual([[["server", 300]], 1]);
  });

  it("for 100 Continue has its answer before its body, and says at once that it was sent", () => {
    const sent: string[] = [];
    const waits: string[] = [];
    const hooks = {
      requestSent: ({ target }: { target: string }) => void sent.push(target),
      endWaits: ({ target }: { target: string }) => void waits.push(target),
    };
    const { says, got } = exchangesRig([error], { hooks });
    says("client", postOf("body", "Expect: 100-Continue").slice(0, -4));
    expect(got.client).toMatch(/^HTTP\/1\.1 529 /);
    expect(got.client).toMatch(/connection: close/i);
    expect([sent, waits]).toEqual([[], []]);
    const plain = exchangesRig([null, { kind: "http.empty" }], { hooks });
    plain.says("client", get("/1") + get("/2"));
    expect([sent, waits]).toEqual([["/1"], ["/2"]]);
  });

  it("is decided without its body where that is too large, and says so", () => {
    const { says, got, unread } = exchangesRig([], { needsBody: true });
    const large = postOf("x".repeat(1001));
    says("client", large);
    expect([got.server, unread()]).toEqual([large, ["body-too-large by the client"]]);
    const fits = exchangesRig([], { needsBody: true });
    fits.says("client", postOf("x".repeat(1000)));
    expect(fits.unread()).toEqual([]);
    const chunked = exchangesRig([], { needsBody: true });
    chunked.says("client", "POST / HTTP/1.1\r\nHost: api.test\r\nTransfer-Encoding: chunked\r\n\r\n");
    chunked.says("client", `400\r\n${"x".repeat(1024)}`);
    expect(chunked.unread()).toEqual(["body-too-large by the client"]);
    const awaits = exchangesRig([], { needsBody: true });
    awaits.says("client", postOf("body", "Expect: 100-continue").slice(0, -4));
    expect(awaits.unread()).toEqual(["awaits-continue by the client"]);
  });

  it("for another host than the connection's is passed, and told where that is no target", () => {
    const { says, got, unread, told } = exchangesRig([error]);
    says("client", get().replace("api.test", "other.test"));
    expect([unread(), got.client, told("request").length]).toEqual([["other-host by the client"], "", 1]);
    expect(got.server).toContain("other.test");
  });
});

it("the last request's head is kept where its carrier wants it", () => {
  const kept = exchangesRig();
  kept.says("client", get("/1") + get("/2"));
  expect(kept.exchanges.lastHead?.target).toBe("/2");
  expect(kept.exchanges.host).toBe("api.test");
  const not = exchangesRig([], { keepsLastHead: false });
  expect(not.exchanges.host).toBe("");
  not.says("client", get("/1"));
  expect(not.exchanges.lastHead).toBeNull();
});
