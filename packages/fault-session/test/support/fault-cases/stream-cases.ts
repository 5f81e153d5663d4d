/** Faults of event streams and of models' answers, on streams that come event by event and in one go. */
import type { Fault, FaultKind } from "@faultwire/fault-engine";
import { expect } from "vitest";
import type { Arrival, Said } from "../fault-rig.ts";
import {
  chunk,
  messageHead,
  post,
  sampleEvents,
  sampleFaults,
  sampleMessage,
  streamHead,
} from "../sample-faults.ts";
import { dechunk, exchangeWith, expectEnd, type FaultCase, openWays } from "./fault-case.ts";

const last = "0\r\n\r\n";
/** Everything in one go, and then event by event. */
const inOneGo = (): readonly Said[] => [streamHead + sampleEvents.map(chunk).join("") + last];
const live = (): readonly Said[] => [
  streamHead,
  ...sampleEvents.map((event) => ({ afterMs: 10, text: chunk(event) })),
  { afterMs: 10, text: last },
];
const [start = "", block = "", ping = "", ...rest] = sampleEvents;

/** When a text was there whole. */
function whenThere(arrivals: readonly Arrival[], text: string): number {
  let all = "";
  for (const arrival of arrivals) {
    all += arrival.text;
    if (all.includes(text)) return arrival.atMs;
  }
  return Number.NaN;
}

interface Changed {
  readonly kind: FaultKind;
  readonly does: string;
  readonly fault?: Fault;
  /** What the client gets of the stream; undefined where `check` says. */
  readonly body?: string;
  readonly isWhole?: boolean;
  readonly check?: (body: string, arrivals: readonly Arrival[]) => void;
  readonly ms?: number;
}

/** A case for both kinds of streams, at two sizes of chunks; a stream that is whole leaves the connection usable. */
function changed({
  kind,
  does,
  fault = sampleFaults[kind],
  body,
  isWhole = true,
  check,
  ms = 600,
}: Changed): FaultCase {
  return {
    kind,
    does,
    ways: openWays,
    async run(on) {
      for (const answer of [inOneGo, live])
        for (const chunkBytes of [7, 4096]) {
          const more = { chunkBytes };
          const waitMs = ms + (chunkBytes < 4096 ? 4000 : 0);
          const { rig, arrivals, text } = await exchangeWith(on, fault, answer, waitMs, more);
          expect(text.slice(0, streamHead.length)).toBe(streamHead);
          const found = dechunk(text);
          if (body !== undefined) expect(found.body).toBe(body);
          if (chunkBytes === 4096) check?.(found.body, arrivals);
          expect(found.isWhole).toBe(isWhole);
          expect(rig.told("done").map((event) => event.fault)).toEqual([kind]);
          if (isWhole) expect(rig.hasEnded).toBe(false);
          else expectEnd(rig, "stop" in fault && fault.stop === "reset" ? "reset" : "fin");
          if (chunkBytes < 4096) continue;
          if (!isWhole) expect(rig.told("end")).toMatchObject([{ how: "cut" }]);
          else {
            const next = await rig.exchange(post, 300);
            expect(dechunk(next.map((arrival) => arrival.text).join("")).body).toBe(sampleEvents.join(""));
          }
        }
    },
  };
}

const pings = /event: ping\ndata: [^\n]*\n\n/g;
const pingsIn = (body: string): number => [...body.matchAll(pings)].length;
const everything = sampleEvents.join("");
const json = (event: string): { readonly [key: string]: unknown } =>
  JSON.parse(event.slice(event.indexOf("data: ") + 6));

const point = (events: number) => ({ kind: "events", events }) as const;

export const streamCases: readonly FaultCase[] = [
  changed({
    kind: "stream.error-event",
    does: "puts an error event into the stream, and ends it properly",
    check(body) {
      expect(body.startsWith(start + block)).toBe(true);
      const event = body.slice((start + block).length);
      expect(event).toMatch(/^event: error\n/);
      expect(json(event)).toMatchObject({ type: "error", error: { type: "overloaded_error" } });
    },
  }),
  changed({
    kind: "stream.cut",
    does: "ends the connection behind so many events, pings not counted",
    body: start + block + ping + rest[0],
    isWhole: false,
  }),
  changed({
    kind: "stream.cut",
    does: "ends the stream properly behind so many events",
    fault: { kind: "stream.cut", at: point(2), stop: "clean" },
    body: start + block,
  }),
  changed({
    kind: "stream.cut",
    does: "ends the connection in the middle of an event",
    fault: { kind: "stream.cut", at: point(2), stop: "mid-event" },
    isWhole: false,
    check(body) {
      const before = start + block + ping;
      expect(body.length).toBeGreaterThan(before.length);
      expect(everything.startsWith(body)).toBe(true);
      expect(body.length).toBeLessThan((before + rest[0]).length);
    },
  }),
  changed({
    kind: "stream.cut",
    does: "breaks the connection behind so many bytes",
    fault: { kind: "stream.cut", at: { kind: "bytes", bytes: 100 }, stop: "reset" },
    body: everything.slice(0, 100),
    isWhole: false,
  }),
  changed({
    kind: "stream.stall",
    does: "stands still behind so many events, with pings, and goes on",
    ms: 1500,
    check(body, arrivals) {
      expect(body.startsWith(start + block)).toBe(true);
      expect(pingsIn(body)).toBeGreaterThanOrEqual(4);
      expect(body.replaceAll(pings, "")).toBe(everything.replaceAll(pings, ""));
      expect(whenThere(arrivals, block)).toBeLessThan(150);
      expect(whenThere(arrivals, "content_block_delta")).toBeGreaterThanOrEqual(1000);
    },
  }),
  {
    kind: "stream.stall",
    does: "stands still for ever, with pings or without, even when the upstream ends",
    ways: openWays,
    async run(on) {
      for (const answer of [inOneGo, live])
        for (const pingEveryMs of [null, 200]) {
          const fault: Fault = { kind: "stream.stall", at: point(2), forMs: null, pingEveryMs };
          const { rig, text } = await exchangeWith(on, fault, () => [...answer(), null], 2100);
          const { body, isWhole } = dechunk(text);
          expect(isWhole).toBe(false);
          expect(body.replaceAll(pings, "")).toBe(start + block);
          expect(pingsIn(body)).toBe(pingEveryMs === null ? 0 : 10);
          expect([rig.hasEnded, rig.hasCloseNotify]).toEqual([false, false]);
          expect(rig.told("done").length).toBe(1);
        }
    },
  },
  changed({
    kind: "stream.pace",
    does: "sends no event before its time, however fast they come",
    body: everything,
    ms: 1300,
    check(_, arrivals) {
      const events = sampleEvents.filter((event) => event !== ping);
      for (const [number, event] of events.entries())
        expect(whenThere(arrivals, event)).toBeGreaterThanOrEqual(200 + 100 * number - 1);
      expect(whenThere(arrivals, events.at(-1) ?? "")).toBeLessThan(200 + 100 * events.length + 100);
    },
  }),
  changed({
    kind: "stream.drop",
    does: "leaves the chosen events out",
    body: everything.replace(block, ""),
  }),
  changed({
    kind: "stream.duplicate",
    does: "sends the chosen events twice",
    body: everything.replace(block, block + block),
  }),
  changed({
    kind: "stream.reorder",
    does: "lets the chosen events change places with the next, and not with a ping",
    body: everything.replace(block + ping + rest[0], ping + rest[0] + block),
  }),
  changed({
    kind: "stream.split",
    does: "sends the chosen events in two writes, with a gap",
    body: everything,
    check(_, arrivals) {
      const half = block.slice(0, block.indexOf("data:") + 10);
      expect(whenThere(arrivals, block.slice(-10)) - whenThere(arrivals, half.slice(0, 20))).toBeGreaterThan(
        80,
      );
    },
  }),
  changed({
    kind: "stream.split",
    does: "cuts a character in two",
    fault: {
      kind: "stream.split",
      events: { indices: null, types: ["content_block_delta"], every: null, probability: null },
      where: "utf8",
      gapMs: 100,
    },
    check(body, arrivals) {
      expect(Buffer.from(body, "latin1").toString()).toContain("Zürich");
      expect(arrivals.some(({ text }) => /Z\u00c3\r\n$|Z\u00c3$/.test(text))).toBe(true);
    },
  }),
  changed({
    kind: "stream.damage",
    does: "breaks the chosen events' JSON",
    check(body) {
      const broken = body.slice(start.length, body.indexOf(ping));
      expect(() => json(broken)).toThrow();
      expect(body.endsWith(ping + rest.join(""))).toBe(true);
    },
  }),
  changed({
    kind: "stream.damage",
    does: "cuts a tool's input short",
    fault: {
      kind: "stream.damage",
      events: { indices: null, types: ["content_block_delta"], every: null, probability: null },
      how: "truncated-tool-input",
    },
    check: (body) => expect(body).not.toContain('place\\":'),
  }),
  {
    kind: "stream.damage",
    does: "changes nothing about what is no stream, and says so",
    ways: openWays,
    async run(on) {
      for (const kind of ["stream.damage", "stream.cut", "stream.pace"] as const) {
        const { rig, text } = await exchangeWith(
          on,
          sampleFaults[kind],
          () => [messageHead + sampleMessage],
          200,
        );
        expect(text).toBe(messageHead + sampleMessage);
        expect(rig.told("undone")[0]?.reason).toBe("the response is no event stream");
      }
    },
  },
  {
    kind: "stream.damage",
    does: "changes nothing about what is compressed in spite of being asked not to, and says so",
    ways: openWays,
    async run(on) {
      const answer =
        streamHead.replace("\r\n\r\n", "\r\nContent-Encoding: gzip\r\n\r\n") + chunk("zzz") + last;
      const { rig, text } = await exchangeWith(on, sampleFaults["stream.damage"], () => [answer]);
      expect(text).toBe(answer);
      expect(rig.upstreamText).toContain("Accept-Encoding: identity");
      expect(rig.told("undone")[0]?.reason).toMatch(/^the response is compressed/);
    },
  },
  changed({
    kind: "model.stop-reason",
    does: "changes why a streamed answer has stopped",
    check(body) {
      expect(body).toContain('"stop_reason":"refusal"');
      expect(body).not.toContain('"stop_reason":"tool_use"');
    },
  }),
  changed({
    kind: "model.empty-content",
    does: "leaves a streamed answer without content",
    check: (body) => expect(body).not.toContain("content_block"),
  }),
  changed({
    kind: "model.garble-tool-input",
    does: "puts sound JSON that fits no tool in place of a streamed tool's input",
    check(body) {
      expect(body).not.toContain("Z\u00c3\u00bcrich");
      expect(body).toContain('"partial_json":"{\\"garbled\\":true}"');
    },
  }),
  changed({
    kind: "model.fallback",
    does: "puts Anthropic's fallback block before a streamed answer",
    check(body) {
      expect(body).toContain('"content_block":{"type":"fallback","from":{"model":"m"},"to":{"model":"n"}');
      expect(body.indexOf('"type":"fallback"')).toBeLessThan(body.indexOf('"type":"tool_use"'));
      expect(body).toContain('"type":"fallback_message"');
    },
  }),
  ...(["model.stop-reason", "model.empty-content", "model.garble-tool-input"] as const).map(
    (kind): FaultCase => ({
      kind,
      does: "changes an answer in one piece, with a length that fits",
      ways: openWays,
      async run(on) {
        for (const chunkBytes of [7, 4096]) {
          const answer = (): readonly Said[] => [messageHead + sampleMessage];
          const { rig, text } = await exchangeWith(on, sampleFaults[kind], answer, 3000, { chunkBytes });
          const { body, isWhole } = dechunk(text);
          const { stop_reason, content } = JSON.parse(body);
          expect(isWhole).toBe(true);
          if (kind === "model.stop-reason") expect(stop_reason).toBe("refusal");
          else if (kind === "model.empty-content") expect(content).toEqual([]);
          else expect(content[0].input).toEqual({ garbled: true });
          expect(rig.told("done").length).toBe(1);
          expect(rig.hasEnded).toBe(false);
        }
      },
    }),
  ),
  {
    kind: "model.stop-reason",
    does: "lets an answer through that is too large to be held, and says so",
    ways: ["plain"],
    async run(on) {
      const large = "x".repeat(5_000_000);
      const answer = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${large.length}\r\n\r\n${large}`;
      const { rig, text } = await exchangeWith(on, sampleFaults["model.stop-reason"], () => [answer], 300);
      expect(dechunk(text).body === large).toBe(true);
      expect(rig.told("undone")[0]?.reason).toMatch(/larger than/);
    },
  },
];
