/**
 * Throws anything at tunnels: bytes of both directions that begin well and go wrong anywhere, in any order and at any
 * pace, with rules that fail whatever they can, cancelled at any moment. Looks for what must never be: a throw, a call
 * that is answered twice, a call without an answer once everything was let go, and growth.
 */
import { FAULT_KINDS, type Fault } from "@faultwire/fault-engine";
import type { Side } from "@faultwire/fault-session";
import { seededRandom } from "@faultwire/testkit/chunkers";
import { manualTimers } from "@faultwire/testkit/manual-timers";
import { FaultRig } from "../../../fault-session/test/support/fault-rig.ts";
import {
  chunk,
  messageHead,
  post,
  sampleEvents,
  sampleFaults,
  sampleMessage,
  streamHead,
} from "../../../fault-session/test/support/sample-faults.ts";
import { scriptedPolicy } from "../../../fault-session/test/support/scripted-policy.ts";
import { Tunnels } from "../../src/index.ts";
import { ourAuthority, theirAuthority } from "../support/https-tunnel.ts";
import { ticks } from "../support/ticks-carrier.ts";

export interface FuzzOptions {
  readonly seed: number;
  readonly milliseconds: number;
  /** Recordings of what peers say: TLS hellos and flights, whole connections. */
  readonly recordings: readonly (readonly [client: Uint8Array, server: Uint8Array])[];
}

export interface FuzzResult {
  readonly tunnels: number;
  readonly calls: number;
  readonly answered: number;
  /** Calls whose tunnel was cancelled while they were held. */
  readonly cancelled: number;
  readonly bugs: readonly string[];
}

const latin1 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));
const stream = `${streamHead}${sampleEvents.map(chunk).join("")}0\r\n\r\n`;
const plain: readonly (readonly [Uint8Array, Uint8Array])[] = [
  [latin1(post + post), latin1(messageHead + sampleMessage + stream)],
  [latin1(post.replace("Content-Length", "Expect: 100-continue\r\nContent-Length")), latin1(stream)],
  [latin1("GET / HTTP/1.0\r\nHost: api.test\r\n\r\n"), latin1("HTTP/1.0 200 OK\r\n\r\nuntil the end")],
];

/**
 * Opened connections of living peers: a handshake that succeeds, a request or two, and then records that are mutated,
 * swapped, left out or sent twice. What may come of it is an error at the peers, and never here.
 */
export async function fuzzOpened(seed: number, milliseconds: number): Promise<FuzzResult> {
  const random = seededRandom(seed);
  const below = (count: number): number => Math.floor(random() * count);
  const result = { tunnels: 0, calls: 0, answered: 0, cancelled: 0, bugs: [] as string[] };
  const until = Date.now() + milliseconds;
  for (; Date.now() < until; result.tunnels++) {
    const kinds = [FAULT_KINDS[below(FAULT_KINDS.length)], FAULT_KINDS[below(FAULT_KINDS.length)]];
    const [first, second] = kinds.map((kind) => (kind && below(2) === 0 ? sampleFaults[kind] : null));
    const rig = new FaultRig({
      carrier: ticks,
      way: "decrypted",
      connection: first ?? undefined,
      requests: [second ?? null],
      chunkBytes: 1 + below(4096),
      answer: () => (below(2) === 0 ? [stream] : [messageHead + sampleMessage]),
    });
    await rig.run(50);
    rig.send(below(3) === 0 ? post + post : post);
    await rig.run(below(30));
    for (let step = 0; step < 6; step++) {
      const side: Side = below(2) === 0 ? "client" : "server";
      const junk = Uint8Array.from({ length: 1 + below(60) }, () => below(256));
      if (below(2) === 0) junk.set([23, 3, 3, 0].slice(0, junk.length));
      rig.link.says(side, junk, 1 + below(64));
      await rig.run(below(10));
    }
    rig.link.timers.advance(60_000);
    await rig.run(3);
    for (const event of rig.link.events) if (event.type === "bug") result.bugs.push(event.message);
    rig.link.tunnels.close();
    if (rig.link.timers.armed > 0)
      result.bugs.push(`seed ${seed}: ${rig.link.timers.armed} timers stay armed`);
  }
  return result;
}

/** Fuzzes for so long, and says what was found. */
export async function fuzzTunnels({ seed, milliseconds, recordings }: FuzzOptions): Promise<FuzzResult> {
  const random = seededRandom(seed);
  const below = (count: number): number => Math.floor(random() * count);
  const result = { tunnels: 0, calls: 0, answered: 0, cancelled: 0, bugs: [] as string[] };
  const bug = (text: string): void => {
    if (result.bugs.length < 20) result.bugs.push(`seed ${seed}, tunnel ${result.tunnels}: ${text}`);
  };
  const timers = manualTimers();
  const anyFault = (): Fault | null =>
    random() < 0.5 ? null : sampleFaults[FAULT_KINDS[below(FAULT_KINDS.length)] ?? "http.empty"];
  const tunnels = new Tunnels({
    policy: {
      ...scriptedPolicy({ connection: anyFault, request: anyFault, isTarget: () => true }),
      record() {},
    },
    timers,
    userAgent: "faultwire/fuzz",
    registeredSides: () => (random() < 0.9 ? ["server", "client"] : ["server"]),
    onEvent: (event) => {
      if (event.type === "bug") bug(`a bug was told: ${event.message}`);
    },
    intercept: {
      identityFor: async ({ serverName, keyType }) => ourAuthority().issue(serverName || "api.test", keyType),
      upstream: { caPem: [theirAuthority().caPem] },
    },
    maxTunnels: 50,
  });
  const mutated = (bytes: Uint8Array): Uint8Array => {
    const copy = bytes.slice(0, random() < 0.3 ? below(bytes.length + 1) : bytes.length);
    if (random() < 0.5 && copy.length > 0)
      for (let times = below(4); times >= 0; times--) copy[below(copy.length)] = below(256);
    return copy;
  };
  const until = Date.now() + milliseconds;
  const isOneOf = (count: number): boolean => below(count) === 0;

  for (; Date.now() < until; result.tunnels++) {
    const id = `t${result.tunnels}`;
    const source = isOneOf(3) ? plain[below(plain.length)] : recordings[below(recordings.length)];
    const [client, server] = source ?? [new Uint8Array(1), new Uint8Array(1)];
    const bytes: Record<Side, Uint8Array> = { client: mutated(client), server: mutated(server) };
    /** What was answered and has to come back, by who has said it. */
    const echoes: Record<Side, Uint8Array[]> = { client: [], server: [] };
    const held = new Set<string>();
    let cancel: (() => void) | undefined;
    const call = (side: Side, kind: "read" | "write", part: Uint8Array): void => {
      const name = `${side}/${kind}`;
      const from: Side = kind === "read" ? side : side === "client" ? "server" : "client";
      result.calls++;
      held.add(name);
      let isAnswered = false;
      try {
        cancel = tunnels.handle({ id, side, kind, chunk: part }, ({ action }) => {
          if (isAnswered) bug(`${name} was answered twice`);
          isAnswered = true;
          result.answered++;
          held.delete(name);
          const echo = action.case === "replace" ? action.value.modifiedChunk : undefined;
          if (kind === "read" && echo && echo.length > 0) echoes[from].push(echo);
          // The host offers again what was not taken.
          if (kind === "write" && echo?.length === 0) echoes[from].unshift(part);
        });
      } catch (error) {
        bug(`${name} has thrown ${error instanceof Error ? error.stack : "no error"}`);
      }
    };
    for (let step = 0; step < 60; step++) {
      const side: Side = isOneOf(2) ? "client" : "server";
      const other: Side = side === "client" ? "server" : "client";
      const [echo] = echoes[side];
      if (isOneOf(3) && echo && !held.has(`${other}/write`)) {
        echoes[side].shift();
        if (echo.length > 8192) echoes[side].unshift(echo.subarray(8192));
        call(other, "write", isOneOf(40) ? mutated(echo.subarray(0, 8192)) : echo.subarray(0, 8192));
      } else if (!held.has(`${side}/read`) && bytes[side].length > 0) {
        const size = isOneOf(2) ? 4096 : 1 + below(300);
        call(side, "read", bytes[side].subarray(0, size));
        bytes[side] = isOneOf(30) ? client : bytes[side].subarray(size);
      }
      if (isOneOf(4)) timers.advance(isOneOf(10) ? 60_000 : below(20));
      if (isOneOf(3)) await new Promise((resolve) => setImmediate(resolve));
      if (isOneOf(500)) tunnels.drain();
    }
    if (isOneOf(2)) {
      result.cancelled += held.size;
      cancel?.();
    }
    if (tunnels.size > 50) bug(`${tunnels.size} tunnels are known`);
    if (timers.armed > 400) bug(`${timers.armed} timers are armed`);
  }
  tunnels.close();
  await new Promise((resolve) => setTimeout(resolve, 50));
  if (timers.armed > 0) bug(`${timers.armed} timers are armed behind the end`);
  return result;
}
