import { createServer } from "node:tls";
import { TestAuthority } from "@faultwire/testkit/test-authority";
import {
  CipherSuite,
  type ClientHelloExtension,
  ContentType,
  clientHelloExtension,
  decodeClientHello,
  HANDSHAKE_HEADER_BYTES,
  NamedGroup,
  RECORD_HEADER_BYTES,
} from "@faultwire/tls-parser";
import { describe, expect, it } from "vitest";
import { ClientEnd } from "../../src/handshake/client-end.ts";
import { maxFragmentBytesOf, maxPlaintextBytes } from "../../src/handshake/record-sizes.ts";
import { RecordSealer, SecureContextCache } from "../../src/index.ts";
import { bridged } from "../support/bridged.ts";
import { changedHello, recordsIn } from "../support/flights.ts";
import { MemoryPeer } from "../support/memory-peers.ts";
import { HOST, listening, opensslClient, proxyTo } from "../support/processes.ts";
import { recordsOf, refusal, secretsFor, suites } from "../support/secrets.ts";

const authority = new TestAuthority("record sizes");
const flags = { "TLSv1.2": "-tls1_2", "TLSv1.3": "-tls1_3" } as const;
type Version = keyof typeof flags;
const versions = Object.keys(flags) as Version[];
const sizes = [512, 1024, 2048, 4096];

describe.each(versions)("a client of %s that asks for small records by max_fragment_length", (version) => {
  it.each(sizes)("of %i bytes gets them, and all that is in them", async (size) => {
    // Text that compresses to nothing else: a lost or doubled record would show.
    const answer = Array.from({ length: 3000 }, (_, line) => `line ${line}`).join("\n");
    const server = createServer({ ...authority.issue(HOST), maxVersion: version }, (socket) => {
      socket.on("error", () => {});
      socket.on("data", (question: Buffer) => socket.write(`${answer}\nre: ${question.toString()}`));
    });
    const proxy = await proxyTo(await listening(server), authority);
    const client = opensslClient(
      proxy.port,
      [flags[version], "-maxfraglen", `${size}`, "-quiet"],
      authority.caPem,
    );
    client.type("question\n");
    await client.says("re: question");
    expect(client.output).toContain(answer);
    expect(proxy.failures).toEqual([]);
  });
});

/** A hello of Node's with further extensions: it does not go on from there, since its own was another one. */
async function helloWith(version: Version, added: readonly ClientHelloExtension[]): Promise<Uint8Array> {
  const client = MemoryPeer.client({ servername: HOST, minVersion: version, maxVersion: version });
  return changedHello(await client.take(), (extension) => extension, added);
}

const maxFragmentLength = (code: number): ClientHelloExtension => ({
  type: 1,
  kind: "maxFragmentLength",
  code,
});
const recordSizeLimit = (limitBytes: number): ClientHelloExtension => ({
  type: 28,
  kind: "recordSizeLimit",
  limitBytes,
});

describe("our end toward a client", () => {
  // Long enough for more than one small record.
  const issued = authority.issue(HOST);
  const identity = { ...issued, certificateChainPem: issued.certificateChainPem + authority.caPem.repeat(3) };
  const endFor = (version: Version, limit?: number, hasFragmentLimit = false): ClientEnd =>
    new ClientEnd({
      identity,
      version,
      suites: [CipherSuite.TLS_AES_128_GCM_SHA256, CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256],
      groups: [NamedGroup.x25519],
      protocol: undefined,
      recordSizeLimit: limit,
      hasFragmentLimit,
      hasEarlyData: false,
      contexts: new SecureContextCache(),
      send() {},
    });

  it.each([
    ["nothing", [], 16_384],
    ["max_fragment_length", [maxFragmentLength(2)], 1024],
    ["record_size_limit, which counts the byte with the content type", [recordSizeLimit(600)], 599],
    ["a record_size_limit of all that there can be", [recordSizeLimit(16_385)], 16_384],
    ["the smallest record_size_limit", [recordSizeLimit(64)], 63],
    ["both", [maxFragmentLength(2), recordSizeLimit(600)], 599],
    ["both, the other way round", [maxFragmentLength(1), recordSizeLimit(1000)], 512],
    ["a code of max_fragment_length that nobody knows", [maxFragmentLength(9)], undefined],
  ] as const)("seals in TLS 1.3 what fits where it says %s", async (_what, added, expected) => {
    const hello = await helloWith("TLSv1.3", added);
    const limit = added.flatMap((said) => (said.kind === "recordSizeLimit" ? [said.limitBytes] : []))[0];
    const hasFragmentLimit = added.some(({ kind }) => kind === "maxFragmentLength");
    const end = endFor("TLSv1.3", limit, hasFragmentLimit);
    if (expected === undefined) {
      await expect(end.answer(hello)).rejects.toMatchObject({
        failure: { code: "handshake", from: "client" },
      });
      return;
    }
    const { bytes } = await end.answer(hello);
    end.sendFlight(bytes);
    expect(end.sealer()?.maxPlaintextBytes).toBe(expected);
    end.release();
  });

  it.each(versions)("makes OpenSSL keep to it in the handshake of %s, as far as it can", async (version) => {
    const lengths = async (added: readonly ClientHelloExtension[], limit?: number): Promise<number[]> => {
      const end = endFor(version, limit);
      const { bytes } = await end.answer(await helloWith(version, added));
      end.release();
      return recordsIn(bytes)
        .filter(({ type }) => type !== ContentType.changeCipherSpec)
        .map(({ length }) => length);
    };
    // In TLS 1.3 there are the type and the tag besides.
    const overhead = version === "TLSv1.3" ? 17 : 0;
    expect(Math.max(...(await lengths([])))).toBeGreaterThan(520 + overhead);
    expect(Math.max(...(await lengths([recordSizeLimit(520)], 520)))).toBeLessThanOrEqual(520 + overhead);
    // Smaller than 512 it makes none; nobody has agreed to less.
    expect(Math.max(...(await lengths([recordSizeLimit(100)], 100)))).toBe(512 + overhead);
  });
});

it("our hello asks the upstream for nothing that OpenSSL's client can't keep to", async () => {
  const { bridge } = bridged(authority);
  bridge.push("client", await helloWith("TLSv1.3", [maxFragmentLength(1), recordSizeLimit(512)]));
  await bridge.idle();
  const ours = decodeClientHello(
    bridge.take("server").subarray(RECORD_HEADER_BYTES + HANDSHAKE_HEADER_BYTES),
  );
  expect(clientHelloExtension(ours, "maxFragmentLength")).toBeUndefined();
  expect(clientHelloExtension(ours, "recordSizeLimit")).toBeUndefined();
  bridge.end();
});

describe("what a record may hold", () => {
  it.each([
    ["TLSv1.3", { maxFragmentBytes: undefined, recordSizeLimit: undefined }, 16_384],
    ["TLSv1.2", { maxFragmentBytes: undefined, recordSizeLimit: 512 }, 512],
    ["TLSv1.3", { maxFragmentBytes: undefined, recordSizeLimit: 512 }, 511],
    ["TLSv1.2", { maxFragmentBytes: undefined, recordSizeLimit: 16_385 }, 16_384],
    ["TLSv1.3", { maxFragmentBytes: undefined, recordSizeLimit: 65_535 }, 16_384],
    ["TLSv1.2", { maxFragmentBytes: 1024, recordSizeLimit: 64 }, 64],
    ["TLSv1.2", { maxFragmentBytes: 512, recordSizeLimit: 1024 }, 512],
  ] as const)("in %s under %o is %i bytes", (version, said, expected) => {
    expect(maxPlaintextBytes(version, said)).toBe(expected);
  });

  it("is named by four codes", () => {
    expect([0, 1, 2, 3, 4, 5, 255].map(maxFragmentBytesOf)).toEqual([
      undefined,
      ...sizes,
      undefined,
      undefined,
    ]);
  });

  it.each(suites)("$name: a sealer keeps to it, padding included, unless it is told otherwise", (suite) => {
    const sealer = new RecordSealer(secretsFor(suite), { maxPlaintextBytes: 100 });
    const overhead = sealer.sealedBytes(0) - RECORD_HEADER_BYTES;
    const lengths = (bytes: Uint8Array): number[] => recordsOf(bytes).map(({ length }) => length - overhead);
    expect(lengths(sealer.seal(23, new Uint8Array(250)))).toEqual([100, 100, 50]);
    expect(lengths(sealer.seal(23, new Uint8Array(250), { maxPlaintextBytes: 200 }))).toEqual([200, 50]);
    if (suite.version === "TLSv1.3")
      expect(lengths(sealer.seal(23, new Uint8Array(150), { paddingBytes: 30 }))).toEqual([100, 100, 40]);
    for (const wrong of [0, -1, 1.5, 16_385, Number.NaN])
      expect(refusal(() => new RecordSealer(secretsFor(suite), { maxPlaintextBytes: wrong }))).toBe(
        "bad-option",
      );
  });
});
