/** The bridge that ends TLS: bytes of strangers on both sides, and sessions between real peers that are spoilt. */

import { TestAuthority } from "@faultwire/testkit/test-authority";
import { handshakeVectors, helloVectors, oddHellos } from "@faultwire/testkit/tls-vectors";
import { SecureContextCache, tlsBridgeLimits } from "../../packages/tls-bridge/src/index.ts";
import { fuzzGround, fuzzSession } from "../../packages/tls-bridge/test/fuzz/fuzz-session.ts";
import { bridged } from "../../packages/tls-bridge/test/support/bridged.ts";
import { deed, deedsOf, script } from "../contract/script.ts";
import { holds, type Target } from "../contract/target.ts";

const authority = new TestAuthority("bridge fuzz");
const ground = fuzzGround(authority);
const contexts = new SecureContextCache();
const identities = new Map<string, ReturnType<TestAuthority["issue"]>>();
/** Whether the first byte asks for a session between real peers. */
const isSession = (first: number): boolean => (first & 7) === 7;
const maxTurns = 5_000;

/** Numbers in [0, 1) out of an input, and others from a seed when it is at its end. */
function numbersOf(input: Uint8Array): () => number {
  let at = 0;
  let state = input.length + 1;
  return () => {
    if (at + 1 < input.length) {
      at += 2;
      return (((input[at - 2] ?? 0) << 8) | (input[at - 1] ?? 0)) / 65_536;
    }
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return state / 0x8000_0000;
  };
}

export const target: Target = {
  maxBytes: 2500,
  maxSteps: 20_000_000,
  words: [
    "\x16\x03\x01",
    "\x16\x03\x03",
    "\x15\x03\x03\x00\x02\x02\x28",
    "\x14\x03\x03\x00\x01\x01",
    "\x17\x03\x03",
    "\xf7\x00",
    "\xf7\x01",
    "\x18\x00\x00\x01\x00",
  ],
  seeds: () => [
    ...helloVectors()
      .slice(0, 16)
      .map(({ bytes }) => script([0], deed(0, 0, bytes.subarray(0, 1200)))),
    ...oddHellos()
      .slice(0, 12)
      .map(({ bytes }) => script([1], deed(0, 0, bytes.subarray(0, 1200)))),
    ...handshakeVectors()
      .slice(0, 10)
      .map(({ chunks }) =>
        script(
          [2],
          ...chunks
            .slice(0, 6)
            .map(({ from, bytes }) => deed(from === "client" ? 0 : 1, 0, bytes.subarray(0, 600))),
        ),
      ),
    ...[1, 2, 3, 4, 5, 6].map((seed) => Uint8Array.from([7, ...Buffer.alloc(60, seed * 37)])),
  ],
  async run(input) {
    const [first = 0] = input;
    if (isSession(first)) {
      await fuzzSession(ground, numbersOf(input.subarray(1)));
      return;
    }
    const { bridge, told } = bridged(authority, {
      contexts,
      identityFor: async ({ serverName, keyType }) => {
        const name = serverName || "origin.test";
        const key = `${keyType} ${identities.size < 50 ? name : "origin.test"}`;
        const identity = identities.get(key) ?? authority.issue("origin.test", keyType);
        identities.set(key, identity);
        return identity;
      },
      lockstep: (first & 8) !== 0,
    });
    let fed = 0;
    const rest = async (): Promise<void> => {
      let isIdle = false;
      void bridge.idle().then(() => {
        isIdle = true;
      });
      for (let turn = 0; !isIdle; turn++) {
        holds(turn < maxTurns, "the bridge comes to rest");
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    for (const { what, how, bytes } of deedsOf(input.subarray(1)).slice(0, 30)) {
      const side = (what & 1) === 0 ? "client" : "server";
      const size = how === 0 ? bytes.length || 1 : how;
      for (let at = 0; at < bytes.length; at += size) {
        const part = Uint8Array.from(bytes.subarray(at, at + size));
        fed += part.length;
        bridge.push(side, part);
      }
      await rest();
      for (const of of ["client", "server"] as const) {
        holds(bridge.waitingBytes(of) <= tlsBridgeLimits.bufferedBytes, "little is waiting");
        holds(bridge.pendingBytes(of) <= fed + 65_536, "what comes out stands in proportion to what came in");
        bridge.take(of);
      }
    }
    holds(told.failure?.code !== "internal", `no failure of ours: ${told.failure?.message}`);
    holds(told.events.filter((event) => event === told.failure?.code).length <= 1, "fails once");
    bridge.end();
    await rest();
  },
};
