/** Headers that change on a response that passes: the bytes of its head, and of everything else. */
import type { Fault } from "@faultwire/fault-engine";
import { expect } from "vitest";
import type { Said } from "../fault-rig.ts";
import { post, sampleEvents, sampleFaults } from "../sample-faults.ts";
import { dechunk, exchangeWith, expectEnd, type FaultCase, openWays } from "./fault-case.ts";

/** A head whose lines are written in ways that no encoder of ours has. */
const lines = {
  first: "HTTP/1.1 200 Fine\r\n",
  date: "DATE:Sun, 06 Nov 1994 08:49:37 GMT\r\n",
  type: "Content-Type: application/json\r\n",
  language: "Content-Language:  de\r\n",
  coding: "content-encoding:\tgzip  \r\n",
  length: "Content-LENGTH:   4\r\n",
};
const body = "\x1f\x8b\x08\x00";
const odd: string = `${Object.values(lines).join("")}\r\n${body}`;
const changes: Fault = sampleFaults["http.headers"];
const fixed = (ms: number) => ({ kind: "fixed", ms }) as const;
const removing = (...remove: string[]): Fault => ({ kind: "http.headers", add: [], replace: [], remove });

export const headerCases: readonly FaultCase[] = [
  {
    kind: "http.headers",
    does: "change where they stand and behind the others; all other lines, and a compressed body, are the upstream's bytes",
    ways: openWays,
    async run(on) {
      const { rig, text } = await exchangeWith(on, changes, () => [odd]);
      const { first, date, coding, length } = lines;
      expect(text).toBe(
        `${first + date}Content-Type: text/x-strange\r\n${coding}${length}X-Added: 1\r\n\r\n${body}`,
      );
      // Nothing reads the body, so the upstream may compress it.
      expect(rig.upstreamText.endsWith(post)).toBe(true);
      expect(rig.told("done")).toMatchObject([{ fault: "http.headers" }]);
      expect(rig.told("done")[0]).not.toHaveProperty("instead");
      expect(rig.told("end")).toMatchObject([{ how: "complete" }]);
      expect(rig.hasEnded).toBe(false);
    },
  },
  {
    kind: "http.headers",
    does: "are those that are told: a retry-after of a 200, and no request id where that is gone",
    ways: openWays,
    async run(on) {
      const fault: Fault = {
        kind: "http.headers",
        add: [],
        replace: [["retry-after", "7"]],
        remove: ["request-id"],
      };
      const { rig, text } = await exchangeWith(on, fault, () => [
        "HTTP/1.1 200 OK\r\nrequest-id: req_1\r\nContent-Length: 2\r\n\r\nok",
      ]);
      expect(text).toBe("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nretry-after: 7\r\n\r\nok");
      const [told] = rig.told("response");
      expect(told).toMatchObject({ status: 200, injected: false, retryAfterMs: 7000 });
      expect(told).not.toHaveProperty("requestId");
    },
  },
  {
    kind: "http.headers",
    does: "that are to go and that no response has are told",
    ways: openWays,
    async run(on) {
      const none = await exchangeWith(on, removing("x-none"), () => [odd]);
      expect(none.text).toBe(odd);
      expect(none.rig.told("undone")).toMatchObject([
        { fault: "http.headers", reason: "the response has no x-none to be removed" },
      ]);
      const some = await exchangeWith(on, removing("date", "x-none"), () => [odd]);
      expect(some.text).toBe(odd.replace(lines.date, ""));
      expect(some.rig.told("done")).toMatchObject([
        { instead: "as asked for, but without removing x-none, which the response has not" },
      ]);
    },
  },
  {
    kind: "http.headers",
    does: "change on a response to HEAD and on one that has no body, too",
    ways: openWays,
    async run(on) {
      const request = "HEAD /v1/x HTTP/1.1\r\nHost: api.test\r\n\r\n";
      const head = "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n";
      const { text } = await exchangeWith(on, changes, () => [head], 100, { request });
      expect(text).toBe(
        "HTTP/1.1 200 OK\r\nContent-Length: 50\r\ncontent-type: text/x-strange\r\nX-Added: 1\r\n\r\n",
      );
      const empty = await exchangeWith(on, changes, () => ["HTTP/1.1 204 No Content\r\n\r\n"]);
      expect(empty.text).toBe(
        "HTTP/1.1 204 No Content\r\ncontent-type: text/x-strange\r\nX-Added: 1\r\n\r\n",
      );
      expect(empty.rig.told("done").length).toBe(1);
    },
  },
  {
    kind: "http.headers",
    does: "change on a stream that is then cut, whose events are read by the type that the upstream gave it",
    ways: openWays,
    async run(on) {
      const [start = "", block = "", ping = "", delta = ""] = sampleEvents;
      const whole = sampleEvents.join("");
      const said = (): readonly Said[] => [
        `HTTP/1.1 200 OK\r\nX-Mine:  1\r\ncontent-type:text/event-stream\r\nContent-Length: ${whole.length}\r\n\r\n${whole}`,
      ];
      const cut = sampleFaults["stream.cut"];
      const { rig, text } = await exchangeWith(on, { ...cut, stop: "clean" } as Fault, said, 300, {
        also: [changes],
      });
      expect(text.split("\r\n\r\n")[0]).toBe(
        "HTTP/1.1 200 OK\r\nX-Mine:  1\r\ncontent-type: text/x-strange\r\nX-Added: 1\r\ntransfer-encoding: chunked",
      );
      expect(dechunk(text)).toEqual({ body: start + block + ping + delta, isWhole: true });
      expect(rig.told("done")).toMatchObject([
        { fault: "stream.cut", instead: expect.stringContaining("without removing content-language") },
      ]);
    },
  },
  {
    kind: "http.headers",
    does: "come as late as their head does",
    ways: openWays,
    async run(on) {
      const late: Fault = { kind: "http.delay", beforeHead: fixed(300), beforeBody: null, perChunk: null };
      const { rig, arrivals, text } = await exchangeWith(on, late, () => [odd], 600, { also: [changes] });
      expect(arrivals[0]?.atMs).toBeGreaterThanOrEqual(300);
      expect(text).toContain("Content-Type: text/x-strange\r\n");
      expect(rig.told("done").map(({ fault }) => fault)).toEqual(["http.delay"]);
    },
  },
  {
    kind: "http.headers",
    does: "lie over those of a budget, on what it lets pass and on its refusals",
    ways: openWays,
    async run(on) {
      const remaining = "anthropic-ratelimit-requests-remaining";
      const fault: Fault = {
        kind: "http.headers",
        add: [],
        replace: [[remaining, "0"]],
        remove: ["retry-after"],
      };
      const limit = sampleFaults["http.rate-limit"];
      const answer = (): readonly Said[] => ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"];
      const { rig, text } = await exchangeWith(on, limit, answer, 300, {
        requests: [limit, limit],
        request: post.repeat(2),
        also: [fault],
        isOneRule: true,
      });
      const [passed = "", refused = ""] = text.split(/(?=HTTP\/1\.1 429)/);
      expect(passed.match(/-requests-remaining: .*/g)).toEqual(["-requests-remaining: 0"]);
      expect(passed).toContain("anthropic-ratelimit-requests-limit: 1\r\n");
      expect(refused.match(/-requests-remaining: .*/g)).toEqual(["-requests-remaining: 0"]);
      expect(refused).not.toContain("retry-after");
      expect(refused).toContain("x-faultwire: ");
      expect(rig.told("done").map(({ fault: kind }) => kind)).toEqual(["http.headers", "http.rate-limit"]);
      expect(rig.told("response")).toMatchObject([{ status: 200 }, { status: 429, retryAfterMs: null }]);
    },
  },
  {
    kind: "http.headers",
    does: "of a response that breaks off are done all the same",
    ways: openWays,
    async run(on) {
      const { rig, text } = await exchangeWith(on, changes, () => [odd.slice(0, -2), null], 300);
      expect(text).toContain("Content-Type: text/x-strange\r\n");
      expectEnd(rig, "fin");
      // A plugin hears nothing of an end in clear. What was done is told when its tunnel is over.
      const hearsEnds = rig.carrier.isExact || on.way !== "plain";
      expect(rig.told("done")).toMatchObject(hearsEnds ? [{ fault: "http.headers" }] : []);
    },
  },
];
