import { chunksOf, concatBytes, splitsOf } from "@faultwire/testkit/chunkers";
import { helloVectors, oddHellos } from "@faultwire/testkit/tls-vectors";
import { describe, expect, it } from "vitest";
import {
  alpnProtocolsOf,
  type ClientHello,
  ClientHelloReader,
  type ClientHelloReaderOptions,
  type ClientHelloResult,
  cipherSuiteName,
  clientHelloExtension,
  encodeHandshake,
  encodeRecords,
  isGrease,
  offeredVersionsOf,
  serverNameOf,
} from "../../src/index.ts";

const hellos = helloVectors();

function read(
  chunks: Iterable<Uint8Array>,
  options: ClientHelloReaderOptions = {},
): Extract<ClientHelloResult, { status: "done" }> {
  const reader = new ClientHelloReader(options);
  let result: ClientHelloResult = { status: "more" };
  for (const chunk of chunks) result = reader.push(chunk);
  if (result.status !== "done")
    throw new Error(`${result.status}: ${result.status === "error" ? result.error.message : ""}`);
  return result;
}

const named = (name: string): ClientHello => {
  const vector = hellos.find((hello) => hello.name === name);
  if (vector === undefined) throw new Error(`no vector is named ${name}`);
  return read([vector.bytes]).clientHello;
};

describe("captured ClientHellos", () => {
  it("are many, and from every program", () => {
    expect(hellos.length).toBeGreaterThanOrEqual(60);
    for (const program of ["node", "curl", "openssl", "gnutls-cli", "chromium"])
      expect(hellos.filter(({ name }) => name.startsWith(program)).length, program).toBeGreaterThan(0);
  });

  describe.each(hellos)("$name", ({ bytes }) => {
    const whole = read([bytes]);

    it("reads the same byte by byte and cut at every point", () => {
      expect(whole.consumedBytes).toBe(bytes.length);
      expect(read(chunksOf(bytes, 1))).toEqual(whole);
      for (const split of splitsOf(bytes)) {
        const { message, consumedBytes } = read(split);
        expect(consumedBytes).toBe(bytes.length);
        expect(Buffer.compare(message, whole.message)).toBe(0);
      }
    });

    it("encodes to the bytes that were captured", () => {
      const { clientHello, recordVersion } = whole;
      const fragment = encodeHandshake(clientHello);
      expect(fragment).toEqual(Uint8Array.from(whole.message));
      expect(encodeRecords({ type: 22, legacyVersion: recordVersion, fragment })).toEqual(bytes);
    });

    it("has no extension that is not understood", () => {
      const kinds = (whole.clientHello.extensions ?? []).map(({ kind }) => kind);
      expect(kinds).not.toContain("malformed");
    });
  });

  it("say whom they call, and in which protocol", () => {
    const curl = named("curl by default");
    expect(serverNameOf(curl)).toBe("origin.test");
    expect(alpnProtocolsOf(curl)).toEqual(["h2", "http/1.1"]);
    expect(alpnProtocolsOf(named("curl HTTP/1.1 only"))).toEqual(["http/1.1"]);
    expect(serverNameOf(named("node without a server name"))).toBeUndefined();
    expect(alpnProtocolsOf(named("node by default"))).toEqual([]);
  });

  it("say which versions they speak", () => {
    expect(offeredVersionsOf(named("openssl s_client TLS 1.0"))).toEqual([0x0301]);
    expect(offeredVersionsOf(named("openssl s_client TLS 1.1"))).toEqual([0x0302]);
    expect(offeredVersionsOf(named("openssl s_client TLS 1.2"))).toEqual([0x0303]);
    expect(offeredVersionsOf(named("openssl s_client TLS 1.3"))).toEqual([0x0304]);
    expect(offeredVersionsOf(named("node by default"))).toEqual([0x0304, 0x0303]);
    expect(offeredVersionsOf(named("openssl s_client TLS 1.0 to 1.3"))).toEqual([
      0x0304, 0x0303, 0x0302, 0x0301,
    ]);
  });

  it("name the suites that they were told to offer", () => {
    const suites = (name: string): (string | undefined)[] => named(name).cipherSuites.map(cipherSuiteName);
    expect(suites("openssl s_client TLS_CHACHA20_POLY1305_SHA256")).toEqual([
      "TLS_CHACHA20_POLY1305_SHA256",
      "TLS_EMPTY_RENEGOTIATION_INFO_SCSV",
    ]);
    expect(suites("openssl s_client ARIA")).toContain("TLS_ECDHE_RSA_WITH_ARIA_256_GCM_SHA384");
    expect(suites("openssl s_client password")).toContain("TLS_SRP_SHA_WITH_AES_256_CBC_SHA");
    expect(suites("openssl s_client with a fallback signal")).toContain("TLS_FALLBACK_SCSV");
    for (const { name } of hellos) expect(suites(name), name).not.toContain(undefined);
  });

  it("carry what Chromium carries", () => {
    const chromium = named("chromium by default");
    expect(isGrease(chromium.cipherSuites[0]!)).toBe(true);
    expect(chromium.extensions?.filter(({ kind }) => kind === "grease")).toHaveLength(2);
    expect(clientHelloExtension(chromium, "encryptedClientHello")).toMatchObject({ form: "outer" });
    expect(clientHelloExtension(chromium, "applicationSettings")?.protocols).toEqual(["h2"]);
    expect(clientHelloExtension(chromium, "compressCertificate")?.algorithms).toEqual([2]);
    const groups = clientHelloExtension(chromium, "keyShare")?.clientShares.map(({ group }) => group);
    expect(groups).toContain(0x11ec);
  });

  it("are taken apart when they are joined with what follows", () => {
    const [first, second] = hellos;
    const result = read([concatBytes([first!.bytes, second!.bytes])]);
    expect(result.consumedBytes).toBe(first!.bytes.length);
  });
});

describe.each(oddHellos())("a hello with one odd extension: $name", ({ bytes }) => {
  const lenient = { malformedExtensions: "keep" } as const;

  it("is refused by a strict reader, and read by one that keeps what is malformed", () => {
    expect(new ClientHelloReader().push(bytes).status).toBe("error");
    const { clientHello } = read([bytes], lenient);
    expect(serverNameOf(clientHello)).toBe("api.anthropic.com");
    expect(alpnProtocolsOf(clientHello)).toEqual(["http/1.1"]);
    expect(clientHello.extensions?.filter(({ kind }) => kind === "malformed")).toHaveLength(1);
  });

  it("is read the same however it is cut, and encodes to the same bytes", () => {
    const whole = read([bytes], lenient);
    expect(read(chunksOf(bytes, 1), lenient)).toEqual(whole);
    for (const split of splitsOf(bytes)) expect(read(split, lenient).message).toEqual(whole.message);
    const fragment = encodeHandshake(whole.clientHello);
    expect(encodeRecords({ type: 22, legacyVersion: whole.recordVersion, fragment })).toEqual(bytes);
  });
});
