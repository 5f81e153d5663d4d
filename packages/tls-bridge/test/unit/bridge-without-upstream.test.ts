/** A session with the client alone, where the upstream can't be had: by our own choice, and with nothing for a stranger. */
import type { SecureVersion } from "node:tls";
import { TestAuthority } from "@faultwire/testkit/test-authority";
import { describe, expect, it } from "vitest";
import { type BridgedOptions, bridged } from "../support/bridged.ts";
import { carry, MemoryPeer } from "../support/memory-peers.ts";

const authority = new TestAuthority("without upstream");
const stranger = new TestAuthority("somebody else");
const HOST = "origin.test";
const versions: readonly SecureVersion[] = ["TLSv1.2", "TLSv1.3"];
const alone: BridgedOptions = { withoutUpstream: true, lockstep: false };

function clientOf(version: SecureVersion): MemoryPeer {
  return MemoryPeer.client({
    ca: authority.caPem,
    servername: HOST,
    minVersion: version,
    maxVersion: version,
    ALPNProtocols: ["http/1.1"],
  });
}

describe.each(versions)("with a client of %s", (version) => {
  it("comes about at once, and nothing is said to an upstream, where none is wanted", async () => {
    const client = clientOf(version);
    const nobody = MemoryPeer.server({ ...authority.issue(HOST) });
    const { bridge, told } = bridged(authority, { alone: true, lockstep: false });
    const moved = await carry(client, bridge, nobody, { lockstep: false });
    expect(moved.server).toBe(0);
    expect(client.socket.authorized).toBe(true);
    expect(told.session).toMatchObject({ version, server: undefined });
    bridge.write("client", Buffer.from("answer"));
    client.give(bridge.take("client"));
    await client.take();
    expect(client.text).toBe("answer");
    bridge.end();
  });

  it("comes about where the upstream can't be reached, and lasts until both have said goodbye", async () => {
    const client = clientOf(version);
    const nobody = MemoryPeer.server({ ...authority.issue(HOST) });
    const { bridge, told } = bridged(authority, alone);
    bridge.push("client", await client.take());
    await bridge.idle();
    expect(bridge.take("server").length).toBeGreaterThan(0);
    bridge.unreachable("ECONNREFUSED");
    await bridge.idle();
    client.give(bridge.take("client"));
    await carry(client, bridge, nobody, { lockstep: false });
    expect(client.socket.authorized).toBe(true);
    expect(client.socket.alpnProtocol).toBe("http/1.1");
    expect(told.session).toMatchObject({
      serverName: HOST,
      version,
      client: { alpnProtocol: "http/1.1" },
      server: undefined,
      upstreamFailure: { code: "upstream-unreachable", reason: "ECONNREFUSED" },
    });
    expect(bridge.hasLeftUpstream).toBe(true);

    client.socket.write("question");
    const moved = await carry(client, bridge, nobody, { lockstep: false });
    expect(Buffer.concat(told.clear.client).toString()).toBe("question");
    expect(moved.server).toBe(0);
    bridge.write("client", Buffer.from("answer"));
    client.give(bridge.take("client"));
    await client.take();
    expect(client.text).toBe("answer");

    bridge.closeNotify("client");
    client.give(bridge.take("client"));
    client.socket.end();
    await carry(client, bridge, nobody, { lockstep: false });
    expect(bridge.state).toBe("closed");
    expect(told.failure).toBeUndefined();
  });

  const untrusted = [
    ["whose issuer nobody trusts", () => stranger.issue(HOST)],
    ["whose certificate has expired", () => authority.issue(HOST, "ecdsa-p256", -1)],
    ["that is somebody else", () => authority.issue("other.test")],
  ] as const;
  it.each(untrusted)(
    "comes about beside an upstream %s, which hears nothing of it",
    async (_what, identity) => {
      const client = clientOf(version);
      const server = MemoryPeer.server({ ...identity() });
      const { bridge, told } = bridged(authority, alone);
      await carry(client, bridge, server, { lockstep: false });
      expect(client.socket.authorized).toBe(true);
      expect(told.events).toEqual(["established"]);
      expect(told.session?.upstreamFailure).toMatchObject({ code: "upstream-untrusted", host: HOST });
      expect(server.error?.code).toMatch(/ALERT/);
      client.socket.write("secret");
      const moved = await carry(client, bridge, server, { lockstep: false });
      expect(Buffer.concat(told.clear.client).toString()).toBe("secret");
      expect(moved.server).toBe(0);
      expect(server.received).toEqual([]);
      // What it still says is dropped, and does no harm.
      for (let count = 0; count < 100; count++) bridge.push("server", new Uint8Array(16_384));
      expect(bridge.state).toBe("established");
    },
  );

  it("does not come about where it was not asked for", async () => {
    const client = clientOf(version);
    const { bridge, told } = bridged(authority, { lockstep: false });
    bridge.push("client", await client.take());
    await bridge.idle();
    bridge.unreachable("ECONNREFUSED");
    await bridge.idle();
    expect(told.events).toEqual(["upstream-unreachable"]);
  });
});

it("comes about where nobody was dialled yet", async () => {
  const client = clientOf("TLSv1.3");
  const nobody = MemoryPeer.server({ ...authority.issue(HOST) });
  const { bridge, told } = bridged(authority, alone);
  bridge.unreachable("ENOTFOUND");
  await carry(client, bridge, nobody, { lockstep: false });
  expect(told.session?.upstreamFailure).toMatchObject({ code: "upstream-unreachable", reason: "ENOTFOUND" });
  expect(client.socket.authorized).toBe(true);
});

it("has no word for the upstream once it is established: a late failure to reach it ends the session", async () => {
  const client = clientOf("TLSv1.3");
  const server = MemoryPeer.server({ ...authority.issue(HOST) });
  const { bridge, told } = bridged(authority, alone);
  await carry(client, bridge, server, { lockstep: false });
  bridge.unreachable("ECONNREFUSED");
  expect(told.events).toEqual(["established", "upstream-unreachable"]);
});
