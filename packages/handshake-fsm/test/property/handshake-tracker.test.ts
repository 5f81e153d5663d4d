import { chunksOf, concatBytes, randomChunks, seededRandom } from "@faultwire/testkit/chunkers";
import { mutate } from "@faultwire/testkit/mutate";
import { handshakeVectors } from "@faultwire/testkit/tls-vectors";
import { HANDSHAKE_HEADER_BYTES, RECORD_HEADER_BYTES, recordLimits } from "@faultwire/tls-parser";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type HandshakeEvent,
  type HandshakeTrackerOptions,
  type Side,
  transitions,
} from "../../src/index.ts";
import { follow, trackerAt } from "../support/observe.ts";
import type { Sent } from "../support/recorded-handshake.ts";
import {
  alert,
  applicationData,
  certificate,
  certificateRequest,
  certificateVerify,
  changeCipherSpec,
  clientHello,
  clientKeyExchange,
  emptyCertificate,
  finished,
  helloRetryRequest,
  message,
  modernHello,
  newSessionTicket,
  protectedAlert,
  protectedHandshake,
  raw,
  say,
  serverHello,
  serverHelloDone,
  serverKeyExchange,
  tls12,
  tls13,
  tls13ServerHello,
  zeroRtt,
} from "../support/wire.ts";

const side = fc.constantFrom<Side>("client", "server");
const handshake = fc.constantFrom(
  clientHello(),
  modernHello(),
  modernHello(zeroRtt),
  serverHello(),
  serverHello({ cipherSuite: 0x009c }),
  tls13ServerHello(),
  helloRetryRequest,
  certificate,
  emptyCertificate,
  certificateRequest,
  certificateVerify,
  serverKeyExchange,
  serverHelloDone,
  clientKeyExchange,
  newSessionTicket,
  finished,
  message(0, 0),
  message(99),
);
/** Anything that a peer can send: honest pieces in any order, wild records, wild bytes. */
const anything: fc.Arbitrary<Sent> = fc.oneof(
  fc.tuple(side, handshake).map(([by, each]) => say(by, each)[0]!),
  side.map(changeCipherSpec),
  side.map(protectedHandshake),
  side.map(protectedAlert),
  fc.tuple(side, fc.constantFrom(19, 21, 53, 200)).map(([by, bytes]) => applicationData(by, bytes)),
  fc.tuple(side, fc.nat(255), fc.nat(255)).map(([by, level, description]) => alert(by, level, description)),
  fc
    .tuple(side, fc.integer({ min: 20, max: 24 }), fc.uint8Array({ minLength: 1, maxLength: 60 }))
    .map(([by, type, fragment]) => raw(by, type, fragment)),
  {
    weight: 1,
    arbitrary: fc.tuple(side, fc.uint8Array({ maxLength: 40 })).map(([by, chunk]) => ({ by, chunk })),
  },
);
const captures: readonly (readonly Sent[])[] = [
  tls12,
  tls13,
  ...handshakeVectors().map(({ chunks }) => chunks.map(({ from, bytes }) => ({ by: from, chunk: bytes }))),
];

/** A real connection of which a few chunks are spoiled. */
function mangled(index: number, seed: number): Sent[] {
  const random = seededRandom(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const sent = [...captures[index % captures.length]!];
  for (let left = 1 + Math.floor(random() * 2); left > 0; left--) {
    // The handshake is at the front.
    const at = Math.floor(random() ** 2 * sent.length);
    sent[at] = { ...sent[at]!, chunk: mutate(sent[at]!.chunk, pick(pick(captures)).chunk, random) };
  }
  return sent;
}

/** The same bytes with each run of one side in one chunk. */
function joined(sent: readonly Sent[]): Sent[] {
  const runs: Sent[] = [];
  for (const { by, chunk } of sent) {
    const last = runs.at(-1);
    if (last?.by === by) runs[runs.length - 1] = { by, chunk: concatBytes([last.chunk, chunk]) };
    else runs.push({ by, chunk });
  }
  return runs;
}

const lossy = fc.constantFrom<HandshakeTrackerOptions["lossy"]>("client", "server", "both", undefined);
const plain = (events: readonly HandshakeEvent[]): unknown[] =>
  events.map((event) => ("hello" in event ? event.kind : event));
const optionsOf = (value: HandshakeTrackerOptions["lossy"]) => (value === undefined ? {} : { lossy: value });

describe("a tracker, whatever it is given", () => {
  it("never throws, reports little, and says where it stands", () => {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 60 }), lossy, (recording, value) => {
        const { events, tracker } = follow(recording, undefined, optionsOf(value));
        const summary = tracker.summary();
        expect(Object.keys(transitions)).toContain(summary.state);
        expect(summary.history.length).toBeLessThanOrEqual(100);
        expect(summary.alerts.length).toBeLessThanOrEqual(8);
        expect(events.filter(({ kind }) => kind === "violation").length).toBeLessThanOrEqual(16);
        expect(events.filter(({ kind }) => kind === "established").length).toBeLessThanOrEqual(1);
        expect(events.at(-1)?.kind).toBe("closed");
      }),
      { numRuns: 1500 },
    );
  });

  it("keeps no more than a record and a message of each direction", () => {
    const maxMessageBytes = 1000;
    const perSide =
      RECORD_HEADER_BYTES + recordLimits.tls12CiphertextBytes + HANDSHAKE_HEADER_BYTES + maxMessageBytes;
    const beginnings = fc.tuple(side, fc.constantFrom(20, 21, 22, 23), fc.integer({ min: 1, max: 900 })).map(
      // The beginning of a big record, or of many small ones that begin a big message.
      ([by, type, bytes]): Sent => ({
        by,
        chunk: Uint8Array.of(type, 3, 3, 72, 0, ...new Uint8Array(bytes)),
      }),
    );
    const parts = fc
      .tuple(side, fc.integer({ min: 0, max: 1000 }), fc.uint8Array({ maxLength: 300 }))
      .map(([by, length, body]) => raw(by, 22, Uint8Array.of(11, 0, length >> 8, length & 0xff, ...body)));
    fc.assert(
      fc.property(fc.array(fc.oneof(anything, beginnings, parts), { maxLength: 60 }), (recording) => {
        const { tracker } = trackerAt({ maxMessageBytes });
        for (const { by, chunk } of recording) {
          tracker.push(by, chunk);
          expect(tracker.pendingBytes).toBeLessThanOrEqual(2 * perSide);
        }
      }),
    );
  });

  it("says the same however the bytes are cut", () => {
    const recording = fc.oneof(
      { weight: 3, arbitrary: fc.tuple(fc.nat(), fc.nat()).map(([index, seed]) => mangled(index, seed)) },
      fc.array(anything, { maxLength: 25 }),
    );
    const answer = (
      sent: readonly Sent[],
      cut: (chunk: Uint8Array) => Iterable<Uint8Array>,
      options: object,
    ) => {
      const { events, tracker } = follow(sent, cut, options);
      return { events: plain(events), summary: tracker.summary(), pendingBytes: tracker.pendingBytes };
    };
    fc.assert(
      fc.property(recording, lossy, fc.nat(), (sent, value, seed) => {
        const random = seededRandom(seed);
        const options = optionsOf(value);
        const whole = answer(joined(sent), (chunk) => [chunk], options);
        expect(answer(sent, (chunk) => chunksOf(chunk, 1), options)).toEqual(whole);
        expect(answer(sent, (chunk) => [chunk], options)).toEqual(whole);
        expect(answer(sent, (chunk) => randomChunks(chunk, 1, 300, random), options)).toEqual(whole);
      }),
      { numRuns: 500 },
    );
  });

  it("blames nobody where bytes may be missing", () => {
    const gapped = fc.tuple(fc.constantFrom(tls12, tls13), fc.nat(), fc.nat()).map(([sent, from, count]) => {
      const at = from % sent.length;
      return [...sent.slice(0, at), ...sent.slice(at + 1 + (count % sent.length))];
    });
    fc.assert(
      fc.property(gapped, (sent) => {
        const { tracker } = follow(sent, undefined, { lossy: "both" });
        expect(tracker.summary().violations).toEqual([]);
      }),
    );
  });

  it("chains its states: each event of a state begins where the last one ended", () => {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 40 }), (recording) => {
        let name = "start";
        for (const event of follow(recording).events) {
          if (event.kind !== "state") continue;
          expect(event.from).toBe(name);
          expect(event.to).not.toBe(name);
          name = event.to;
        }
      }),
    );
  });

  it("ends only once", () => {
    const { tracker } = trackerAt();
    expect(tracker.end()).toHaveLength(2);
    expect(tracker.push("client", tls12[0]!.chunk)).toEqual([]);
    expect(tracker.end()).toEqual([]);
  });

  it("tells what it keeps", () => {
    const { tracker } = trackerAt();
    const { chunk } = tls12[0]!;
    tracker.push("client", chunk.subarray(0, 50));
    expect(tracker.pendingBytes).toBe(50);
    tracker.push("client", chunk.subarray(50));
    expect(tracker.pendingBytes).toBe(0);
    tracker.push("server", raw("server", 22, Uint8Array.of(2, 0, 0, 80, 3, 3)).chunk);
    expect(tracker.pendingBytes).toBe(6);
  });
});
