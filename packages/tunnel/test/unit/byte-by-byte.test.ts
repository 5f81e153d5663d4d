/** A client that sends a byte in each chunk must not make a tunnel copy what it has again and again. */
import { concatBytes } from "@faultwire/testkit/chunkers";
import { copiedBytes } from "@faultwire/testkit/copied-bytes";
import { manualTimers } from "@faultwire/testkit/manual-timers";
import { ContentType, encodeRecord, HandshakeType } from "@faultwire/tls-parser";
import { expect, it } from "vitest";
import { scriptedPolicy } from "../../../fault-session/test/support/scripted-policy.ts";
import { Tunnels } from "../../src/index.ts";
import { ourAuthority } from "../support/https-tunnel.ts";

/** The records of a ClientHello that is not whole yet. */
function beginningOfHello(recordBytes: number): Uint8Array {
  const message = new Uint8Array(12_000);
  message.set([HandshakeType.clientHello, 0, 0xff, 0xf0]);
  const records: Uint8Array[] = [];
  for (let at = 0; at < message.length; at += recordBytes) {
    const fragment = message.subarray(at, at + recordBytes);
    records.push(encodeRecord({ type: ContentType.handshake, legacyVersion: 0x0301, fragment }));
  }
  return concatBytes(records);
}

it.each([
  ["a ClientHello", beginningOfHello(12_000)],
  ["a ClientHello in records of ten bytes", beginningOfHello(10)],
])("%s, a byte in each chunk, is copied a few times", (_, stream) => {
  const timers = manualTimers();
  const tunnels = new Tunnels({
    policy: scriptedPolicy(),
    timers,
    userAgent: "test",
    registeredSides: () => ["server", "client"],
    onEvent: () => {},
    intercept: {
      identityFor: async ({ serverName, keyType }) => ourAuthority().issue(serverName, keyType),
      upstream: {},
    },
  });
  const call = (side: "client" | "server", kind: "read" | "write", chunk: Uint8Array): void => {
    let isAnswered = false;
    let filler: Uint8Array | undefined;
    tunnels.handle({ id: "t", side, kind, chunk }, ({ action }) => {
      isAnswered = true;
      if (action.case === "replace" && kind === "read") filler = action.value.modifiedChunk;
    });
    for (let ms = 0; !isAnswered && timers.armed > 0 && ms < 60_000; ms++) timers.advance(1);
    expect(isAnswered).toBe(true);
    if (filler !== undefined && filler.length > 0) call("server", "write", filler);
  };
  // Until the tunnel knows that the host wraps both sides.
  for (let at = 0; at < 100; at++) call("client", "read", stream.subarray(at, at + 1));
  const copied = copiedBytes(() => {
    for (let at = 100; at < stream.length; at++) call("client", "read", stream.subarray(at, at + 1));
  });
  tunnels.close();
  expect(copied).toBeLessThan(10 * stream.length);
});
