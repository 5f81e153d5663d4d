import { TestAuthority } from "@faultwire/testkit/test-authority";
import {
  AlertDescription,
  AlertLevel,
  ContentType,
  encodeAlert,
  encodeRecord,
  HANDSHAKE_HEADER_BYTES,
  RECORD_HEADER_BYTES,
} from "@faultwire/tls-parser";
import { describe, expect, it } from "vitest";
import {
  type BridgeFailure,
  type BridgeSide,
  SecureContextCache,
  TlsBridge,
  TlsBridgeError,
  tlsBridgeLimits,
} from "../../src/index.ts";
import { bridged } from "../support/bridged.ts";
import { alertsIn, changedHello, recordsIn } from "../support/flights.ts";
import { impersonate } from "../support/impersonator.ts";
import { carry, firstFlights, MemoryPeer } from "../support/memory-peers.ts";
import { alertIn } from "../support/openssl-errors.ts";

const authority = new TestAuthority("bridge limits");
const HOST = "origin.test";

const clientOf = (): MemoryPeer => MemoryPeer.client({ servername: HOST, ca: authority.caPem });
const record = (type: number, bytes: number): Uint8Array =>
  encodeRecord({ type, legacyVersion: 0x0303, fragment: new Uint8Array(bytes) });
/** A ClientHello with so many bytes more; an extension has 4 of them. */
const padded = async (bytes: number, maxFragmentBytes?: number): Promise<Uint8Array> => {
  const padding = { type: 0xfafa, kind: "grease", data: new Uint8Array(bytes - 4) } as const;
  return changedHello(await clientOf().take(), (extension) => extension, [padding], maxFragmentBytes);
};

describe("limits", () => {
  it("a ClientHello up to the limit is taken, one beyond it is not", async () => {
    const { bridge, told } = bridged(authority);
    // How long a hello is depends on the groups that this Node's OpenSSL sends shares of.
    const helloBytes = (await clientOf().take()).length - RECORD_HEADER_BYTES - HANDSHAKE_HEADER_BYTES;
    bridge.push("client", await padded(tlsBridgeLimits.clientHelloBytes - helloBytes));
    await bridge.idle();
    expect(told.events).toEqual([]);
    expect(bridge.pendingBytes("server")).toBeGreaterThan(0);
    const beyond = bridged(authority);
    // The first bytes of a message whose body has one byte more.
    const message = Uint8Array.of(22, 3, 1, 0, 4, 1, 1, 0, 1);
    beyond.bridge.push("client", message);
    await beyond.bridge.idle();
    expect(beyond.told.failure).toMatchObject({ code: "limit", limit: "clientHelloBytes", from: "client" });
  });

  it("a hello in records of one byte is handshake without end", async () => {
    const { bridge, told } = bridged(authority);
    const hello = await padded(60_000, 1);
    for (let at = 0; at < hello.length && bridge.state === "handshaking"; at += 4096) {
      bridge.push("client", hello.subarray(at, at + 4096));
      await bridge.idle();
    }
    expect(told.failure).toMatchObject({ code: "limit", limit: "handshakeBytes", from: "client" });
  });

  it("an upstream's endless certificates are too many", async () => {
    const { bridge, told } = bridged(authority);
    bridge.push("client", await clientOf().take());
    await bridge.idle();
    const certificate = Uint8Array.of(22, 3, 3, 0, 4, 11, 4, 0, 1);
    bridge.push("server", certificate);
    await bridge.idle();
    expect(told.failure).toMatchObject({ code: "limit", limit: "handshakeBytes", from: "server" });
    expect(alertsIn(bridge.take("client"))).toEqual([AlertDescription.internalError]);
  });

  it("what a client sends ahead of the upstream's answer is kept up to a limit", async () => {
    const { bridge, told } = bridged(authority);
    bridge.push("client", await clientOf().take());
    await bridge.idle();
    const early = record(23, 16_000);
    let waiting = 0;
    for (; bridge.state === "handshaking"; waiting++) {
      expect(bridge.waitingBytes("client")).toBe(waiting * early.length);
      bridge.push("client", early);
    }
    expect((waiting - 1) * early.length).toBeLessThanOrEqual(tlsBridgeLimits.bufferedBytes);
    expect(told.failure).toMatchObject({ code: "limit", limit: "bufferedBytes", from: "client" });
    expect(bridge.waitingBytes("client")).toBe(0);
  });

  it("small records that come ahead cost more than their bytes, and only so many are kept", async () => {
    const { bridge, told } = bridged(authority);
    bridge.push("client", await clientOf().take());
    await bridge.idle();
    const early = record(23, 0);
    for (let count = 0; count < tlsBridgeLimits.bufferedRecords; count++) bridge.push("client", early);
    expect(bridge.state).toBe("handshaking");
    bridge.push("client", early);
    expect(told.failure).toMatchObject({ code: "limit", limit: "bufferedRecords", from: "client" });
  });

  it.each(["client", "server"] as const)("warnings of the %s without end are too many", async (from) => {
    const [client, server] = [
      clientOf(),
      MemoryPeer.server({ ...authority.issue(HOST), maxVersion: "TLSv1.2" }),
    ];
    const { bridge, told } = bridged(authority);
    bridge.push("client", await client.take());
    await bridge.idle();
    server.give(bridge.take("server"));
    if (from === "client") {
      bridge.push("server", await server.take());
      await bridge.idle();
    }
    const fragment = encodeAlert({
      level: AlertLevel.warning,
      description: AlertDescription.unrecognizedName,
    });
    const warning = encodeRecord({ type: ContentType.alert, legacyVersion: 0x0303, fragment });
    for (let count = 0; count < tlsBridgeLimits.handshakeWarnings; count++) bridge.push(from, warning);
    await bridge.idle();
    expect(told.failure).toBeUndefined();
    bridge.push(from, warning);
    await bridge.idle();
    expect(told.failure).toMatchObject({ code: "limit", limit: "handshakeWarnings", from });
  });

  it("contexts are shared as long as they are used, and only so many are kept", async () => {
    const contexts = new SecureContextCache();
    const caPem = [authority.caPem];
    for (let round = 0; round < 3; round++) {
      const [client, server] = [clientOf(), MemoryPeer.server({ ...authority.issue(HOST) })];
      const { bridge, told } = bridged(authority, { contexts, upstream: { caPem } });
      await carry(client, bridge, server);
      expect(told.events).toEqual(["established"]);
    }
    expect(contexts.size).toBe(2);
    for (let index = 0; index < tlsBridgeLimits.secureContexts + 20; index++)
      contexts.forUpstream({
        versions: ["TLSv1.3"],
        ciphers: "ALL",
        groups: "P-256",
        caPem: [authority.caPem],
        isWeakTaken: false,
      });
    expect(contexts.size).toBe(tlsBridgeLimits.secureContexts);
  });
});

describe("what is not TLS", () => {
  it.each([
    ["HTTP", Buffer.from("GET / HTTP/1.1\r\n\r\n"), AlertDescription.unexpectedMessage],
    ["an alert", Uint8Array.of(21, 3, 1, 0, 2, 2, 40), undefined],
    ["data", record(23, 10), AlertDescription.unexpectedMessage],
    ["another message", Uint8Array.of(22, 3, 1, 0, 4, 2, 0, 0, 0), AlertDescription.unexpectedMessage],
    ["a hello that is none", Uint8Array.of(22, 3, 1, 0, 6, 1, 0, 0, 2, 3, 3), AlertDescription.decodeError],
  ] as const)("%s is refused before anything goes upstream", async (_what, bytes, alert) => {
    const { bridge, told } = bridged(authority);
    bridge.push("client", bytes);
    await bridge.idle();
    expect(bridge.state).toBe("failed");
    expect(told.failure?.code).toBe(alert === undefined ? "client-alert" : "record");
    expect(alertsIn(bridge.take("client"))).toEqual(alert === undefined ? [] : [alert]);
    expect(bridge.pendingBytes("server")).toBe(0);
  });

  it("an upstream that speaks something else is told so, and so is the client", async () => {
    const { bridge, told } = bridged(authority);
    bridge.push("client", await clientOf().take());
    await bridge.idle();
    bridge.take("server");
    bridge.push("server", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"));
    await bridge.idle();
    expect(told.failure).toMatchObject({ code: "record", from: "server" });
    expect(alertsIn(bridge.take("server"))).toEqual([AlertDescription.unexpectedMessage]);
    expect(alertsIn(bridge.take("client"))).toEqual([AlertDescription.internalError]);
  });
});

describe("whoever uses a bridge", () => {
  const pair = (): [MemoryPeer, MemoryPeer] => [clientOf(), MemoryPeer.server({ ...authority.issue(HOST) })];

  it("may not write before it is established, and writes in vain behind its end", async () => {
    const [client, server] = pair();
    const { bridge } = bridged(authority);
    expect(() => bridge.write("client", Buffer.from("x"))).toThrow(TlsBridgeError);
    await carry(client, bridge, server);
    bridge.end();
    bridge.write("client", Buffer.from("x"));
    bridge.closeNotify("client");
    bridge.updateKeys("client");
    bridge.sendRaw("client", Buffer.from("x"));
    bridge.push("client", Buffer.from("x"));
    expect([bridge.state, bridge.pendingBytes("client")]).toEqual(["closed", 0]);
  });

  it("may push within established: what waits from before comes first", async () => {
    const [client, server] = pair();
    const clear: string[] = [];
    let late: Uint8Array | undefined;
    const { bridge } = bridged(authority, {
      handler: {
        established: () => bridge.push("client", late ?? new Uint8Array(0)),
        data: (_from, plaintext) => void clear.push(Buffer.from(plaintext).toString()),
      },
    });
    await firstFlights(client, bridge, server);
    client.give(bridge.take("client"));
    const finished = await client.take();
    client.socket.write("one");
    const one = await client.take();
    client.socket.write("two");
    late = await client.take();
    bridge.push("client", Buffer.concat([finished, one]));
    await bridge.idle();
    expect(clear).toEqual(["one", "two"]);
  });

  it("may send an alert in the middle of a handshake, and no number is sealed twice", async () => {
    for (const level of [AlertLevel.warning, AlertLevel.fatal]) {
      const [client, server] = pair();
      const { bridge, told } = bridged(authority);
      await firstFlights(client, bridge, server);
      client.give(bridge.take("client"));
      const finished = await client.take();
      bridge.sendAlert("client", level, AlertDescription.userCanceled);
      bridge.push("client", finished);
      await bridge.idle();
      expect(told.events).toEqual(["established"]);
      bridge.write("client", Buffer.from("x"));
      const { opener } = impersonate("client", client, { sent: 0, received: 0 });
      const types = recordsIn(bridge.take("client")).map((record) => opener.open(record).contentType);
      expect(types).toEqual(level === AlertLevel.warning ? [21, 23] : [21]);
    }
  });

  it("may write within established, and gets it there before anything else", async () => {
    const [client, server] = pair();
    const { bridge } = bridged(authority, {
      handler: { established: () => bridge.write("client", Buffer.from("welcome")) },
    });
    await carry(client, bridge, server);
    expect(client.text).toBe("welcome");
  });

  it.each(["established", "data", "closeNotify"] as const)(
    "may throw in %s, which ends the session",
    async (method) => {
      const failures: BridgeFailure[] = [];
      const [client, server] = pair();
      const oops = new Error("oops");
      const { bridge } = bridged(authority, {
        handler: {
          [method]: () => {
            throw oops;
          },
          failed: (failure) => {
            failures.push(failure);
            throw new Error("even here");
          },
        },
      });
      await carry(client, bridge, server);
      client.socket.end("bye");
      await carry(client, bridge, server);
      expect(failures).toEqual([expect.objectContaining({ code: "internal", cause: oops })]);
      expect(bridge.state).toBe("failed");
    },
  );

  it("may have no identity, which ends the session", async () => {
    const [client, server] = pair();
    const cause = new Error("no such host");
    const { bridge, told } = bridged(authority, { identityFor: () => Promise.reject(cause) });
    await carry(client, bridge, server);
    expect(told.failure).toMatchObject({ code: "internal", cause });
    expect(alertIn(client.error)).toBe("INTERNAL_ERROR");
  });

  it("may take his time for an identity: the bridge is busy until it is there", async () => {
    const [client, server] = pair();
    let give: () => void = () => {};
    const given = new Promise<void>((resolve) => {
      give = resolve;
    });
    const { bridge } = bridged(authority, {
      identityFor: async ({ serverName, keyType }) => {
        await given;
        return authority.issue(serverName, keyType);
      },
    });
    bridge.push("client", await client.take());
    await bridge.idle();
    server.give(bridge.take("server"));
    bridge.push("server", await server.take());
    let isIdle = false;
    const idle = bridge.idle().then(() => {
      isIdle = true;
    });
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect([isIdle, bridge.isBusy, bridge.pendingBytes("client")]).toEqual([false, true, 0]);
    give();
    await idle;
    expect(bridge.isBusy).toBe(false);
    expect(bridge.pendingBytes("client")).toBeGreaterThan(500);
  });

  it("may end it at any moment: nothing comes any more, and nobody waits for ever", async () => {
    for (let moment = 0; moment < 60; moment += 3) {
      const [client, server] = pair();
      const { bridge, told } = bridged(authority);
      const peers: Record<BridgeSide, MemoryPeer> = { client, server };
      let steps = 0;
      const step = (): boolean => ++steps > moment;
      outer: for (let round = 0; round < 4; round++)
        for (const from of ["client", "server"] as const) {
          bridge.push(from, await peers[from].take());
          const idle = bridge.idle();
          for (let turn = 0; turn < 6; turn++) {
            await new Promise((resolve) => setImmediate(resolve));
            if (step()) break outer;
          }
          await idle;
          for (const to of ["client", "server"] as const) peers[to].give(bridge.take(to));
        }
      const before = [...told.events];
      bridge.end();
      await bridge.idle();
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      expect([
        bridge.state,
        bridge.isBusy,
        bridge.take("client").length + bridge.take("server").length,
      ]).toEqual(["closed", false, 0]);
      expect(told.events).toEqual(before);
    }
  });

  it("may use its memory again as soon as push is back", async () => {
    const [client, server] = pair();
    const { bridge, told } = bridged(authority);
    const peers: Record<BridgeSide, MemoryPeer> = { client, server };
    for (let round = 0; round < 4; round++)
      for (const from of ["client", "server"] as const) {
        const chunk = Uint8Array.from(await peers[from].take());
        bridge.push(from, chunk);
        chunk.fill(0);
        await bridge.idle();
        for (const to of ["client", "server"] as const) peers[to].give(bridge.take(to));
      }
    expect(told.events).toEqual(["established"]);
  });
});

it("nothing is done by a bridge that is only made", async () => {
  const bridge = new TlsBridge({
    identityFor: () => Promise.reject(new Error("unused")),
    handler: { established() {}, data() {}, closeNotify() {}, alert() {}, failed() {} },
  });
  expect([bridge.state, bridge.isBusy]).toEqual(["handshaking", false]);
  await bridge.idle();
});
