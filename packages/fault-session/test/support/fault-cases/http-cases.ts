/** Faults of requests and responses: the bytes that a client gets, when, and what becomes of its connection. */
import type { Fault, Malformation } from "@faultwire/fault-engine";
import { expect } from "vitest";
import type { FaultRig } from "../fault-rig.ts";
import {
  chunk,
  messageHead,
  post,
  readablePost,
  sampleFaults,
  sampleMessage,
  streamHead,
} from "../sample-faults.ts";
import { dechunk, exchangeWith, expectEnd, type FaultCase, openWays } from "./fault-case.ts";

const message = messageHead + sampleMessage;
const fixed = (ms: number) => ({ kind: "fixed", ms }) as const;

/** How each malformed answer ends, and what can be told of its bytes. */
const malformed: readonly (readonly [how: Malformation, looks: RegExp, ends: boolean])[] = [
  ["bad-status-line", /^HTTP\/1\.1 OK 200\r\n/, true],
  ["bad-chunk", /transfer-encoding: chunked\r\n.*\r\nnot-hex\r\n$/s, true],
  ["wrong-content-length", /^HTTP\/1\.1 200 OK\r\n/, true],
  ["short-content-length", /^HTTP\/1\.1 200 OK\r\n/, true],
  ["invalid-json", /application\/json/, false],
  ["wrong-content-type", /content-type: text\/html/, false],
  ["html", /<html|<!doctype/i, false],
];

const faultFree = (text: string): void => expect(text).toBe(message);

/** The upstream was asked nothing that costs; nothing at all where the carrier has no questions of its own. */
function expectUnasked(rig: FaultRig): void {
  if (rig.carrier.isExact) expect(rig.upstreamText).toBe("");
  else expect(rig.upstreamText).not.toContain("POST");
}

export const httpCases: readonly FaultCase[] = [
  {
    kind: "http.error",
    does: "answers with the provider's error; the upstream is asked nothing that costs; the connection stays",
    ways: openWays,
    async run(on) {
      const { rig, text } = await exchangeWith(on, sampleFaults["http.error"], () => [message]);
      expect(text).toMatch(/^HTTP\/1\.1 429 .*retry-after: 2\r\n.*x-faultwire: rule-0\r\n/s);
      const [head = "", body = ""] = text.split("\r\n\r\n");
      expect(head).toContain(`content-length: ${body.length}`);
      const { error, request_id } = JSON.parse(body);
      expect(error.type).toBe("rate_limit_error");
      expect(head).toContain(`request-id: ${request_id}`);
      expectUnasked(rig);
      const next = await rig.exchange(post);
      faultFree(next.map((arrival) => arrival.text).join(""));
      expect(rig.upstreamText.endsWith(post)).toBe(true);
      expect(rig.told("response")).toMatchObject([
        { status: 429, injected: true, retryAfterMs: 2000 },
        { status: 200, injected: false },
      ]);
      expect(rig.told("end").map(({ how }) => how)).toEqual(["complete", "complete"]);
      expect(rig.hasEnded).toBe(false);
    },
  },
  {
    kind: "http.error",
    does: "answers HEAD without a body, and closes behind a client that wants no more",
    ways: openWays,
    async run(on) {
      const more = { request: "HEAD /v1/x HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\n\r\n" };
      const { rig, text } = await exchangeWith(on, sampleFaults["http.error"], undefined, 100, more);
      expect(text).toMatch(/^HTTP\/1\.1 429 .*connection: close\r\n\r\n$/s);
      expectEnd(rig, "fin");
      expect(rig.hasCloseNotify).toBe(on.way === "decrypted");
    },
  },
  {
    kind: "http.error",
    does: "answers the second, fourth and fifth of pipelined requests in their turn",
    ways: openWays,
    async run(on) {
      const fault = sampleFaults["http.error"];
      const { rig } = await exchangeWith(on, fault, () => [message], 300, {
        requests: [null, fault, null, fault, fault, null],
        request: post.repeat(6),
      });
      const statuses = [...rig.received.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status);
      expect(statuses).toEqual(["200", "429", "200", "429", "429", "200"]);
      expect(rig.upstreamRequests.filter((request) => request === post).length).toBe(3);
    },
  },
  {
    kind: "http.error",
    does: "answers late where a delay stands beside it: the head, and the body behind it; the next in its turn",
    ways: openWays,
    async run(on) {
      const late: Fault = {
        ...sampleFaults["http.error"],
        delay: { beforeHead: fixed(300), beforeBody: fixed(200), perChunk: null },
      };
      const { rig, arrivals } = await exchangeWith(on, late, () => [message], 900, {
        requests: [late, null, late],
        request: post.repeat(2),
      });
      const [first] = arrivals;
      expect(first?.text).toMatch(/^HTTP\/1\.1 429 .*\r\n\r\n$/s);
      expect(first?.atMs).toBeGreaterThanOrEqual(300);
      expect(first?.atMs).toBeLessThan(400);
      const body = arrivals.find(({ text }) => text.includes("rate_limit_error"));
      expect(body?.atMs).toBeGreaterThanOrEqual(500);
      expect(rig.received.endsWith(message)).toBe(true);
      expect(rig.upstreamRequests.filter((request) => request === post).length).toBe(1);
      expect(rig.told("response").map(({ status, injected }) => [status, injected])).toEqual([
        [429, true],
        [200, false],
      ]);
      expect([rig.told("done").length, rig.told("undone").length, rig.hasEnded]).toEqual([1, 0, false]);
    },
  },
  {
    kind: "http.error",
    does: "answers a request late without a body, and closes behind it",
    ways: openWays,
    async run(on) {
      const late: Fault = {
        ...sampleFaults["http.error"],
        delay: { beforeHead: fixed(200), beforeBody: null, perChunk: fixed(50) },
      };
      const more = { request: "HEAD /v1/x HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\n\r\n" };
      const { rig, arrivals, text } = await exchangeWith(on, late, undefined, 600, more);
      expect(text).toMatch(/^HTTP\/1\.1 429 .*connection: close\r\n\r\n$/s);
      expect(arrivals[0]?.atMs).toBeGreaterThanOrEqual(200);
      expectEnd(rig, "fin");
      expect(rig.told("done").length).toBe(1);
    },
  },
  {
    kind: "http.error",
    does: "answers a request whose body is larger than what is held, without passing any of it on",
    ways: openWays,
    async run(on) {
      const body = "x".repeat(300_000);
      const request = `POST /v1/messages HTTP/1.1\r\nHost: api.test\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      const { rig, text } = await exchangeWith(on, sampleFaults["http.error"], undefined, 400, { request });
      expect(text).toMatch(/^HTTP\/1\.1 429 /);
      expect(rig.upstreamText).not.toContain("xxx");
      if (on.carrier.isExact) expectUnasked(rig);
    },
  },
  {
    kind: "http.empty",
    does: "ends the connection where the response should have begun",
    ways: openWays,
    async run(on) {
      const { rig, text } = await exchangeWith(on, sampleFaults["http.empty"], () => [message]);
      expect(text).toBe("");
      expectEnd(rig, "fin");
      expect(rig.hasCloseNotify).toBe(on.way === "decrypted");
      expectUnasked(rig);
      expect(rig.told("end")).toMatchObject([{ how: "failed" }]);
      expect(rig.told("response")).toEqual([]);
    },
  },
  {
    kind: "http.empty",
    does: "ends the connection late where a delay stands beside it, and not before",
    ways: openWays,
    async run(on) {
      const late: Fault = { kind: "http.empty", late: fixed(300) };
      const { rig, text } = await exchangeWith(on, late, () => [message], 250);
      expect([text, rig.hasEnded, rig.told("done").length]).toEqual(["", false, 0]);
      await rig.run(150);
      expect(rig.received).toBe("");
      expectEnd(rig, "fin");
      expectUnasked(rig);
      expect(rig.told("end")).toMatchObject([{ how: "failed" }]);
      expect([rig.told("done").length, rig.told("undone").length]).toEqual([1, 0]);
    },
  },
  {
    kind: "http.empty",
    does: "ends the connection late behind the responses of the requests before it",
    ways: openWays,
    async run(on) {
      const late: Fault = { kind: "http.empty", late: fixed(200) };
      const { rig } = await exchangeWith(on, late, () => [message], 150, {
        requests: [null, late, null],
        request: post.repeat(3),
      });
      expect([rig.received, rig.hasEnded]).toEqual([message, false]);
      await rig.run(200);
      expect(rig.received).toBe(message);
      expectEnd(rig, "fin");
    },
  },
  {
    kind: "http.malformed",
    does: "answers late where a delay stands beside it, and the next in its turn",
    ways: openWays,
    async run(on) {
      const late: Fault = { kind: "http.malformed", how: "invalid-json", late: fixed(300) };
      const { rig, arrivals } = await exchangeWith(on, late, () => [message], 700, {
        requests: [late, null],
        request: post.repeat(2),
      });
      const [first] = arrivals;
      expect(first?.text).toContain("x-faultwire: rule-0");
      expect(first?.atMs).toBeGreaterThanOrEqual(300);
      expect(first?.atMs).toBeLessThan(400);
      expect(rig.received.endsWith(message)).toBe(true);
      expect([rig.told("done").length, rig.told("undone").length, rig.hasEnded]).toEqual([1, 0, false]);
    },
  },
  ...malformed.map(
    ([how, looks, ends]): FaultCase => ({
      kind: "http.malformed",
      does: `answers with ${how}`,
      ways: openWays,
      async run(on) {
        const fault: Fault = { kind: "http.malformed", how };
        const { rig, text } = await exchangeWith(on, fault, () => [message]);
        expect(text).toMatch(looks);
        expect(text).toContain("x-faultwire: rule-0");
        if (ends) expectEnd(rig, "fin");
        else expect(rig.hasEnded).toBe(false);
        expect(rig.told("done").length).toBe(1);
        if (ends) return;
        faultFree((await rig.exchange(post)).map((arrival) => arrival.text).join(""));
      },
    }),
  ),
  {
    kind: "http.delay",
    does: "keeps the head back, and then the body, each for its time",
    ways: openWays,
    async run(on) {
      const { rig, arrivals, text } = await exchangeWith(
        on,
        sampleFaults["http.delay"],
        () => [message],
        700,
      );
      faultFree(text);
      const headMs = arrivals[0]?.atMs ?? 0;
      const bodyMs = arrivals.at(-1)?.atMs ?? 0;
      expect(headMs).toBeGreaterThanOrEqual(300);
      expect(headMs).toBeLessThan(400);
      expect(bodyMs - headMs).toBeGreaterThanOrEqual(190);
      expect(rig.told("done").length).toBe(1);
    },
  },
  {
    kind: "http.delay",
    does: "keeps every chunk of a stream back, in order",
    ways: openWays,
    async run(on) {
      const fault: Fault = { kind: "http.delay", beforeHead: null, beforeBody: null, perChunk: fixed(150) };
      const { arrivals, text } = await exchangeWith(
        on,
        fault,
        () => [
          streamHead,
          ...["a", "b", "c"].map((letter) => ({ afterMs: 50, text: chunk(letter) })),
          "0\r\n\r\n",
        ],
        800,
      );
      expect(dechunk(text)).toEqual({ body: "abc", isWhole: true });
      expect(arrivals.find((arrival) => arrival.text.includes(chunk("a")))?.atMs).toBeGreaterThanOrEqual(150);
    },
  },
  {
    kind: "http.truncate",
    does: "cuts a body after so many bytes, whatever its framing and its chunks, and ends the connection",
    ways: openWays,
    async run(on) {
      for (const chunkBytes of [7, 4096])
        for (const answer of [message, `${streamHead}${chunk(sampleMessage)}0\r\n\r\n`]) {
          const { rig, text } = await exchangeWith(on, sampleFaults["http.truncate"], () => [answer], 3000, {
            chunkBytes,
          });
          const body = answer === message ? text.slice(messageHead.length) : dechunk(text).body;
          expect(body).toBe(sampleMessage.slice(0, 20));
          if (answer !== message) expect(dechunk(text).isWhole).toBe(false);
          expectEnd(rig, "fin");
          expect(rig.told("end")).toMatchObject([{ how: "cut" }]);
          // A carrier that hears of no end asks the upstream for one.
          if (on.carrier.isExact) expect(rig.upstreamText).toBe(readablePost);
          else expect(rig.upstreamText).toContain("connection: close");
        }
    },
  },
  {
    kind: "http.truncate",
    does: "cuts after a share, and says so where a share of what can't be told",
    ways: openWays,
    async run(on) {
      const fault: Fault = { kind: "http.truncate", after: { kind: "share", share: 0.5 } };
      const half = await exchangeWith(on, fault, () => [message]);
      expect(half.text.length - messageHead.length).toBe(Math.floor(sampleMessage.length / 2));
      const chunked = `${streamHead}${chunk(sampleMessage)}0\r\n\r\n`;
      const whole = await exchangeWith(on, fault, () => [chunked]);
      expect(whole.text).toBe(chunked);
      expect(whole.rig.told("undone")[0]?.reason).toMatch(/share of a body whose length is not known/);
    },
  },
  {
    kind: "http.truncate",
    does: "leaves a response without a body alone, and says so",
    ways: openWays,
    async run(on) {
      for (const answer of [
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
      ]) {
        const { rig, text } = await exchangeWith(on, sampleFaults["http.truncate"], () => [answer]);
        expect(text).toBe(answer);
        expect(rig.told("undone").length).toBe(1);
      }
    },
  },
  {
    kind: "http.rate-limit",
    does: "lets through what the budget allows, with headers that say so, and refuses the rest",
    ways: openWays,
    async run(on) {
      const fault = sampleFaults["http.rate-limit"];
      const more = { requests: [fault, fault], isOneRule: true };
      const { rig, text } = await exchangeWith(on, fault, () => [message], 100, more);
      expect(text.endsWith(sampleMessage)).toBe(true);
      expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n.*anthropic-ratelimit-requests-remaining: 0\r\n/s);
      const refused = (await rig.exchange(post)).map((arrival) => arrival.text).join("");
      expect(refused).toMatch(/^HTTP\/1\.1 429 .*retry-after: \d+\r\n/s);
      expect(rig.upstreamRequests.filter((request) => request === readablePost).length).toBe(1);
      expect(rig.hasEnded).toBe(false);
    },
  },
];
