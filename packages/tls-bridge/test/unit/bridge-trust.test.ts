import { X509Certificate } from "node:crypto";
import type { SecureVersion } from "node:tls";
import { TestAuthority, type TestIdentity } from "@faultwire/testkit/test-authority";
import {
  AlertDescription,
  AlertLevel,
  ContentType,
  encodeAlert,
  encodeRecord,
  HandshakeReader,
  HandshakeType,
} from "@faultwire/tls-parser";
import { describe, expect, it } from "vitest";
import { type BridgedOptions, bridged, type Told } from "../support/bridged.ts";
import { recordsIn } from "../support/flights.ts";
import { carry, deliverRest, firstFlights, MemoryPeer } from "../support/memory-peers.ts";

const authority = new TestAuthority("bridge trust");
const stranger = new TestAuthority("somebody else");
const HOST = "origin.test";
const versions: readonly SecureVersion[] = ["TLSv1.2", "TLSv1.3"];

interface Outcome {
  readonly client: MemoryPeer;
  readonly server: MemoryPeer;
  readonly told: Told;
}

/** A client that trusts the bridge, and an upstream with that identity. */
async function meet(
  version: SecureVersion,
  identity: TestIdentity,
  options: BridgedOptions = {},
  servername: string | undefined = HOST,
): Promise<Outcome> {
  const client = MemoryPeer.client({
    ca: authority.caPem,
    minVersion: version,
    maxVersion: version,
    checkServerIdentity: () => undefined,
    ...(servername !== undefined && { servername }),
  });
  const server = MemoryPeer.server({ ...identity });
  const { bridge, told } = bridged(authority, {
    identityFor: async ({ keyType }) => authority.issue(HOST, keyType),
    ...options,
  });
  await carry(client, bridge, server);
  await deliverRest(client, bridge, server);
  return { client, server, told };
}

describe.each(versions)("an upstream of %s is not connected to", (version) => {
  const cases = [
    {
      what: "whose issuer nobody trusts",
      identity: () => stranger.issue(HOST),
      reason: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      alert: "UNKNOWN_CA",
    },
    {
      what: "whose certificate has expired",
      identity: () => authority.issue(HOST, "ecdsa-p256", -1),
      reason: "CERT_HAS_EXPIRED",
      alert: "CERTIFICATE_EXPIRED",
    },
    {
      what: "that is somebody else",
      identity: () => authority.issue("other.test"),
      reason: "ERR_TLS_CERT_ALTNAME_INVALID",
      alert: "BAD_CERTIFICATE",
    },
  ];
  it.each(cases)("$what", async ({ identity, reason, alert }) => {
    const { client, server, told } = await meet(version, identity());
    expect(told.events).toEqual(["upstream-untrusted"]);
    expect(told.failure).toMatchObject({ code: "upstream-untrusted", reason, host: HOST });
    expect(client.error?.code).toMatch(new RegExp(`ALERT_${alert}$`));
    expect(server.error?.code).toMatch(new RegExp(`ALERT_${alert}$`));
    expect(client.socket.authorized).toBe(false);
    expect(client.hasEnded).toBe(false);
  });

  it("of which the client did not say who it is, unless somebody else does", async () => {
    const { client, told } = await meet(version, authority.issue("localhost"), {}, "");
    expect(told.failure).toMatchObject({ code: "no-server-name" });
    expect(client.error?.code).toMatch(/ALERT_MISSING_EXTENSION$/);
    const trust = { caPem: [authority.caPem], host: "127.0.0.1" };
    const named = await meet(version, authority.issue("127.0.0.1"), { upstream: trust }, "");
    expect(named.told.events).toEqual(["established"]);
    expect(named.told.session?.serverName).toBe("127.0.0.1");
    const other = await meet(version, authority.issue("127.0.0.2"), { upstream: trust }, "");
    expect(other.told.failure).toMatchObject({ code: "upstream-untrusted", host: "127.0.0.1" });
  });

  it("that a CA signed which is trusted, and which must vouch for no upstream", async () => {
    const distrusted = [new X509Certificate(authority.caPem).publicKey];
    const trust = { caPem: [authority.caPem, stranger.caPem], distrusted };
    const { client, told } = await meet(version, authority.issue(HOST), { upstream: trust });
    expect(told.events).toEqual(["upstream-untrusted"]);
    expect(told.failure?.message).toContain("signed by a CA that vouches for no upstream");
    expect(client.error?.code).toMatch(/ALERT_/);
    expect(client.socket.authorized).toBe(false);
    const other = await meet(version, stranger.issue(HOST), { upstream: trust });
    expect(other.told.events).toEqual(["established"]);
    const insisted = await meet(version, authority.issue(HOST), { upstream: { distrusted, insecure: true } });
    expect(insisted.told.events).toEqual(["established"]);
  });

  it("with nothing but Node's roots to trust", async () => {
    const { told } = await meet(version, authority.issue(HOST), { upstream: {} });
    expect(told.failure).toMatchObject({ code: "upstream-untrusted" });
  });
});

it("an upstream whose certificate is no certificate is refused for what it said, not called untrusted", async () => {
  const client = MemoryPeer.client({ servername: HOST, ca: authority.caPem, maxVersion: "TLSv1.2" });
  const server = MemoryPeer.server({ ...authority.issue(HOST), maxVersion: "TLSv1.2" });
  const { bridge, told } = bridged(authority);
  bridge.push("client", await client.take());
  await bridge.idle();
  server.give(bridge.take("server"));
  const flight = await server.take();
  const messages = recordsIn(flight).flatMap(({ fragment }) => [...new HandshakeReader().push(fragment)]);
  const certificate = messages.find(({ type }) => type === HandshakeType.certificate)!;
  // Behind the lengths of the list and of its first entry: the outermost tag of the server's certificate.
  flight[flight.indexOf(certificate.body) + 6] = 0x04;
  bridge.push("server", flight);
  await bridge.idle();
  expect(told.failure).toMatchObject({ code: "handshake", from: "server" });
});

it.each(versions)("an untrusted upstream of %s is taken where the user insists", async (version) => {
  const { told } = await meet(version, stranger.issue("other.test"), { upstream: { insecure: true } });
  expect(told.events).toEqual(["established"]);
});

it.each(versions)(
  "an upstream of %s that asks for a client certificate is given up, and is told so",
  async (version) => {
    const client = MemoryPeer.client({ servername: HOST, ca: authority.caPem });
    const server = MemoryPeer.server(
      { ...authority.issue(HOST), ca: authority.caPem, maxVersion: version },
      { requestCert: true, rejectUnauthorized: false },
    );
    const { bridge, told } = bridged(authority);
    await carry(client, bridge, server);
    await deliverRest(client, bridge, server);
    expect(told.events).toEqual(["upstream-asks-for-certificate"]);
    expect(told.failure).toMatchObject({ host: HOST });
    expect([client.error?.code, server.error?.code]).toEqual(
      Array(2).fill(expect.stringMatching(/ALERT_HANDSHAKE_FAILURE$/)),
    );
  },
);

// What OpenSSL's own clients and curl say is in bridge-processes.test.ts; Node's client hangs up without a word.
it.each(versions)(
  "a client of %s that does not trust us is told from one that has another complaint",
  async (version) => {
    const complain = async (description: number): Promise<readonly [Told, MemoryPeer]> => {
      const client = MemoryPeer.client({ servername: HOST, minVersion: version, maxVersion: version });
      const server = MemoryPeer.server({ ...authority.issue(HOST) });
      const { bridge, told } = bridged(authority);
      await firstFlights(client, bridge, server);
      const alert = encodeAlert({ level: AlertLevel.fatal, description });
      bridge.push(
        "client",
        encodeRecord({ type: ContentType.alert, legacyVersion: 0x0303, fragment: alert }),
      );
      await bridge.idle();
      await deliverRest(client, bridge, server);
      return [told, server];
    };
    const [untrusted, server] = await complain(AlertDescription.unknownCa);
    expect(untrusted.failure).toMatchObject({ code: "client-rejects-certificate", description: 48 });
    expect(untrusted.events[0]).toBe("client alerts 2 48");
    expect(server.error).toBeUndefined();
    const [other] = await complain(AlertDescription.insufficientSecurity);
    expect(other.failure).toMatchObject({ code: "client-alert", level: 2, description: 71 });
  },
);
