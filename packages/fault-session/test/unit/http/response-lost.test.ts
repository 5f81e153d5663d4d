/** A response that a fault changes, and of which the rest can't be read, or never comes: what the client gets, and what is told. */
import type { Fault } from "@faultwire/fault-engine";
import { describe, expect, it } from "vitest";
import { exchangesRig } from "../../support/exchanges-rig.ts";
import { errorFault } from "../../support/scripted-policy.ts";

const get = "GET / HTTP/1.1\r\nHost: api.test\r\n\r\n";
const plain = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const streamed = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
const event = (at: number): string => `data: {"event":${at}}\n\n`;
/** No chunk. */
const broken = "zz\r\n";
const unreadable = "the response can't be read";

const slow: Fault = {
  kind: "http.delay",
  beforeHead: null,
  beforeBody: { kind: "fixed", ms: 50 },
  perChunk: null,
};
const late: Fault = { ...slow, beforeHead: { kind: "fixed", ms: 50 }, beforeBody: null };
const truncate: Fault = { kind: "http.truncate", after: { kind: "bytes", bytes: 100 } };
const cut = (events: number, stop: "clean" | "fin"): Fault => ({
  kind: "stream.cut",
  at: { kind: "events", events },
  stop,
});
const stall: Fault = {
  kind: "stream.stall",
  at: { kind: "events", events: 1 },
  forMs: null,
  pingEveryMs: null,
};

/** A client that has asked, and the beginning of its answer. */
function asked(fault: Fault, answer: string, more: readonly (Fault | null)[] = []) {
  const rig = exchangesRig([fault, ...more]);
  rig.says("client", get.repeat(1 + more.length));
  rig.says("server", answer);
  const outcomes = () => [
    ...rig.told("done").map(() => "done"),
    ...rig.told("undone").map((one) => one.reason),
  ];
  const ends = () => rig.told("end").map(({ how }) => how);
  return { ...rig, outcomes, told: { ends, outcomes, responses: () => rig.told("response").length } };
}

describe("of which the rest can't be read", () => {
  it("goes out at once with what was held of it, and what follows passes as it comes", () => {
    const { says, got, told, exchanges, ends, unread } = asked(slow, plain + chunk("held"));
    expect([got.client, exchanges.heldBytes("server")]).toEqual([plain, 4]);
    says("server", broken);
    expect(got.client).toBe(plain + chunk("held") + broken);
    expect([exchanges.isOpaque, exchanges.heldBytes("server"), exchanges.wakeAtMs]).toEqual([
      true,
      0,
      undefined,
    ]);
    says("server", "more");
    says("client", "and this");
    expect([got.client.endsWith(`${broken}more`), got.server]).toEqual([true, `${get}and this`]);
    expect([told.outcomes(), told.ends(), ends]).toEqual([["done"], ["cut"], []]);
    expect(unread()).toHaveLength(1);
  });

  it("is told with its head where that goes out only now", () => {
    const { says, got, told } = asked(late, plain + chunk("held"));
    expect([got.client, told.responses()]).toEqual(["", 0]);
    says("server", broken);
    expect(got.client).toBe(plain + chunk("held") + broken);
    expect([told.responses(), told.ends()]).toEqual([1, ["cut"]]);
  });

  it("says why its fault was not done whose point had not come", () => {
    const { says, told, exchanges } = asked(truncate, plain + chunk("1234"));
    says("server", broken);
    expect([told.outcomes(), told.ends(), exchanges.isOpaque]).toEqual([[unreadable], ["cut"], true]);
  });

  it("is reset where an answer of ours waits behind it: the client would take the rest for that", () => {
    const { says, got, told, ends } = asked(truncate, plain + chunk("1234"), [
      errorFault("anthropic/overloaded_error"),
    ]);
    says("server", broken);
    expect([got.client, ends]).toEqual([plain + chunk("1234"), ["reset"]]);
    expect([told.outcomes().sort(), told.ends().sort()]).toEqual([
      ["the connection ended first", unreadable],
      ["abandoned", "cut"],
    ]);
  });

  it("ends in order where the client has had its end already", () => {
    const { says, got, told, ends, gone } = asked(
      cut(2, "clean"),
      streamed + chunk(event(0) + event(1) + event(2)),
    );
    const whole = `${streamed}${chunk(event(0))}${chunk(event(1))}0\r\n\r\n`;
    expect([got.client, ends]).toEqual([whole, []]);
    says("server", broken);
    expect([got.client, ends, told.ends()]).toEqual([whole, ["fin"], []]);
    gone();
    expect([told.outcomes(), told.ends()]).toEqual([["done"], ["cut"]]);
  });

  it("stays silent where it stalls for ever, and its connection stays", () => {
    const { says, got, told, ends, gone, exchanges } = asked(stall, streamed + chunk(event(0) + event(1)));
    says("server", broken);
    gone();
    expect([got.client, ends, exchanges.isOpaque]).toEqual([streamed + chunk(event(0)), [], false]);
    expect(told.outcomes()).toEqual(["done"]);
  });
});

describe("that breaks off", () => {
  it.each(["fin", "reset"] as const)("by a %s comes as far as it came, in its time, and ends so", (how) => {
    const { exchanges, clock, got, told, ends, gone } = asked(late, plain + chunk("part"));
    exchanges.serverEnded(how);
    expect([got.client, ends]).toEqual(["", []]);
    clock.nowMs = 50;
    exchanges.wake();
    expect([got.client, ends]).toEqual([plain + chunk("part"), [how]]);
    gone();
    expect([told.outcomes(), told.ends()]).toEqual([["done"], ["cut"]]);
  });
});
