import { TestAuthority } from "@faultwire/testkit/test-authority";
import {
  AlertDescription,
  CipherSuite,
  ContentType,
  decodeServerHello,
  ExtensionType,
  encodeRecord,
  HANDSHAKE_HEADER_BYTES,
  RECORD_HEADER_BYTES,
} from "@faultwire/tls-parser";
import { expect, it } from "vitest";
import { bridged } from "../support/bridged.ts";
import { alertsIn, changedHello, recordsIn } from "../support/flights.ts";
import { MemoryPeer } from "../support/memory-peers.ts";

const authority = new TestAuthority("handshake records");
const HOST = "origin.test";
const helloAt = RECORD_HEADER_BYTES + HANDSHAKE_HEADER_BYTES;
const nonsense = encodeRecord({
  type: ContentType.applicationData,
  legacyVersion: 0x0303,
  fragment: new Uint8Array(40).fill(7),
});

it("0-RTT data are skipped before a second ClientHello, and refused behind it", async () => {
  const client = MemoryPeer.client({
    servername: HOST,
    ca: authority.caPem,
    minVersion: "TLSv1.3",
    ecdhCurve: "ffdhe2048:P-256",
  });
  const { bridge, told } = bridged(authority, { alone: true });
  const push = async (bytes: Uint8Array): Promise<void> => {
    bridge.push("client", bytes);
    await bridge.idle();
  };
  const earlyData = { type: ExtensionType.earlyData, kind: "earlyData" } as const;
  await push(changedHello(await client.take(), (extension) => extension, [earlyData]));
  client.give(bridge.take("client"));
  await push(nonsense);
  await push(await client.take());
  expect(told.events).toEqual([]);
  await push(nonsense);
  expect(told.failure).toMatchObject({
    code: "record",
    from: "client",
    description: AlertDescription.badRecordMac,
  });
});

it("an encrypted record of an upstream's that says it is a handshake in clear is refused as that", async () => {
  const client = MemoryPeer.client({ servername: HOST, ca: authority.caPem });
  const server = MemoryPeer.server({ ...authority.issue(HOST) });
  const { bridge, told } = bridged(authority);
  bridge.push("client", await client.take());
  await bridge.idle();
  server.give(bridge.take("server"));
  for (const { type, bytes } of recordsIn(await server.take())) {
    const record = Uint8Array.from(bytes);
    if (type === ContentType.applicationData) record[0] = ContentType.handshake;
    bridge.push("server", record);
  }
  await bridge.idle();
  expect(told.failure).toMatchObject({ code: "handshake", from: "server" });
  expect(alertsIn(bridge.take("server"))).toEqual([AlertDescription.unexpectedMessage]);
});

it("an upstream that chooses a suite which nobody offered gets OpenSSL's alert", async () => {
  const version = { minVersion: "TLSv1.2", maxVersion: "TLSv1.2" } as const;
  const client = MemoryPeer.client({ servername: HOST, ca: authority.caPem, ...version });
  const server = MemoryPeer.server({ ...authority.issue(HOST), ...version });
  const { bridge, told } = bridged(authority);
  bridge.push("client", await client.take());
  await bridge.idle();
  server.give(bridge.take("server"));
  const flight = Uint8Array.from(await server.take());
  const sessionIdAt = helloAt + 2 + 32;
  const suiteAt = sessionIdAt + 1 + flight[sessionIdAt]!;
  flight.set([0, CipherSuite.TLS_RSA_WITH_AES_128_CBC_SHA], suiteAt);
  bridge.push("server", flight);
  await bridge.idle();
  expect(told.failure).toMatchObject({ code: "handshake", from: "server" });
  expect(alertsIn(bridge.take("server"))).toEqual([AlertDescription.illegalParameter]);
});

it.each(["0304", "03ff", "0400"])(
  "a hello of version 0x%s without a list of versions is served with TLS 1.2",
  async (version) => {
    const client = MemoryPeer.client({ servername: HOST, ca: authority.caPem, maxVersion: "TLSv1.2" });
    const { bridge, told } = bridged(authority, { alone: true });
    const hello = Uint8Array.from(await client.take());
    hello.set(Buffer.from(version, "hex"), helloAt);
    bridge.push("client", hello);
    await bridge.idle();
    expect(told.failure).toBeUndefined();
    const [answer] = recordsIn(bridge.take("client"));
    const body = answer!.fragment.subarray(HANDSHAKE_HEADER_BYTES);
    const length = (answer!.fragment[2]! << 8) | answer!.fragment[3]!;
    expect(decodeServerHello(body.subarray(0, length))).toMatchObject({
      kind: "serverHello",
      legacyVersion: 0x0303,
    });
    bridge.end();
  },
);
