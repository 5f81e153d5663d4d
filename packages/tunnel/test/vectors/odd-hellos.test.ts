/** Hellos with an extension that its RFC does not allow: they are opened like any other, or what is not read is told. */
import type { EngineEvent } from "@faultwire/fault-engine";
import type { Side } from "@faultwire/fault-session";
import { chunksOf } from "@faultwire/testkit/chunkers";
import { TlsMemoryPeer } from "@faultwire/testkit/tls-memory-peer";
import { helloVectors, oddHellos } from "@faultwire/testkit/tls-vectors";
import {
  type ClientHello,
  type ClientHelloExtension,
  ClientHelloReader,
  ContentType,
  ExtensionType,
  encodeHandshake,
  encodeRecords,
  HandshakeType,
  RecordReader,
} from "@faultwire/tls-parser";
import { describe, expect, it } from "vitest";
import {
  type ScriptedPolicyOptions,
  scriptedPolicy,
} from "../../../fault-session/test/support/scripted-policy.ts";
import { ourAuthority, theirAuthority } from "../support/https-tunnel.ts";
import { TunnelProbe } from "../support/tunnel-probe.ts";

interface Played {
  readonly probe: TunnelProbe;
  /** What the policy was asked with. */
  readonly met: readonly {
    way: string;
    host: string;
    alpnProtocols: readonly string[];
    hello: ClientHello;
  }[];
  /** The first message that the client got. */
  readonly firstMessage: number | undefined;
  readonly upstreamGot: Uint8Array;
  readonly told: readonly EngineEvent[];
}

/** A client that says this and nothing more, and an upstream that speaks TLS. */
async function play(
  chunks: readonly Uint8Array[],
  setting: {
    sides?: readonly Side[];
    isClosed?: boolean;
    connection?: ScriptedPolicyOptions["connection"];
  } = {},
): Promise<Played> {
  const met: { way: string; host: string; alpnProtocols: readonly string[]; hello: ClientHello }[] = [];
  const policy = scriptedPolicy({
    isTarget: (host) => host === "api.anthropic.com",
    connection: (number, connection) => {
      const { way, host, alpnProtocols, clientHello } = connection;
      met.push({ way, host, alpnProtocols, hello: clientHello! });
      return setting.connection?.(number, connection) ?? null;
    },
  });
  const intercept = {
    identityFor: async ({ serverName, keyType }: Parameters<Identify>[0]) =>
      ourAuthority().issue(serverName, keyType),
    upstream: { caPem: [theirAuthority().caPem] },
  };
  const { sides = ["server", "client"], isClosed = false } = setting;
  const probe = new TunnelProbe({ policy, sides, ...(isClosed ? {} : { intercept }) });
  const upstream = TlsMemoryPeer.server(theirAuthority().issue("api.anthropic.com"));
  for (const chunk of chunks) probe.says("client", chunk);
  let given = 0;
  for (let quiet = 0; quiet < 20; quiet++) {
    const said = await upstream.take();
    probe.says("server", said);
    await probe.run(1);
    const got = probe.got("server");
    if (said.length > 0 || got.length > given) quiet = 0;
    upstream.give(got.subarray(given));
    given = got.length;
  }
  const [first] = new RecordReader().push(probe.got("client"));
  const firstMessage = first?.type === ContentType.handshake ? first.fragment[0] : undefined;
  return { probe, met, firstMessage, upstreamGot: probe.got("server"), told: policy.events };
}

type Identify = NonNullable<
  NonNullable<ConstructorParameters<typeof TunnelProbe>[0]["intercept"]>["identityFor"]
>;

describe.each(oddHellos())("a hello with an odd extension: $name", ({ bytes }) => {
  it.each([
    ["whole", [bytes]],
    ["byte by byte", chunksOf(bytes, 1)],
    ["in chunks of 100", chunksOf(bytes, 100)],
  ])("is opened, and the rules know who it is: %s", async (_, chunks) => {
    const { met, firstMessage, upstreamGot, probe } = await play(chunks);
    expect(met).toMatchObject([{ way: "decrypted", host: "api.anthropic.com", alpnProtocols: ["http/1.1"] }]);
    expect(met[0]!.hello.cipherSuites).toHaveLength(31);
    // The upstream gets a hello of the bridge's own, the client a ServerHello, or OpenSSL's own alert.
    expect(Buffer.compare(upstreamGot.subarray(0, bytes.length), bytes)).not.toBe(0);
    if (firstMessage === undefined) expect(probe.got("client")[0]).toBe(ContentType.alert);
    else expect(firstMessage).toBe(HandshakeType.serverHello);
    expect(probe.events.filter(({ type }) => type === "unread")).toEqual([]);
  });

  it.each([["server", "client"], ["server"]] as const)(
    "is met where it stays closed: %s %s",
    async (...sides) => {
      const { met, probe } = await play([bytes], {
        sides: sides.filter((side) => side !== undefined),
        isClosed: true,
        connection: () => ({ kind: "connection.close", at: { kind: "moment", moment: "server-hello" } }),
      });
      expect(met).toMatchObject([{ way: "opaque", host: "api.anthropic.com" }]);
      expect(probe.events.filter(({ type }) => type === "unread")).toEqual([]);
    },
  );

  it("fails as a rule says", async () => {
    const alert = {
      kind: "tls.alert",
      at: "server-hello",
      description: "handshake_failure",
      level: "fatal",
    } as const;
    const { told, firstMessage } = await play([bytes], { connection: () => alert });
    expect(told.map(({ type }) => type)).toEqual(["connection", "decision", "done"]);
    expect(firstMessage).toBe(HandshakeType.serverHello);
  });
});

describe("a hello that can't be read", () => {
  const good = helloVectors().find(({ name }) => name.startsWith("node"))!.bytes;
  const changed = (at: number, value: number): Uint8Array => {
    const bytes = Uint8Array.from(good);
    bytes[at] = value;
    return bytes;
  };
  const record = (...fragment: number[]): Uint8Array =>
    Uint8Array.of(22, 3, 1, 0, fragment.length, ...fragment);
  // At 43 the session id's length, at 6 the message's.
  it.each<[string, Uint8Array]>([
    ["a session id that is too long", changed(43, 200)],
    ["a message that is too long", changed(6, 255)],
    ["another message", record(2, 0, 0, 0)],
    ["an alert", Uint8Array.of(21, 3, 1, 0, 2, 2, 40)],
    ["an empty message", record(1, 0, 0, 0)],
    ["a second record that is none", Uint8Array.of(...record(1, 0, 1), 99, 99, 99, 99, 99)],
  ])("is told once: %s", async (_, bytes) => {
    for (const setting of [{}, { isClosed: true }, { sides: ["server"] }] as const) {
      const { probe, met, upstreamGot } = await play([bytes, Uint8Array.of(1, 2, 3)], setting);
      expect(met).toEqual([]);
      expect(upstreamGot).toEqual(Uint8Array.of(...bytes, 1, 2, 3));
      expect(probe.events.filter(({ type }) => type === "unread")).toEqual([
        { tunnel: "t", type: "unread", host: undefined, from: "client", reason: "malformed-hello" },
      ]);
    }
  });
});

describe("the host of a hello", () => {
  const [good] = oddHellos();
  const read = new ClientHelloReader({ malformedExtensions: "keep" }).push(good!.bytes);
  if (read.status !== "done") throw new Error("the hello can't be read");
  const { clientHello } = read;
  const records = (extension: ClientHelloExtension | undefined): Uint8Array => {
    const others = (clientHello.extensions ?? []).filter(({ type }) => type !== ExtensionType.serverName);
    const extensions = extension === undefined ? others : [extension, ...others];
    const fragment = encodeHandshake({ ...clientHello, extensions });
    return encodeRecords({ type: ContentType.handshake, legacyVersion: 0x0301, fragment });
  };
  const naming = (hostName: string): Uint8Array =>
    records({ type: ExtensionType.serverName, kind: "serverName", hostName });
  const malformed = {
    type: ExtensionType.serverName,
    kind: "unknown",
    data: Uint8Array.of(0, 9, 0),
  } as const;

  const settings = [{}, { isClosed: true }, { sides: ["server"] }] as const;

  it.each<[string, Uint8Array]>([
    ["no name", records(undefined)],
    ["a name that is only a port", naming(":443")],
    ["a name that is only a dot", naming(".")],
    ["a name that can't be read", records(malformed)],
  ])("is told to be missing: %s", async (_, bytes) => {
    for (const setting of settings) {
      const { probe, upstreamGot } = await play([bytes], setting);
      expect(upstreamGot).toEqual(bytes);
      expect(probe.events.filter(({ type }) => type === "unread")).toEqual([
        { tunnel: "t", type: "unread", host: undefined, from: "client", reason: "no-server-name" },
      ]);
    }
  });

  it.each(["::1", "[::1]", "[::1]:443", "2001:db8::7", "127.0.0.1", "127.0.0.1:443"])(
    "may be an address, as some clients send it: %s",
    async (hostName) => {
      for (const setting of settings) {
        const { probe } = await play([naming(hostName)], setting);
        const host = hostName.includes("::1") ? "::1" : hostName.replace(/:443$/, "");
        expect(probe.events.filter(({ type }) => type === "detected")).toMatchObject([{ host }]);
        expect(probe.events.filter(({ type }) => type === "unread")).toEqual([]);
      }
    },
  );
});

describe("what is neither TLS nor HTTP/1", () => {
  const sslv2 = Uint8Array.of(0x80, 0x2e, 1, 3, 1, 0, 21, 0, 0, 0, 16);
  it.each<[string, Uint8Array, string]>([
    ["SSH", new TextEncoder().encode("SSH-2.0-OpenSSH_9.9\r\n"), "other-protocol"],
    ["a hello of SSL 2.0", sslv2, "malformed-hello"],
    ["an HTTP response", new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\n"), "other-protocol"],
  ])("is told: %s", async (_, bytes, reason) => {
    for (const setting of [{}, { sides: ["server"] }] as const) {
      const { probe, upstreamGot } = await play([bytes.subarray(0, 2), bytes.subarray(2)], setting);
      expect(upstreamGot).toEqual(bytes);
      expect(probe.events.filter(({ type }) => type === "unread")).toMatchObject([
        { from: "client", reason },
      ]);
    }
  });

  it("is told where the server speaks first", async () => {
    for (const sides of [["server", "client"], ["server"]] as const) {
      const probe = new TunnelProbe({ policy: scriptedPolicy(), sides });
      probe.says("server", "220 mail.test ESMTP\r\n");
      await probe.run(10);
      expect(probe.take("client")).toBe("220 mail.test ESMTP\r\n");
      expect(probe.events.filter(({ type }) => type === "unread")).toMatchObject([
        { from: "server", reason: "other-protocol" },
      ]);
    }
  });
});
