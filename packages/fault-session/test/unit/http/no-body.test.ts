/** Responses that can have no body, by their request's method or their status: no fault gives them one. */
import { FAULT_KINDS, type Fault } from "@faultwire/fault-engine";
import { sectionOf } from "@faultwire/http2";
import { describe, expect, it } from "vitest";
import { readsBody } from "../../../src/http/response-machines.ts";
import { exchangesRig } from "../../support/exchanges-rig.ts";
import { Http2Rig } from "../../support/http2-rig.ts";
import { sampleFaults } from "../../support/sample-faults.ts";

const atOnce = { kind: "events", events: 0 } as const;
const readers: readonly Fault[] = FAULT_KINDS.map((kind): Fault => sampleFaults[kind]).filter(readsBody);
/** Those that say something before an event has come. */
const talkative: readonly Fault[] = [
  { ...sampleFaults["stream.error-event"], at: atOnce },
  { ...sampleFaults["stream.stall"], at: atOnce },
];
const faults = [...readers, ...talkative].map((fault) => [fault.kind, fault] as const);
const noBody = "the response has no body";

describe.each([
  ["HEAD", "200 OK"],
  ["GET", "304 Not Modified"],
  ["GET", "204 No Content"],
])("in HTTP/1.1, %s and %s", (method, status) => {
  const ask = `${method} / HTTP/1.1\r\nHost: api.test\r\n\r\n`;
  const next = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext";

  it.each(faults)("%s is undone, and the next response follows the head", (_kind, fault) => {
    for (const framing of ["", "Content-Length: 7\r\n", "Transfer-Encoding: chunked\r\n"]) {
      const { exchanges, says, clock, got, told } = exchangesRig([fault, null]);
      const head = `HTTP/1.1 ${status}\r\nContent-Type: text/event-stream\r\n${framing}\r\n`;
      says("client", ask + ask.replace("HEAD", "GET"));
      says("server", head);
      clock.nowMs = 10_000;
      exchanges.wake();
      says("server", next);
      expect(got.client).toBe(head + next);
      expect(told("undone").map(({ reason }) => reason)).toEqual([noBody]);
      expect(told("done")).toEqual([]);
      expect(told("end").map(({ how }) => how)).toEqual(["complete", "complete"]);
    }
  });
});

describe.each([
  ["HEAD", "200", true],
  ["HEAD", "200", false],
  ["GET", "304", true],
  ["GET", "304", false],
  ["GET", "204", false],
])("in HTTP/2, %s and %s, where the head is the end: %s", (method, status, isEnd) => {
  it.each(faults)("%s is undone, and no data are sent", (_kind, fault) => {
    const rig = new Http2Rig({
      fault,
      serve: (stream, upstream) => {
        const section = sectionOf([
          [":status", status],
          ["content-type", "text/event-stream"],
        ]);
        upstream.respond(stream, section, isEnd);
        if (!isEnd) upstream.end(stream);
      },
    });
    const { got } = rig.ask([[":method", method]]);
    rig.advance(10_000);
    expect([got.sections.length, got.parts, got.end]).toEqual([1, [], "end"]);
    expect(rig.told("undone").map(({ reason }) => reason)).toEqual([noBody]);
    expect(rig.told("done")).toEqual([]);
  });
});
