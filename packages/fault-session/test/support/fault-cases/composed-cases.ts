/** Several faults of one rule, on one response. */
import type { Fault } from "@faultwire/fault-engine";
import { expect } from "vitest";
import type { Said } from "../fault-rig.ts";
import { chunk, sampleEvents, sampleFaults, streamHead } from "../sample-faults.ts";
import { dechunk, exchangeWith, expectEnd, type FaultCase, openWays } from "./fault-case.ts";

const inOneGo = (): readonly Said[] => [`${streamHead + sampleEvents.map(chunk).join("")}0\r\n\r\n`];
const [start = "", block = "", ping = "", delta = ""] = sampleEvents;
const fixed = (ms: number) => ({ kind: "fixed", ms }) as const;
const errorAt = (events: number, data: string, stop: "none" | "clean"): Fault => ({
  kind: "stream.error-event",
  at: { kind: "events", events },
  type: "overloaded_error",
  message: null,
  data,
  event: null,
  errorCode: null,
  stop,
});

export const composedCases: readonly FaultCase[] = [
  {
    kind: "stream.cut",
    does: "ends a stream that a pace of the same rule has made slow",
    ways: openWays,
    async run(on) {
      const also: readonly Fault[] = [sampleFaults["stream.pace"]];
      const { rig, arrivals, text } = await exchangeWith(on, sampleFaults["stream.cut"], inOneGo, 1000, {
        also,
      });
      expect(dechunk(text)).toEqual({ body: start + block + ping + delta, isWhole: false });
      // 200 ms before the first event, 100 ms before each of the two others.
      expect(arrivals.at(-1)?.atMs).toBeGreaterThanOrEqual(400);
      expectEnd(rig, "fin");
      expect(rig.told("done").map(({ fault }) => fault)).toEqual(["stream.cut"]);
      expect(rig.told("end")).toMatchObject([{ how: "cut" }]);
    },
  },
  {
    kind: "stream.cut",
    does: "tells what of its rule was not carried out beside it",
    ways: openWays,
    async run(on) {
      const events = { indices: [6], types: null, every: null, probability: null };
      const also: readonly Fault[] = [{ kind: "stream.damage", events, how: "truncated-tool-input" }];
      const { rig } = await exchangeWith(on, sampleFaults["stream.cut"], inOneGo, 300, { also });
      expect(rig.told("done")).toMatchObject([
        { fault: "stream.cut", instead: expect.stringMatching(/without stream\.damage/) },
      ]);
    },
  },
  {
    kind: "stream.error-event",
    does: "comes twice in one stream, behind a head that is late",
    ways: openWays,
    async run(on) {
      const also: readonly Fault[] = [
        errorAt(1, "one", "none"),
        { kind: "http.delay", beforeHead: fixed(300), beforeBody: null, perChunk: null },
      ];
      const more = { also };
      const { rig, arrivals, text } = await exchangeWith(on, errorAt(3, "two", "clean"), inOneGo, 800, more);
      const error = (data: string): string => `event: error\ndata: ${data}\n\n`;
      // Each counts the stream's own events.
      expect(dechunk(text)).toEqual({
        body: start + error("one") + block + ping + delta + error("two"),
        isWhole: true,
      });
      expect(arrivals.find(({ text: said }) => said.includes("HTTP/1.1 200"))?.atMs).toBeGreaterThanOrEqual(
        300,
      );
      expect(rig.hasEnded).toBe(false);
    },
  },
  {
    kind: "http.rate-limit",
    does: "makes what its budget lets pass late, and its refusals, too",
    ways: openWays,
    async run(on) {
      const also: readonly Fault[] = [
        { kind: "http.delay", beforeHead: fixed(200), beforeBody: null, perChunk: null },
      ];
      const answer = (): readonly Said[] => ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"];
      const { rig, arrivals } = await exchangeWith(on, sampleFaults["http.rate-limit"], answer, 500, {
        also,
      });
      expect(arrivals[0]?.atMs).toBeGreaterThanOrEqual(200);
      expect(rig.told("done").map(({ fault }) => fault)).toEqual(["http.delay"]);
    },
  },
];
