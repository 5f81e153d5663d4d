import type { SecureVersion } from "node:tls";
import { TestAuthority } from "@faultwire/testkit/test-authority";
import { AlertDescription, AlertLevel } from "@faultwire/tls-parser";
import { describe, expect, it } from "vitest";
import type { HandshakeAlert } from "../../src/index.ts";
import { type BridgedOptions, bridged, type Told } from "../support/bridged.ts";
import { recordTypes } from "../support/flights.ts";
import { carry, deliverRest, firstFlights, MemoryPeer } from "../support/memory-peers.ts";
import { alertIn } from "../support/openssl-errors.ts";

const authority = new TestAuthority("bridge alerts");
const HOST = "origin.test";
const versions: readonly SecureVersion[] = ["TLSv1.2", "TLSv1.3"];
const phases: readonly HandshakeAlert["at"][] = ["client-hello", "server-hello", "established"];

interface Outcome {
  readonly client: MemoryPeer;
  readonly server: MemoryPeer;
  readonly told: Told;
}

async function meet(version: SecureVersion, options: BridgedOptions): Promise<Outcome> {
  const client = MemoryPeer.client({
    servername: HOST,
    ca: authority.caPem,
    minVersion: version,
    maxVersion: version,
  });
  const server = MemoryPeer.server({ ...authority.issue(HOST) });
  const { bridge, told } = bridged(authority, options);
  await carry(client, bridge, server);
  await deliverRest(client, bridge, server);
  return { client, server, told };
}

describe.each(versions)("a client of %s", (version) => {
  it.each(phases)("gets the alert that is wanted at %s", async (at) => {
    const handshakeAlert = {
      at,
      level: AlertLevel.fatal,
      description: AlertDescription.insufficientSecurity,
    };
    const { client, told } = await meet(version, { handshakeAlert });
    expect(alertIn(client.error)).toBe("INSUFFICIENT_SECURITY");
    expect(told.events).toEqual(["alert-sent"]);
    expect(told.failure).toMatchObject({ level: 2, description: 71 });
    // In TLS 1.3 the client's own handshake is done when the alert comes, and so it is in TLS 1.2.
    expect(client.socket.authorized).toBe(at === "established");
  });

  it("takes the alert of an upstream that refuses", async () => {
    const { client, told } = await meet(version, { cipherSuites: [0x1301, 0xc02b, 0xc02f] });
    expect(told.events).toEqual(["established"]);
    expect(client.error).toBeUndefined();
    const other = version === "TLSv1.2" ? "TLSv1.3" : "TLSv1.2";
    const refused = MemoryPeer.client({ servername: HOST, minVersion: version, maxVersion: version });
    const server = MemoryPeer.server({ ...authority.issue(HOST), minVersion: other, maxVersion: other });
    const { bridge, told: heard } = bridged(authority);
    await carry(refused, bridge, server);
    expect(heard.events).toEqual(["server alerts 2 70", "upstream-alert"]);
    expect(heard.failure).toMatchObject({ description: AlertDescription.protocolVersion });
    expect(alertIn(refused.error)).toBe("PROTOCOL_VERSION");
  });
});

it("in TLS 1.3 the alert at server-hello comes behind the ServerHello, encrypted", async () => {
  const client = MemoryPeer.client({ servername: HOST, ca: authority.caPem });
  const server = MemoryPeer.server({ ...authority.issue(HOST) });
  const handshakeAlert = {
    at: "server-hello",
    level: 2,
    description: AlertDescription.accessDenied,
  } as const;
  const { bridge } = bridged(authority, { handshakeAlert });
  await firstFlights(client, bridge, server);
  const flight = bridge.take("client");
  expect(recordTypes(flight)).toEqual([22, 20, 23]);
  client.give(flight);
  await client.take();
  expect(alertIn(client.error)).toBe("ACCESS_DENIED");
});

it("a warning at client-hello does not keep TLS 1.2 from going on", async () => {
  const handshakeAlert = {
    at: "client-hello",
    level: 1,
    description: AlertDescription.unrecognizedName,
  } as const;
  const { client, told } = await meet("TLSv1.2", { handshakeAlert });
  expect(told.events).toEqual(["established"]);
  expect(client.socket.authorized).toBe(true);
});

it("the ClientHello goes upstream even where the client is told off for its own: its answer is our next chance to speak", async () => {
  const client = MemoryPeer.client({ servername: HOST });
  const handshakeAlert = {
    at: "client-hello",
    level: 2,
    description: AlertDescription.accessDenied,
  } as const;
  const { bridge } = bridged(authority, { handshakeAlert });
  bridge.push("client", await client.take());
  await bridge.idle();
  expect(recordTypes(bridge.take("server"))).toEqual([22]);
  expect(recordTypes(bridge.take("client"))).toEqual([21]);
});
