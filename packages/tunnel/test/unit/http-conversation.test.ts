import { concatBytes, splitsOf } from "@faultwire/testkit/chunkers";
import { describe, expect, it } from "vitest";
import { Conversation } from "../../src/conversation.ts";
import type { Side, TunnelEventBody } from "../../src/events.ts";
import type { TunnelPolicy } from "../../src/policy.ts";
import type { Verdict } from "../../src/verdict.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const post = "POST /v1/messages HTTP/1.1\r\nHost: api.test:8080\r\nContent-Length: 5\r\n\r\nhello";
const get = "GET /v1/models HTTP/1.1\r\nHost: api.test\r\n\r\n";
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const asked = "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n";
const injected = "HTTP/1.1 529 Overloaded\r\nretry-after: 1\r\ncontent-length: 4\r\n\r\nbusy";

/** Fails the requests whose number (from 0) is listed. */
function policy(...failing: readonly number[]): TunnelPolicy {
  let number = 0;
  return {
    isTarget: (host) => host === "api.test",
    connection: () => undefined,
    request: () =>
      failing.includes(number++)
        ? { kind: "respond", status: 529, headers: [["retry-after", "1"]], body: ascii("busy") }
        : undefined,
  };
}

function conversation(
  sides: readonly Side[],
  rules: TunnelPolicy,
): { it: Conversation; events: TunnelEventBody[] } {
  const events: TunnelEventBody[] = [];
  return {
    it: new Conversation(
      sides,
      rules,
      { userAgent: "faultwire/test" },
      () => 0,
      (event) => events.push(event),
    ),
    events,
  };
}

const both: readonly Side[] = ["client", "server"];
/** What goes on of a chunk that is sent as text. */
function onward(verdict: Verdict, sent: string): string {
  return verdict.kind === "pass"
    ? sent
    : verdict.kind === "bytes"
      ? text(verdict.bytes)
      : `close: ${verdict.reason}`;
}

describe("plain HTTP in a tunnel that is registered on both sides", () => {
  it("answers a failing request itself and asks the upstream for nothing but HEAD /", () => {
    const { it: talk, events } = conversation(both, policy(0));
    const up = onward(talk.see("client", "read", ascii(post)), post);
    expect(up).toBe(
      "HEAD / HTTP/1.1\r\nHost: api.test:8080\r\nUser-Agent: faultwire/test\r\nAccept: */*\r\n\r\n",
    );
    expect(onward(talk.see("server", "read", ascii(asked)), asked)).toBe(injected);
    expect(talk.closing).toBeUndefined();
    expect(events.map(({ type }) => type)).toEqual(["connection", "fault", "fault"]);
    expect(events[2]).toEqual({
      type: "fault",
      fault: "respond",
      host: "api.test",
      status: 529,
      method: "POST",
      stage: "done",
    });
  });

  it("keeps the connection: the next request goes through, the one after fails again", () => {
    const { it: talk } = conversation(both, policy(0, 2));
    talk.see("client", "read", ascii(post));
    talk.see("server", "read", ascii(asked));
    expect(onward(talk.see("client", "read", ascii(get)), get)).toBe(get);
    expect(onward(talk.see("server", "read", ascii(ok)), ok)).toBe(ok);
    expect(onward(talk.see("client", "read", ascii(post)), post)).toMatch(/^HEAD \/ /);
    expect(onward(talk.see("server", "read", ascii(asked)), asked)).toBe(injected);
  });

  it("puts each injected answer in its turn when requests are pipelined", () => {
    const { it: talk } = conversation(both, policy(1));
    const up = onward(talk.see("client", "read", ascii(get + post + get)), "");
    expect(up.match(/^(GET|HEAD|POST) /gm)).toEqual(["GET ", "HEAD ", "GET "]);
    expect(up).not.toContain("hello");
    expect(onward(talk.see("server", "read", ascii(ok + asked + ok)), "")).toBe(ok + injected + ok);
  });

  it("does the same over any chunking of either direction", () => {
    for (const [first, second] of splitsOf(ascii(get + post + get))) {
      if (first.length === 0) continue;
      const { it: talk, events } = conversation(both, policy(1));
      const up = [first, second]
        .filter((chunk) => chunk.length > 0)
        .map((chunk) => onward(talk.see("client", "read", chunk), text(chunk)));
      expect(up.join("")).toContain("HEAD / HTTP/1.1");
      expect(up.join("")).not.toContain("hello");
      expect(events.at(-1)).toMatchObject({ type: "fault", stage: "decided" });
    }
    for (const [first, second] of splitsOf(ascii(ok + asked + ok))) {
      const { it: talk } = conversation(both, policy(1));
      talk.see("client", "read", ascii(get + post + get));
      const down = [first, second]
        .filter((chunk) => chunk.length > 0)
        .map((chunk) => onward(talk.see("server", "read", chunk), text(chunk)));
      expect(down.join("")).toBe(ok + injected + ok);
    }
  });

  it("changes no byte when nothing fails, whatever the chunks", () => {
    for (const [first, second] of splitsOf(ascii(post + get))) {
      if (first.length === 0) continue;
      const { it: talk } = conversation(both, policy());
      const up = [first, second]
        .filter((chunk) => chunk.length > 0)
        .map((chunk) => onward(talk.see("client", "read", chunk), text(chunk)));
      expect(up.join("")).toBe(post + get);
    }
  });

  it("leaves other hosts alone from their first request on", () => {
    const { it: talk, events } = conversation(both, policy(0, 1, 2));
    const other = "GET / HTTP/1.1\r\nHost: other.test\r\n\r\nGET /unfini";
    expect(onward(talk.see("client", "read", ascii(other)), other)).toBe(other);
    expect(talk.see("client", "read", ascii(get))).toEqual({ kind: "pass" });
    expect(events).toEqual([
      {
        type: "connection",
        protocol: "http",
        host: "other.test",
        alpnProtocols: [],
        target: false,
        sides: both,
      },
    ]);
  });

  it("says so when the first bytes of a request had gone on before it could be read", () => {
    const { it: talk, events } = conversation(both, policy(0));
    const bytes = ascii(post);
    const up = [bytes.subarray(0, 2), bytes.subarray(2)].map((chunk) =>
      onward(talk.see("client", "read", chunk), text(chunk)),
    );
    expect(up.join("")).toBe(post);
    expect(events.at(-1)).toEqual({ type: "fault-skipped", fault: "respond", why: "head-has-gone" });
  });

  it("closes after an answer to a client that waits for 100, because its body may or may not follow", () => {
    const { it: talk } = conversation(both, policy(0));
    const waiting = post.replace("hello", "").replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n");
    expect(onward(talk.see("client", "read", ascii(waiting)), "")).toContain("Connection: close");
    const answer = onward(talk.see("server", "read", ascii(`HTTP/1.1 100 Continue\r\n\r\n${asked}`)), "");
    expect(answer).toBe(injected.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n"));
    expect(talk.see("client", "read", ascii("hello"))).toMatchObject({ kind: "close" });
    expect(talk.see("server", "read", ascii("more"))).toMatchObject({ kind: "close" });
  });

  it("goes on unread where requests can't be told apart any more", () => {
    const { it: talk } = conversation(both, policy(1));
    const smuggled = "POST / HTTP/1.1\r\nHost: api.test\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx";
    expect(onward(talk.see("client", "read", ascii(get)), get)).toBe(get);
    expect(onward(talk.see("client", "read", ascii(smuggled)), smuggled)).toBe(smuggled);
    expect(talk.see("client", "read", ascii(post))).toEqual({ kind: "pass" });
  });
});

describe("plain HTTP in a tunnel that is registered on one side", () => {
  it("exchanges the request in a write call and ends the connection after the answer", () => {
    const { it: talk } = conversation(["server"], policy(0));
    expect(onward(talk.see("client", "write", ascii(post)), post)).toMatch(
      /^HEAD \/ .*\r\nConnection: close\r\n\r\n$/s,
    );
    expect(onward(talk.see("server", "read", ascii(asked)), asked)).toContain("529 Overloaded");
    expect(talk.see("client", "write", ascii(get))).toMatchObject({ kind: "close" });
    expect(talk.see("server", "read", ascii("x"))).toMatchObject({ kind: "close" });
  });

  it("exchanges the upstream's first bytes in a write call, whole head or not", () => {
    const { it: talk } = conversation(["client"], policy(0));
    expect(onward(talk.see("client", "read", ascii(post)), post)).toMatch(/^HEAD \/ /);
    expect(onward(talk.see("server", "write", ascii("HTTP/1.1 4")), "")).toContain("529 Overloaded");
    expect(talk.see("server", "write", ascii("04 Not Found"))).toMatchObject({ kind: "close" });
  });

  it("can't answer a request whose head spans write calls, and says so", () => {
    const { it: talk, events } = conversation(["server"], policy(0));
    const bytes = ascii(post);
    expect(talk.see("client", "write", bytes.subarray(0, 30))).toEqual({ kind: "pass" });
    expect(talk.see("client", "write", bytes.subarray(30))).toEqual({ kind: "pass" });
    expect(events.at(-1)).toEqual({ type: "fault-skipped", fault: "respond", why: "head-has-gone" });
  });

  it("can't put an answer in its turn behind another response, and says so", () => {
    const { it: talk, events } = conversation(["server"], policy(1));
    const sent = ascii(get + post);
    expect(talk.see("client", "write", sent)).toEqual({ kind: "pass" });
    expect(events.at(-1)).toEqual({ type: "fault-skipped", fault: "respond", why: "needs-both-sides" });
    expect(concatBytes([sent])).toEqual(sent);
  });
});
