import { TestAuthority } from "@faultwire/testkit/test-authority";
import { AlertDescription, ContentType, decodeAlert } from "@faultwire/tls-parser";
import { describe, expect, it } from "vitest";
import { RecordOpener, RecordSealer, type TlsBridge } from "../../src/index.ts";
import { bridged, type Told } from "../support/bridged.ts";
import { alertsIn, recordsIn } from "../support/flights.ts";
import { impersonate } from "../support/impersonator.ts";
import { firstFlights, MemoryPeer } from "../support/memory-peers.ts";

const authority = new TestAuthority("tls12 finished");
const HOST = "origin.test";
const version = { minVersion: "TLSv1.2", maxVersion: "TLSv1.2" } as const;

interface Meeting {
  readonly bridge: TlsBridge;
  readonly told: Told;
  readonly client: MemoryPeer;
  readonly server: MemoryPeer;
}

/** Up to the client's second flight, which is still to be taken. */
async function begun(): Promise<Meeting> {
  const client = MemoryPeer.client({ servername: HOST, ca: authority.caPem, ...version });
  const server = MemoryPeer.server({ ...authority.issue(HOST), ...version });
  const { bridge, told } = bridged(authority);
  await firstFlights(client, bridge, server);
  client.give(bridge.take("client"));
  return { bridge, told, client, server };
}

/** A flight that ends with a peer's Finished, sent in another way: sealed anew from the first number on. */
function changed(
  side: "client" | "server",
  peer: MemoryPeer,
  flight: Uint8Array,
  seal: (sealer: RecordSealer, finished: Uint8Array) => Uint8Array,
): { flight: Uint8Array; sealer: RecordSealer } {
  const { secretsOf } = impersonate(side, peer, { sent: 0, received: 0 });
  const records = recordsIn(flight);
  const { plaintext } = new RecordOpener(secretsOf(side, 0)).open(records.at(-1)!);
  const sealer = new RecordSealer(secretsOf(side, 0));
  const before = records.slice(0, -1).map(({ bytes }) => bytes);
  return { flight: Buffer.concat([...before, seal(sealer, plaintext)]), sealer };
}

const inPieces =
  (bytes: number) =>
  (sealer: RecordSealer, finished: Uint8Array): Uint8Array =>
    sealer.seal(ContentType.handshake, finished, { maxPlaintextBytes: bytes });

const ways = [
  { what: "in one record", seal: inPieces(16) },
  { what: "in two", seal: inPieces(15) },
  { what: "in four", seal: inPieces(4) },
  { what: "byte by byte", seal: inPieces(1) },
];

describe.each(ways)("a TLS 1.2 Finished $what", ({ seal }) => {
  it("of the client's: what it sends behind it opens", async () => {
    const { bridge, told, client, server } = await begun();
    const { flight, sealer } = changed("client", client, await client.take(), seal);
    bridge.push("client", flight);
    await bridge.idle();
    server.give(bridge.take("server"));
    bridge.push("server", await server.take());
    await bridge.idle();
    expect(told.failure).toBeUndefined();
    bridge.push("client", sealer.seal(ContentType.applicationData, Buffer.from("question")));
    server.give(bridge.take("server"));
    server.socket.write("answer");
    bridge.push("server", await server.take());
    client.give(bridge.take("client"));
    await client.take();
    expect([server.text, client.text]).toEqual(["question", "answer"]);
    expect(told.failure).toBeUndefined();
  });

  it("of the upstream's: what it sends behind it opens", async () => {
    const { bridge, told, client, server } = await begun();
    bridge.push("client", await client.take());
    await bridge.idle();
    server.give(bridge.take("server"));
    const { flight, sealer } = changed("server", server, await server.take(), seal);
    bridge.push("server", flight);
    await bridge.idle();
    client.give(bridge.take("client"));
    client.socket.write("question");
    bridge.push("client", await client.take());
    server.give(bridge.take("server"));
    await server.take();
    bridge.push("server", sealer.seal(ContentType.applicationData, Buffer.from("answer")));
    client.give(bridge.take("client"));
    await client.take();
    expect([server.text, client.text]).toEqual(["question", "answer"]);
    expect(told.failure).toBeUndefined();
  });
});

describe("a TLS 1.2 Finished with the beginning of another message in its record", () => {
  const withMore = (sealer: RecordSealer, finished: Uint8Array): Uint8Array =>
    sealer.seal(ContentType.handshake, Buffer.concat([finished, Uint8Array.of(0)]));

  it("of the client's is refused", async () => {
    const { bridge, told, client, server } = await begun();
    bridge.push("client", changed("client", client, await client.take(), withMore).flight);
    await bridge.idle();
    server.give(bridge.take("server"));
    bridge.push("server", await server.take());
    await bridge.idle();
    expect(told.failure).toMatchObject({ code: "record", from: "client", description: 10 });
    expect(alertsIn(bridge.take("client"))).toEqual([AlertDescription.unexpectedMessage]);
  });

  it("of the upstream's is refused", async () => {
    const { bridge, told, client, server } = await begun();
    bridge.push("client", await client.take());
    await bridge.idle();
    server.give(bridge.take("server"));
    const opener = impersonate("server", server, { sent: 0, received: 0 }).opener;
    bridge.push("server", changed("server", server, await server.take(), withMore).flight);
    await bridge.idle();
    expect(told.failure).toMatchObject({ code: "record", from: "server", description: 10 });
    const [alert] = recordsIn(bridge.take("server"));
    expect(decodeAlert(opener.open(alert!).plaintext).description).toBe(AlertDescription.unexpectedMessage);
  });
});
