import { generateKeyPairSync } from "node:crypto";
import {
  type ConnectionOptions,
  createSecureContext,
  type SecureContextOptions,
  type TLSSocketOptions,
} from "node:tls";
import { TestAuthority } from "@faultwire/testkit/test-authority";
import { helloVectors } from "@faultwire/testkit/tls-vectors";
import {
  AlertDescription,
  alpnProtocolsOf,
  CipherSuite,
  type ClientHello,
  ClientHelloReader,
  clientHelloExtension,
  decodeClientHello,
  ExtensionType,
  NamedGroup,
  namedGroupFacts,
  offeredVersionsOf,
  SignatureScheme,
  serverNameOf,
} from "@faultwire/tls-parser";
import { describe, expect, it } from "vitest";
import type { BridgeFailure, IdentityRequest } from "../../src/index.ts";
import { type BridgedOptions, bridged, type Told } from "../support/bridged.ts";
import { alertsIn, changedHello } from "../support/flights.ts";
import { carry, MemoryPeer } from "../support/memory-peers.ts";
import { alertIn } from "../support/openssl-errors.ts";

const authority = new TestAuthority("bridge negotiation");
const HOST = "origin.test";

const clientOf = (options: ConnectionOptions = {}): MemoryPeer =>
  MemoryPeer.client({ servername: HOST, ca: authority.caPem, ...options });

interface Meeting {
  readonly client?: ConnectionOptions;
  readonly server?: SecureContextOptions;
  readonly serverSocket?: TLSSocketOptions;
  readonly bridge?: BridgedOptions;
}

async function meet(meeting: Meeting): Promise<{ client: MemoryPeer; server: MemoryPeer; told: Told }> {
  const client = clientOf(meeting.client);
  const server = MemoryPeer.server({ ...authority.issue(HOST), ...meeting.server }, meeting.serverSocket);
  const { bridge, told } = bridged(authority, meeting.bridge);
  await carry(client, bridge, server);
  return { client, server, told };
}

/** The hello that the upstream gets for that one of the client's. */
async function mirrored(hello: Uint8Array): Promise<ClientHello> {
  const { bridge, told } = bridged(authority, { upstream: { host: HOST } });
  bridge.push("client", hello);
  await bridge.idle();
  expect(told.events).toEqual([]);
  return decodeClientHello(bridge.take("server").subarray(9));
}

function helloIn(bytes: Uint8Array): ClientHello {
  const result = new ClientHelloReader().push(bytes);
  if (result.status !== "done") throw new Error(result.status);
  return result.clientHello;
}

describe("the upstream sees", () => {
  it("a hello of ours for every client that was ever captured, unless it offers nothing that we do", async () => {
    const outcomes = new Map<string, number>();
    for (const { name, bytes } of helloVectors()) {
      const { bridge, told } = bridged(authority, {
        upstream: { host: HOST },
        protocols: ["http/1.1", "h2"],
      });
      bridge.push("client", bytes);
      await bridge.idle();
      const outcome = told.failure?.code ?? "mirrored";
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (outcome !== "mirrored") {
        expect([name, outcome]).toEqual([
          name,
          expect.stringMatching(/^no-common-(version|cipher|protocol)$/),
        ]);
        continue;
      }
      const [theirs, ours] = [bytes, bridge.take("server")].map(helloIn);
      expect(serverNameOf(ours!)).toBe(serverNameOf(theirs!));
      expect(alpnProtocolsOf(ours!)).toEqual(
        alpnProtocolsOf(theirs!).filter((protocol) => ["h2", "http/1.1"].includes(protocol)),
      );
      expect(offeredVersionsOf(theirs!)).toEqual(expect.arrayContaining([...offeredVersionsOf(ours!)]));
    }
    expect(outcomes.get("mirrored")).toBeGreaterThan(10);
  });

  it("the client's SNI, versions, suites and groups in the client's order, and ALPN cut to what we do", async () => {
    const hello = await mirrored(
      await clientOf({
        servername: "api.example.test",
        ciphers: "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA",
        ecdhCurve: "P-384:X25519",
        ALPNProtocols: ["h2", "http/1.1", "spdy/3"],
      }).take(),
    );
    expect(serverNameOf(hello)).toBe("api.example.test");
    expect(offeredVersionsOf(hello)).toEqual([0x0304, 0x0303]);
    expect(alpnProtocolsOf(hello)).toEqual(["http/1.1"]);
    expect(
      hello.cipherSuites.filter((suite) => suite !== CipherSuite.TLS_EMPTY_RENEGOTIATION_INFO_SCSV),
    ).toEqual([
      CipherSuite.TLS_CHACHA20_POLY1305_SHA256,
      CipherSuite.TLS_AES_128_GCM_SHA256,
      CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    ]);
    const shares = clientHelloExtension(hello, "keyShare")?.clientShares.map(({ group }) => group);
    expect(shares).toEqual([NamedGroup.secp384r1]);
    expect(clientHelloExtension(hello, "supportedGroups")?.groups).toEqual([
      NamedGroup.secp384r1,
      NamedGroup.x25519,
    ]);
    expect(clientHelloExtension(hello, "sessionTicket")).toBeUndefined();
    expect(clientHelloExtension(hello, "preSharedKey")).toBeUndefined();
  });

  it("neither SNI nor ALPN where the client sends none, nor a newer version", async () => {
    const client = MemoryPeer.client({ maxVersion: "TLSv1.2" });
    const hello = await mirrored(await client.take());
    expect([serverNameOf(hello), alpnProtocolsOf(hello), offeredVersionsOf(hello)]).toEqual([
      undefined,
      [],
      [0x0303],
    ]);
  });

  it("the group of the first share that OpenSSL knows, however large the others are", async () => {
    const unknown = { group: NamedGroup.X25519MLKEM768, keyExchange: new Uint8Array(1216) };
    const flight = changedHello(
      await clientOf().take(),
      (extension) => {
        if (extension.kind === "keyShare")
          return { ...extension, clientShares: [unknown, ...extension.clientShares] };
        if (extension.kind === "supportedGroups")
          return { ...extension, groups: [unknown.group, ...extension.groups] };
        return extension;
      },
      [{ type: 0xfe0d, kind: "unknown", data: new Uint8Array(20_000) } as never],
      1_000,
    );
    const { bridge, told } = bridged(authority);
    for (let at = 0; at < flight.length; at += 999) bridge.push("client", flight.subarray(at, at + 999));
    await bridge.idle();
    expect(told.events).toEqual([]);
    const hello = decodeClientHello(bridge.take("server").subarray(9));
    expect(clientHelloExtension(hello, "keyShare")?.clientShares[0]?.group).toBe(NamedGroup.x25519);
    expect(hello.extensions?.some(({ type }) => type === 0xfe0d)).toBe(false);
  });
});

describe("the client is asked for", () => {
  const seen = async (client: ConnectionOptions, server: SecureContextOptions = {}) => {
    const requests: IdentityRequest[] = [];
    const identityFor = async (request: IdentityRequest) => {
      requests.push(request);
      return authority.issue(request.serverName, request.keyType);
    };
    const { told } = await meet({ client, server, bridge: { identityFor } });
    expect(told.events).toEqual(["established"]);
    return requests;
  };

  it("ECDSA where it can verify that, else RSA", async () => {
    expect(await seen({})).toEqual([{ serverName: HOST, keyType: "ecdsa-p256" }]);
    const rsa = [{ serverName: HOST, keyType: "rsa-2048" }];
    expect(await seen({ sigalgs: "RSA-PSS+SHA256" }, authority.issue(HOST, "rsa-2048"))).toEqual(rsa);
    const rsaSuite = { maxVersion: "TLSv1.2", ciphers: "ECDHE-RSA-AES256-GCM-SHA384" } as const;
    expect(await seen(rsaSuite, authority.issue(HOST, "rsa-2048"))).toEqual(rsa);
  });

  it.each([
    ["TLSv1.3", "TLS_AES_128_GCM_SHA256"],
    ["TLSv1.3", "TLS_AES_256_GCM_SHA384"],
    ["TLSv1.3", "TLS_CHACHA20_POLY1305_SHA256"],
    ["TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256"],
    ["TLSv1.2", "ECDHE-ECDSA-AES256-GCM-SHA384"],
    ["TLSv1.2", "ECDHE-ECDSA-CHACHA20-POLY1305"],
  ] as const)("%s with %s when it has nothing else", async (version, ciphers) => {
    const { client, server, told } = await meet({ client: { maxVersion: version, ciphers } });
    expect(told.events).toEqual(["established"]);
    expect([client.socket.getCipher().name, server.socket.getCipher().name]).toEqual([ciphers, ciphers]);
  });
});

/** Whether this Node's OpenSSL has that group. */
const hasGroup = (ecdhCurve: string): boolean => {
  try {
    createSecureContext({ ecdhCurve });
    return true;
  } catch {
    return false;
  }
};
const isOldOpenssl = !hasGroup("X25519MLKEM768");

/** A hello of Node's with those groups alone, and a share of the first that is as long as it has to be. */
async function helloWithGroups(
  groups: readonly number[],
  options: ConnectionOptions = {},
): Promise<Uint8Array> {
  const [group = 0] = groups;
  const share = new Uint8Array(namedGroupFacts(group)?.clientShareBytes ?? 1);
  return changedHello(await clientOf(options).take(), (extension) => {
    if (extension.kind === "supportedGroups") return { ...extension, groups };
    if (extension.kind === "keyShare") return { ...extension, clientShares: [{ group, keyExchange: share }] };
    return extension;
  });
}

/** What comes of a hello for which nobody can be asked. */
async function refused(hello: Uint8Array, options: BridgedOptions = {}): Promise<BridgeFailure | undefined> {
  const { bridge, told } = bridged(authority, options);
  bridge.push("client", hello);
  await bridge.idle();
  expect(bridge.pendingBytes("server")).toBe(0);
  expect(alertsIn(bridge.take("client"))).toEqual([AlertDescription.handshakeFailure]);
  return told.failure;
}

describe("a client that offers nothing of what most do", () => {
  const isRsa = { server: authority.issue(HOST, "rsa-2048") };
  it.each([
    ["ffdhe2048", { client: { ecdhCurve: "ffdhe2048" } }],
    ["ffdhe4096 and ffdhe3072", { client: { ecdhCurve: "ffdhe4096:ffdhe3072" } }],
    ...["AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"].map(
      (cipher) =>
        [
          `DHE-RSA-${cipher}`,
          {
            client: { ciphers: `DHE-RSA-${cipher}`, maxVersion: "TLSv1.2" },
            server: { ...authority.issue(HOST, "rsa-2048"), dhparam: "auto" },
          },
        ] as const,
    ),
    [
      "an AEAD that we do in TLS 1.2 alone",
      {
        client: { ciphers: "TLS_AES_128_CCM_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256" },
      },
    ],
    ["signatures by RSA alone", { client: { sigalgs: "rsa_pss_rsae_sha256" }, ...isRsa }],
  ] as const)("is served with %s", async (_what, meeting) => {
    const { client, server, told } = await meet(meeting as Meeting);
    expect(told.events).toEqual(["established"]);
    client.socket.write("question");
    expect(client.error ?? server.error).toBeUndefined();
  });

  it
    .skipIf(isOldOpenssl)
    .each(["X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024", "MLKEM512", "MLKEM768", "MLKEM1024"])(
    "is served with %s",
    async (ecdhCurve) => {
      const { told } = await meet({ client: { ecdhCurve }, server: { ecdhCurve: `${ecdhCurve}:X25519` } });
      expect(told.events).toEqual(["established"]);
    },
  );

  it.runIf(isOldOpenssl)(
    "can't be served with X25519MLKEM768 where OpenSSL is too old, and is told apart",
    async () => {
      expect(await refused(await helloWithGroups([NamedGroup.X25519MLKEM768]))).toMatchObject({
        code: "no-common-group",
        message: expect.stringContaining("X25519MLKEM768"),
      });
    },
  );

  it.each([
    ["ffdhe8192", [NamedGroup.ffdhe8192], {}, "no-common-group"],
    ["a group that nobody knows", [0x7777], {}, "no-common-group"],
    ["finite fields in TLS 1.2", [NamedGroup.ffdhe2048], { maxVersion: "TLSv1.2" }, "no-common-group"],
  ] as const)("can't be served with %s", async (_what, groups, options, code) => {
    expect(await refused(await helloWithGroups(groups, options))).toMatchObject({ code });
  });

  it.each([
    [
      "CCM in TLS 1.3",
      { ciphers: "TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256", minVersion: "TLSv1.3" },
      "no-common-cipher",
    ],
    ["CCM in TLS 1.2", { ciphers: "ECDHE-ECDSA-AES128-CCM", maxVersion: "TLSv1.2" }, "no-common-cipher"],
    ["ARIA", { ciphers: "ECDHE-ARIA128-GCM-SHA256", maxVersion: "TLSv1.2" }, "no-common-cipher"],
    ["CBC", { ciphers: "ECDHE-RSA-AES128-SHA", maxVersion: "TLSv1.2" }, "no-common-cipher"],
    ["signatures by Ed25519 alone", { sigalgs: "ed25519" }, "no-common-signature"],
    [
      "ECDSA with a curve that is none of its groups",
      {
        ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256",
        ecdhCurve: "X25519",
        maxVersion: "TLSv1.2",
      },
      "no-common-signature",
    ],
  ] as const)("can't be served with %s", async (_what, options, code) => {
    expect(await refused(await clientOf(options).take())).toMatchObject({ code });
  });

  /** A hello that says by which signatures certificates may be signed (RFC 8446 section 4.2.3). */
  const helloForCertificates = async (schemes: readonly number[], options: ConnectionOptions = {}) =>
    changedHello(await clientOf(options).take(), (extension) =>
      extension.kind === "extendedMasterSecret"
        ? { type: ExtensionType.signatureAlgorithmsCert, kind: "signatureAlgorithmsCert", schemes }
        : extension,
    );
  const { ecdsa_secp256r1_sha256: ecdsa, rsa_pkcs1_sha256: rsa } = SignatureScheme;
  const keys = {
    ecdsa: generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey,
    p384: generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey,
    p521: generateKeyPairSync("ec", { namedCurve: "P-521" }).publicKey,
    rsa: generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey,
  };

  it.each(["TLSv1.2", "TLSv1.3"] as const)(
    "can't be served in %s where it takes no certificate that is signed as ours are, and nobody has been asked",
    async (maxVersion) => {
      const failure = await refused(await helloForCertificates([rsa], { maxVersion }), {
        issuerKey: keys.ecdsa,
      });
      expect(failure).toMatchObject({
        code: "no-common-signature",
        message:
          "the client takes no certificate that is signed by ecdsa_secp256r1_sha256, as ours are: its signature_algorithms_cert has rsa_pkcs1_sha256",
      });
    },
  );

  it("is told apart in few words, however many signatures it names", async () => {
    const many = await helloForCertificates(Array.from({ length: 300 }, (_, at) => 0xee01 + at));
    const failure = await refused(many, { issuerKey: keys.ecdsa });
    expect(failure?.message).toMatch(/_cert has 0xee01, 0xee02, 0xee03, 0xee04, …$/);
  });

  it.each([
    ["has what a key of P-256 signs by", [rsa, ecdsa], keys.ecdsa],
    ["has what a key of P-384 signs by", [SignatureScheme.ecdsa_secp384r1_sha384], keys.p384],
    ["has what a key of P-521 signs by", [SignatureScheme.ecdsa_secp521r1_sha512], keys.p521],
    ["has what a key of RSA signs by", [rsa], keys.rsa],
    ["has RSA alone, and nothing is known of our key", [rsa], undefined],
  ] as const)("is begun with where its signature_algorithms_cert %s", async (_what, schemes, issuerKey) => {
    const { bridge, told } = bridged(authority, { ...(issuerKey && { issuerKey }) });
    bridge.push("client", await helloForCertificates(schemes));
    await bridge.idle();
    expect(told.failure).toBeUndefined();
    expect(bridge.pendingBytes("server")).toBeGreaterThan(0);
  });
});

it.each(["TLSv1.2", "TLSv1.3"] as const)(
  "an identity too weak for OpenSSL is served in %s where it says so",
  async (version) => {
    const weak = { ...authority.issue(HOST, "rsa-1024"), ciphers: "DEFAULT@SECLEVEL=0" };
    const { client, told } = await meet({
      client: { maxVersion: version, ciphers: "DEFAULT@SECLEVEL=0" },
      bridge: { identityFor: () => Promise.resolve(weak) },
    });
    expect(told.failure).toBeUndefined();
    expect(client.socket.getPeerCertificate()).toMatchObject({ bits: 1024 });
    const strict = await meet({
      client: { maxVersion: version, ciphers: "DEFAULT@SECLEVEL=2" },
      bridge: { identityFor: () => Promise.resolve(weak) },
    });
    expect(strict.client.error).toBeDefined();
  },
);

describe("faults of the negotiation", () => {
  it("a version is forced by naming it, and refused where the client does not have it", async () => {
    const forced = await meet({ bridge: { versions: ["TLSv1.2"] } });
    expect(forced.client.socket.getProtocol()).toBe("TLSv1.2");
    const refused = await meet({ client: { minVersion: "TLSv1.3" }, bridge: { versions: ["TLSv1.2"] } });
    expect(refused.told.failure).toMatchObject({ code: "no-common-version" });
    const alert = await refusalOf({ minVersion: "TLSv1.3" }, { versions: ["TLSv1.2"] });
    expect(alert).toEqual([[AlertDescription.protocolVersion], 0]);
  });

  it("a suite is forced toward the client alone, and refused where the client does not have it", async () => {
    const suite = CipherSuite.TLS_AES_128_GCM_SHA256;
    const forced = await meet({ bridge: { cipherSuites: [suite] } });
    expect(forced.client.socket.getCipher().name).toBe("TLS_AES_128_GCM_SHA256");
    expect(forced.told.session).toMatchObject({
      client: { cipherSuite: suite },
      server: { cipherSuite: CipherSuite.TLS_AES_256_GCM_SHA384 },
    });
    const refused = await meet({ bridge: { cipherSuites: [CipherSuite.TLS_RSA_WITH_AES_128_CBC_SHA] } });
    expect(refused.told.failure).toMatchObject({ code: "no-common-cipher" });
    expect(alertIn(refused.client.error)).toBe("HANDSHAKE_FAILURE");
  });

  it("a client that offers only protocols that we don't do is told so", async () => {
    const alert = await refusalOf({ ALPNProtocols: ["h2"] }, {});
    expect(alert).toEqual([[AlertDescription.noApplicationProtocol], 0]);
    const { told } = await meet({
      client: { ALPNProtocols: ["h2"] },
      serverSocket: { ALPNProtocols: ["h2"] },
      bridge: { protocols: ["h2"] },
    });
    expect(told.session).toMatchObject({ client: { alpnProtocol: "h2" }, server: { alpnProtocol: "h2" } });
  });

  it("an older version than TLS 1.2 is refused", async () => {
    const alert = await refusalOf(
      { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" },
      {},
    );
    expect(alert).toEqual([[AlertDescription.protocolVersion], 0]);
  });
});

/** What a client is told that fails before anything is sent upstream, and how much that is. */
async function refusalOf(client: ConnectionOptions, options: BridgedOptions): Promise<[number[], number]> {
  const { bridge } = bridged(authority, options);
  bridge.push("client", await clientOf(client).take());
  await bridge.idle();
  expect(bridge.state).toBe("failed");
  return [alertsIn(bridge.take("client")), bridge.pendingBytes("server")];
}
