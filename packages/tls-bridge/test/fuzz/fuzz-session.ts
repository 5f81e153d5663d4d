/** One bridge between two real peers whose bytes get spoilt on their way, and whose user does whatever comes to mind. */
import type { SecureVersion } from "node:tls";
import type { TestAuthority } from "@faultwire/testkit/test-authority";
import { ContentType } from "@faultwire/tls-parser";
import {
  type BridgeSide,
  type BridgeState,
  SecureContextCache,
  TlsBridgeError,
  tlsBridgeLimits,
} from "../../src/index.ts";
import { bridged, otherSide } from "../support/bridged.ts";
import { type Impersonator, impersonate, type Places } from "../support/impersonator.ts";
import { MemoryPeer } from "../support/memory-peers.ts";

const HOST = "origin.test";
const sides: readonly BridgeSide[] = ["client", "server"];
/** Turns of the loop within which a bridge has to come to rest: a handful is usual, and a hang is for ever. */
const MAX_TURNS = 5_000;
/** What may wait to be sent beyond what was put in: a handshake's flights. */
const MAX_GROWTH = 65_536;

/** What sessions share, as they would in a program. */
export interface FuzzGround {
  readonly authority: TestAuthority;
  readonly contexts: SecureContextCache;
  readonly caPem: readonly string[];
}

export function fuzzGround(authority: TestAuthority): FuzzGround {
  return { authority, contexts: new SecureContextCache(), caPem: [authority.caPem] };
}

/** How a session ended: the state and, where it failed, why. */
export type FuzzOutcome = `${BridgeState} ${string}`;

/** Runs one session; rejects when the bridge does something that it must never do. */
export async function fuzzSession(ground: FuzzGround, random: () => number): Promise<FuzzOutcome> {
  const below = (limit: number): number => Math.floor(random() * limit);
  const chance = (share: number): boolean => random() < share;
  const pick = <T>(items: readonly T[]): T => items[below(items.length)]!;
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => below(256));

  const version = pick<SecureVersion>(["TLSv1.2", "TLSv1.3"]);
  const client = MemoryPeer.client({
    servername: HOST,
    ca: ground.authority.caPem,
    minVersion: chance(0.5) ? "TLSv1.2" : version,
    ...(chance(0.3) && { ecdhCurve: pick(["X25519:P-256", "ffdhe2048:P-256", "P-521:X25519:P-256"]) }),
  });
  const server = MemoryPeer.server({
    ...ground.authority.issue(HOST, pick(["ecdsa-p256", "rsa-2048"])),
    maxVersion: version,
    ...(chance(0.2) && { ecdhCurve: "P-256" }),
  });
  const peers: Record<BridgeSide, MemoryPeer> = { client, server };
  const { bridge, told } = bridged(ground.authority, {
    contexts: ground.contexts,
    identityFor: async ({ keyType }) => ground.authority.issue(HOST, keyType),
    upstream: { caPem: ground.caPem },
    lockstep: chance(0.5),
  });
  const spoilt = chance(0.9) ? random() * 0.3 : 0;
  let fed = 0;
  let wild = 0;
  const impostors: Partial<Record<BridgeSide, Impersonator>> = {};

  const spoil = (chunk: Uint8Array): Uint8Array => {
    const copy = Uint8Array.from(chunk);
    const at = below(copy.length);
    switch (below(6)) {
      case 0:
        copy[at]! ^= 1 << below(8);
        return copy;
      case 1:
        return copy.subarray(0, at);
      case 2:
        return Buffer.concat([copy.subarray(0, at), bytes(below(40)), copy.subarray(at)]);
      case 3:
        return Buffer.concat([copy, copy]);
      case 4:
        return bytes(below(600));
      default:
        return Buffer.concat([Uint8Array.of(20 + below(5), 3, 3, below(80), below(256)), copy]);
    }
  };

  const check = async (): Promise<void> => {
    let isIdle = false;
    void bridge.idle().then(() => {
      isIdle = true;
    });
    for (let turn = 0; !isIdle; turn++) {
      if (turn > MAX_TURNS) throw new Error("the bridge does not come to rest");
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (bridge.isBusy) throw new Error("idle and busy at once");
    if (told.events.filter((event) => event === told.failure?.code).length > 1)
      throw new Error("failed twice");
    if (told.failure?.code === "internal") throw new Error("internal failure", { cause: told.failure.cause });
    for (const side of sides) {
      if (bridge.waitingBytes(side) > tlsBridgeLimits.bufferedBytes) throw new Error("too much is waiting");
      if (bridge.pendingBytes(side) > fed + wild + MAX_GROWTH) throw new Error("more comes out than went in");
    }
  };

  const push = async (from: BridgeSide, chunk: Uint8Array): Promise<void> => {
    for (let at = 0; at < chunk.length; ) {
      const size = 1 + below(pick([1, 20, 700, 5_000]));
      let part = chunk.subarray(at, at + size);
      at += size;
      if (chance(spoilt / 8)) part = spoil(part);
      fed += part.length;
      bridge.push(from, part);
      if (chance(0.3)) await check();
    }
  };

  /** Undefined where what has got through is too spoilt for us to follow. */
  const impostorOf = (side: BridgeSide, places: Places): Impersonator | undefined => {
    try {
      impostors[side] ??= impersonate(side, peers[side], places);
    } catch {
      return undefined;
    }
    return impostors[side];
  };

  /** Genuine records with whatever in them: what only a peer that has the keys can send. */
  const speak = (side: BridgeSide): void => {
    if (bridge.state !== "established") return;
    const isTls13 = told.session?.version === "TLSv1.3";
    const tickets = side === "server" && isTls13 ? 2 : 0;
    const { sealer } = impostorOf(side, { sent: tickets, received: 0 }) ?? {};
    if (sealer === undefined) return;
    const content = pick([
      bytes(1 + below(30)),
      Uint8Array.of(24, 0, 0, 1, below(3)),
      Uint8Array.of(1 + below(2), below(130)),
      Uint8Array.of(below(25), 0, 0, 0),
      new Uint8Array(0),
    ]);
    const type = pick([...Object.values(ContentType), 99]);
    const sealed = sealer.seal(type, content, isTls13 ? { paddingBytes: below(3) } : {});
    fed += sealed.length;
    bridge.push(side, sealed);
    if (isTls13 && type === ContentType.handshake && content[0] === 24 && content.length === 5)
      sealer.updateKeys();
  };

  const meddle = (): void => {
    const side = pick(sides);
    const actions: readonly (() => void)[] = [
      () => bridge.write(side, bytes(below(300)), { badMac: chance(0.3) }),
      () => bridge.sendAlert(side, 1 + below(2), below(130)),
      () => bridge.updateKeys(side, chance(0.5)),
      () => bridge.sendRaw(side, bytes(below(300))),
      () => (chance(0.2) ? bridge.closeNotify(side) : speak(side)),
      () => (chance(0.05) ? bridge.end() : speak(side)),
      () => speak(side),
    ];
    wild += 1_000;
    try {
      pick(actions)();
    } catch (error) {
      if (!(error instanceof TlsBridgeError)) throw error;
    }
  };

  for (let round = 0; round < 8; round++) {
    for (const from of chance(0.5) ? sides : sides.toReversed()) {
      const chunk = await peers[from].take();
      await push(from, chunk.length > 0 && chance(spoilt) ? spoil(chunk) : chunk);
      if (chance(spoilt)) meddle();
      await check();
      for (const to of sides) peers[to].give(bridge.take(to));
    }
    if (bridge.state === "established" && chance(0.7)) peers[pick(sides)].socket.write(bytes(below(2_000)));
    if (bridge.state === "failed" || bridge.state === "closed") break;
  }
  if (spoilt === 0 && told.failure !== undefined)
    throw new Error(`failed without a reason: ${told.failure.message}`);
  const { state } = bridge;
  bridge.end();
  await check();
  for (const side of sides) peers[otherSide(side)].socket.destroy();
  return `${state} ${told.failure?.code ?? ""}`;
}
