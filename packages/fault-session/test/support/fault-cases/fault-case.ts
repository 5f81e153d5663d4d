/** What a case of a fault is, and how most of them begin. */
import type { Fault, FaultKind, TrafficWay } from "@faultwire/fault-engine";
import { expect } from "vitest";
import type { EndKind } from "../../../src/index.ts";
import { type Arrival, FaultRig, type FaultRigOptions, type Setting } from "../fault-rig.ts";
import { seenEnd } from "../link.ts";
import { post } from "../sample-faults.ts";

/** A fault on the ways on which it is carried out: throws where what is seen is not what it should be. */
export interface FaultCase {
  readonly kind: FaultKind;
  readonly does: string;
  readonly ways: readonly TrafficWay[];
  readonly run: (on: Setting) => Promise<void>;
}

export const allWays: readonly TrafficWay[] = ["opaque", "decrypted", "plain"];
/** The ways on which requests are seen. */
export const openWays: readonly TrafficWay[] = ["decrypted", "plain"];
export const tlsWays: readonly TrafficWay[] = ["opaque", "decrypted"];

/** Turns of the clock that a handshake takes, and its tickets. */
export const handshakeMs = 60;

export interface Exchanged {
  readonly rig: FaultRig;
  readonly arrivals: readonly Arrival[];
  readonly text: string;
}

/** A request that a fault happens to, on a connection that is there already. */
export async function exchangeWith(
  on: Setting,
  fault: Fault,
  answer: FaultRigOptions["answer"],
  ms = 100,
  more: Partial<FaultRigOptions> & { readonly request?: string } = {},
): Promise<Exchanged> {
  const { request = post, ...options } = more;
  const rig = new FaultRig({
    ...on,
    requests: [fault],
    ...(answer === undefined ? {} : { answer }),
    ...options,
  });
  await rig.handshake();
  const arrivals = await rig.exchange(request, ms);
  return { rig, arrivals, text: arrivals.map(({ text }) => text).join("") };
}

/** The client's connection has ended like that, and with it the upstream's where a carrier can have that. */
export function expectEnd(rig: FaultRig, how: EndKind): void {
  expect(rig.clientEnd).toBe(seenEnd(rig.carrier, how));
  if (rig.carrier.isExact) expect(rig.upstreamEnd).toBeDefined();
}

/** The body of a response whose body is chunked, and whether it is whole. */
export function dechunk(text: string): { readonly body: string; readonly isWhole: boolean } {
  let rest = text.slice(text.indexOf("\r\n\r\n") + 4);
  let body = "";
  for (;;) {
    const size = /^([0-9a-f]+)\r\n/i.exec(rest);
    if (!size) return { body: body + rest, isWhole: false };
    const bytes = Number.parseInt(size[1] ?? "", 16);
    rest = rest.slice(size[0].length);
    if (bytes === 0) return { body, isWhole: rest === "\r\n" };
    body += rest.slice(0, bytes);
    if (rest.length < bytes + 2) return { body, isWhole: false };
    rest = rest.slice(bytes + 2);
  }
}
