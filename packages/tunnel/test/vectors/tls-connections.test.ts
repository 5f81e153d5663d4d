/** Captured TLS connections played through a tunnel by a host that loses nothing: what arrives, and how it ends. */

import type { EngineEvent, Moment } from "@faultwire/fault-engine";
import type { Side } from "@faultwire/fault-session";
import { concatBytes } from "@faultwire/testkit/chunkers";
import { manualTimers } from "@faultwire/testkit/manual-timers";
import { type HandshakeVector, handshakeVectors } from "@faultwire/testkit/tls-vectors";
import { describe, expect, it } from "vitest";
import { scriptedPolicy } from "../../../fault-session/test/support/scripted-policy.ts";
import { type TunnelEvent, Tunnels } from "../../src/index.ts";

const moments = ["client-hello", "server-hello", "established", "request"] as const;

interface Setting {
  /** Where the connection is to be closed; nowhere unless given. */
  readonly at?: Moment | undefined;
  /** What the host reads in one call, at the most. */
  readonly readBytes?: number;
  /** Whether its host is one that may fail; true unless given. */
  readonly target?: boolean;
}

interface Played {
  /** What each side got. */
  readonly got: Readonly<Record<Side, Uint8Array>>;
  /** Directions that were closed, by the side whose bytes they carry. */
  readonly closed: readonly Side[];
  readonly events: readonly TunnelEvent[];
  readonly told: readonly EngineEvent[];
}

const other = (side: Side): Side => (side === "client" ? "server" : "client");

/** Plays a connection through a tunnel that is registered on these sides. */
function play(vector: HandshakeVector, sides: readonly Side[], setting: Setting = {}): Played {
  const { at, readBytes = 4096, target = true } = setting;
  const timers = manualTimers();
  const events: TunnelEvent[] = [];
  const got: Record<Side, Uint8Array[]> = { client: [], server: [] };
  const closed = new Set<Side>();
  const policy = scriptedPolicy({
    isTarget: () => target,
    connection: () => (at ? { kind: "connection.close", at: { kind: "moment", moment: at } } : null),
  });
  const tunnels = new Tunnels({
    policy,
    timers,
    userAgent: "test",
    registeredSides: () => sides,
    onEvent: (event) => events.push(event),
  });
  /** One call and what comes of it: the bytes that go on, or undefined where the direction ends. */
  const call = (side: Side, kind: "read" | "write", chunk: Uint8Array): Uint8Array | undefined => {
    let outcome: { bytes: Uint8Array | undefined } | undefined;
    tunnels.handle({ id: "t", side, kind, chunk }, ({ action }) => {
      if (action.case === "close") outcome = { bytes: undefined };
      else if (action.case === "replace") outcome = { bytes: action.value.modifiedChunk };
      else outcome = { bytes: kind === "write" ? chunk : new Uint8Array(0) };
    });
    for (let ms = 0; !outcome && timers.armed > 0 && ms < 60_000; ms++) timers.advance(1);
    if (!outcome) throw new Error(`a ${kind} call on the ${side}'s side was never answered`);
    return outcome.bytes;
  };
  const carry = (from: Side, chunk: Uint8Array): void => {
    if (closed.has(from)) return;
    const bytes = sides.includes(from) ? call(from, "read", chunk) : chunk;
    const written =
      bytes && bytes.length > 0 && sides.includes(other(from)) ? call(other(from), "write", bytes) : bytes;
    if (written) got[other(from)].push(written);
    else closed.add(from);
  };
  for (const { from, bytes } of vector.chunks)
    for (let start = 0; start < bytes.length; start += readBytes)
      carry(from, bytes.subarray(start, start + readBytes));
  tunnels.close();
  return {
    got: { client: concatBytes(got.client), server: concatBytes(got.server) },
    closed: [...closed],
    events,
    told: policy.events,
  };
}

/** What a side has sent in all. */
const sent = (vector: HandshakeVector, side: Side): Uint8Array =>
  concatBytes(vector.chunks.filter(({ from }) => from === side).map(({ bytes }) => bytes));

const startsWith = (whole: Uint8Array, part: Uint8Array): boolean =>
  part.length <= whole.length && Buffer.compare(whole.subarray(0, part.length), part) === 0;

const vectors = handshakeVectors();
const whole = vectors.filter(({ facts }) => facts.version !== undefined && facts.clientError === undefined);
const registrations: readonly (readonly Side[])[] = [["server", "client"], ["server"], ["client"]];
/** What an upstream gets in place of a request, to make it speak: a fatal alert in clear. */
const provocation = Uint8Array.of(21, 3, 3, 0, 2, 2, 80);

describe.each(registrations)("registered on %s %s", (...given) => {
  const sides = given.filter((side) => side !== undefined);

  it.each(vectors.map((vector) => [vector.name, vector] as const))(
    "%s goes through byte for byte",
    (_, vector) => {
      for (const readBytes of [4096, 7]) {
        const { got, closed } = play(vector, sides, { readBytes });
        expect(closed).toEqual([]);
        expect(Buffer.compare(got.server, sent(vector, "client"))).toBe(0);
        expect(Buffer.compare(got.client, sent(vector, "server"))).toBe(0);
      }
    },
  );

  it.each(moments)("a close at %s ends what comes after it, and changes nothing before", (at) => {
    for (const vector of whole) {
      const { got, closed, events, told } = play(vector, sides, { at });
      const done = told.filter(({ type }) => type === "done");
      const reached = events.some(
        (event) => event.type === "handshake" && event.handshake.established !== undefined,
      );
      if (done.length === 0) {
        // Nothing came after the handshake, or its end could not be told: the moment was never there.
        // Or it came with the last call there was, and the connection ended before it could be ended here.
        const isLast = at === "established" && told.some(({ type }) => type === "undone");
        expect(at === "request" || (at === "established" && !reached) || isLast, vector.name).toBe(true);
        continue;
      }
      expect(done, vector.name).toHaveLength(1);
      if (at === "established" || at === "request") expect(reached, vector.name).toBe(true);
      if (at === "client-hello") expect(reached, vector.name).toBe(false);
      expect(startsWith(sent(vector, "server"), got.client), vector.name).toBe(true);
      const provoked = got.server.length >= 7 && startsWith(got.server.subarray(-7), provocation);
      const upstream = provoked ? got.server.subarray(0, -7) : got.server;
      expect(startsWith(sent(vector, "client"), upstream), vector.name).toBe(true);
      if (sides.length === 2 && at !== "request" && at !== "established")
        expect(closed, vector.name).toContain("server");
    }
  });

  it("tells of each connection once what was negotiated", () => {
    for (const vector of whole) {
      const handshakes = play(vector, sides).events.filter((event) => event.type === "handshake");
      expect(handshakes, vector.name).toHaveLength(1);
      expect(
        handshakes[0]?.handshake.versionName?.replace("TLS 1.0", "TLS 1").replace("TLS ", "TLSv"),
        vector.name,
      ).toBe(vector.facts.version);
    }
  });
});

describe("a close", () => {
  const both: readonly Side[] = ["server", "client"];

  it("never touches a host that is no target", () => {
    for (const vector of whole)
      for (const at of moments) {
        const { got, closed, told } = play(vector, both, { at, target: false });
        expect(closed, vector.name).toEqual([]);
        expect(Buffer.compare(got.client, sent(vector, "server")), vector.name).toBe(0);
        expect(told, vector.name).toEqual([]);
      }
  });

  it("at client-hello goes by the upstream where the client's side alone is registered", () => {
    for (const vector of whole) {
      const { got, closed } = play(vector, ["client"], { at: "client-hello" });
      expect(closed, vector.name).toContain("client");
      // Not even the hello itself arrives, where it came in one piece.
      expect(got.server.length, vector.name).toBeLessThan(vector.chunks[0]?.bytes.length ?? 0);
    }
  });

  it("at established lets the handshake's last record go on, and nothing that rides along with it", () => {
    for (const original of whole) {
      // Everything that a side says without an answer in between comes in one piece: Finished and request together.
      const vector = { ...original, chunks: coalesced(original) };
      // Whether the upstream was made to speak besides depends on the calls that are in hand.
      const unprovoked = (bytes: Uint8Array): Uint8Array =>
        startsWith(bytes.subarray(-7), provocation) ? bytes.subarray(0, -7) : bytes;
      const exact = play(vector, both, { at: "established", readBytes: 1 }).got;
      const pieces = play(vector, both, { at: "established", readBytes: 16_384 }).got;
      expect(unprovoked(pieces.server).length, vector.name).toBe(unprovoked(exact.server).length);
      // Gated or not, what the client is to get before the end, it gets.
      const ungated = play(vector, ["server"], { at: "established", readBytes: 16_384 }).got;
      expect(pieces.client.length, vector.name).toBe(ungated.client.length);
    }
  });
});

function coalesced({ chunks }: HandshakeVector): HandshakeVector["chunks"] {
  const merged: { from: Side; bytes: Uint8Array }[] = [];
  for (const { from, bytes } of chunks) {
    const last = merged.at(-1);
    if (last?.from === from) last.bytes = concatBytes([last.bytes, bytes]);
    else merged.push({ from, bytes });
  }
  return merged;
}
