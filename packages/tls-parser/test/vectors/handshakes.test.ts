import { chunksOf, splitsOf } from "@faultwire/testkit/chunkers";
import { bytesFrom, type HandshakeVector, handshakeVectors } from "@faultwire/testkit/tls-vectors";
import { describe, expect, it } from "vitest";
import {
  alertDescriptionName,
  ContentType,
  cipherSuiteName,
  decodeAlert,
  decodeHandshake,
  encodeHandshake,
  encodeRecord,
  type Handshake,
  HandshakeReader,
  RecordReader,
  selectedVersionOf,
  type TlsRecord,
} from "../../src/index.ts";
import { openAll } from "./open-tls13.ts";

const vectors = handshakeVectors();
const recordsOf = (chunks: Iterable<Uint8Array>, reader = new RecordReader()): TlsRecord[] =>
  [...chunks].flatMap((chunk) => [...reader.push(chunk)]);
const versions: Readonly<Record<string, number>> = {
  TLSv1: 0x0301,
  "TLSv1.0": 0x0301,
  "TLSv1.1": 0x0302,
  "TLSv1.2": 0x0303,
  "TLSv1.3": 0x0304,
};

interface Clear {
  readonly client: Handshake[];
  readonly server: Handshake[];
  readonly alerts: string[];
  readonly version: number;
  readonly cipherSuite: number;
}

/** What can be read of a connection without a key: every message up to each side's ChangeCipherSpec. */
function readClear(vector: HandshakeVector): Clear {
  const messages: Record<"client" | "server", Handshake[]> = { client: [], server: [] };
  const alerts: string[] = [];
  let version = 0x0303;
  let cipherSuite = 0;
  const sides = {
    client: { records: new RecordReader(), frames: new HandshakeReader(), encrypted: false },
    server: { records: new RecordReader(), frames: new HandshakeReader(), encrypted: false },
  };
  for (const { from, bytes } of vector.chunks) {
    const side = sides[from];
    for (const record of side.records.push(bytes)) {
      if (record.type === ContentType.changeCipherSpec) side.encrypted = version < 0x0304;
      if (record.type === ContentType.alert && !side.encrypted)
        alerts.push(`${from} ${alertDescriptionName(decodeAlert(record.fragment).description)}`);
      if (record.type !== ContentType.handshake || side.encrypted) continue;
      for (const frame of side.frames.push(record.fragment)) {
        const message = decodeHandshake(frame, { version, cipherSuite });
        expect(encodeHandshake(message)).toEqual(Uint8Array.from(frame.bytes));
        messages[from].push(message);
        if (message.kind !== "serverHello" && message.kind !== "helloRetryRequest") continue;
        version = selectedVersionOf(message);
        cipherSuite = message.cipherSuite;
      }
    }
    expect(side.records.pendingBytes).toBeLessThan(18_437);
  }
  return { ...messages, alerts, version, cipherSuite };
}

const kindsOf = (messages: readonly Handshake[]): string[] => messages.map(({ kind }) => kind);
const named = (name: string): Clear => {
  const vector = vectors.find((candidate) => candidate.name === name);
  if (vector === undefined) throw new Error(`no vector is named ${name}`);
  return readClear(vector);
};

describe.each(vectors)("the captured connection $name", (vector) => {
  it.each(["client", "server"] as const)("has the same records from the %s under any chunking", (from) => {
    const bytes = bytesFrom(vector, from);
    const whole = recordsOf([bytes]);
    const seen = whole.map(({ type, length }) => [type, length]);
    const seenText = seen.join();
    const encoded = whole.map((record) => encodeRecord(record));
    expect(Buffer.concat(encoded).equals(bytes)).toBe(true);
    expect(Buffer.concat(recordsOf(chunksOf(bytes, 1)).map((record) => record.bytes)).equals(bytes)).toBe(
      true,
    );
    // Half a million splits: an assertion for each would take longer than the reading.
    const wrong: number[] = [];
    for (const split of splitsOf(bytes)) {
      const reader = new RecordReader();
      const lengths = recordsOf(split, reader).map(({ type, length }) => [type, length]);
      const isSame = lengths.length === seen.length && lengths.join() === seenText;
      if (!isSame || reader.pendingBytes !== 0) wrong.push(split[0].length);
    }
    expect(wrong).toEqual([]);
  });

  it("negotiates in the clear what the programs say that it did", () => {
    const clear = readClear(vector);
    const { version, cipherSuite } = vector.facts;
    if (version !== undefined) expect(clear.version).toBe(versions[version]);
    if (cipherSuite !== undefined) expect(cipherSuiteName(clear.cipherSuite)).toBe(cipherSuite);
    const alert = /^ERR_SSL_(?:TLSV1|SSLV3)_ALERT_(\w+)$/.exec(vector.facts.clientError ?? "")?.[1];
    if (alert !== undefined) expect(clear.alerts).toContain(`server ${alert.toLowerCase()}`);
  });

  it("has known messages inside its encrypted records", () => {
    const { version, cipherSuite } = readClear(vector);
    if (version !== 0x0304) return;
    const flights = (["client", "server"] as const).map((from) => {
      const opened = openAll(
        vector,
        from === "client" ? "CLIENT" : "SERVER",
        cipherSuite,
        recordsOf([bytesFrom(vector, from)]),
      );
      const reader = new HandshakeReader();
      return opened
        .filter(({ type }) => type === ContentType.handshake)
        .flatMap(({ content }) => [...reader.push(content)])
        .map((frame) => {
          const message = decodeHandshake(frame, { version });
          expect(encodeHandshake(message)).toEqual(Uint8Array.from(frame.bytes));
          return message.kind;
        });
    });
    const [client, server] = flights;
    expect(server?.slice(0, 1)).toEqual(
      vector.facts.clientError === undefined ? ["encryptedExtensions"] : [],
    );
    expect([...client!, ...server!]).not.toContain("unknown");
    if (vector.facts.clientError === undefined && !vector.name.endsWith("server-certificate-refused")) {
      expect(client).toContain("finished");
      expect(server).toContain("finished");
    }
  });
});

describe("captured connections", () => {
  it("are there for each version: full, resumed, with client certificate, with alert", () => {
    const names = vectors.map(({ name }) => name);
    for (const version of ["tls10", "tls11", "tls12", "tls13"])
      for (const manner of ["full", "resumed-by-ticket", "client-certificate", "no-common-protocol"])
        expect(names).toContain(`${version}-${manner}`);
    expect(names).toContain("tls13-retry");
  });

  it.each(["tls10", "tls11", "tls12"])("show every message of a full %s handshake", (version) => {
    const { client, server } = named(`${version}-full`);
    expect(kindsOf(client)).toEqual(["clientHello", "clientKeyExchange"]);
    expect(kindsOf(server)).toEqual([
      "serverHello",
      "certificate",
      "serverKeyExchange",
      "serverHelloDone",
      "newSessionTicket",
    ]);
  });

  it.each(["tls10", "tls11", "tls12"])("show a client that proves who it is in %s", (version) => {
    const { client, server } = named(`${version}-client-certificate`);
    expect(kindsOf(client)).toEqual(["clientHello", "certificate", "clientKeyExchange", "certificateVerify"]);
    const request = server.find(({ kind }) => kind === "certificateRequest");
    expect(request).toMatchObject({ form: "tls12" });
    const algorithms =
      request?.kind === "certificateRequest" && request.form === "tls12"
        ? request.supportedSignatureAlgorithms
        : undefined;
    expect(algorithms === undefined).toBe(version !== "tls12");
  });

  it("show a HelloRetryRequest and the second hello", () => {
    const { client, server } = named("tls13-retry");
    expect(kindsOf(client)).toEqual(["clientHello", "clientHello"]);
    expect(kindsOf(server)).toEqual(["helloRetryRequest", "serverHello"]);
    expect(server[0]).toMatchObject({
      extensions: [
        { kind: "supportedVersions", selectedVersion: 0x0304 },
        { kind: "keyShare", selectedGroup: 24 },
      ],
    });
  });

  it("show key exchanges of every form", () => {
    const formsOf = (name: string): string[] => {
      const { client, server } = named(name);
      return [...server, ...client].flatMap((message) =>
        message.kind === "serverKeyExchange" || message.kind === "clientKeyExchange" ? [message.form] : [],
      );
    };
    expect(formsOf("tls12-full")).toEqual(["ecdhe", "ecdhe"]);
    expect(formsOf("tls12-dhe")).toEqual(["dhe", "dhe"]);
    expect(formsOf("tls12-rsa-key-exchange")).toEqual(["rsa"]);
    expect(formsOf("tls12-pre-shared-key")).toEqual(["psk", "psk"]);
    expect(formsOf("tls12-ecdhe-pre-shared-key")).toEqual(["ecdhe", "ecdhe"]);
    expect(formsOf("tls12-dhe-pre-shared-key")).toEqual(["dhe", "dhe"]);
    expect(formsOf("tls12-rsa-pre-shared-key")).toEqual(["rsa"]);
    expect(formsOf("tls12-anonymous-dh")).toEqual(["dhe", "dhe"]);
    expect(formsOf("tls12-anonymous-ecdh")).toEqual(["ecdhe", "ecdhe"]);
    expect(formsOf("tls10-dhe")).toEqual(["dhe", "dhe"]);
  });

  it.each(vectors.filter(({ name }) => name.startsWith("rfc8448")))(
    "open to the last record in the trace $name, so that its bytes are the RFC's",
    (vector) => {
      for (const from of ["client", "server"] as const) {
        const records = recordsOf([bytesFrom(vector, from)]);
        const encrypted = records.filter(({ type }) => type === ContentType.applicationData);
        const side = from === "client" ? "CLIENT" : "SERVER";
        expect(openAll(vector, side, 0x1301, records)).toHaveLength(encrypted.length);
        expect(encrypted.length).toBeGreaterThan(1);
      }
    },
  );

  it("show a stapled response", () => {
    const status = named("tls12-stapled-response").server.find(({ kind }) => kind === "certificateStatus");
    expect(status).toMatchObject({ statusType: 1, ocspResponses: [Uint8Array.of(0x30, 3, 0x0a, 1, 6)] });
  });
});
