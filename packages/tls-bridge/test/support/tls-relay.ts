/**
 * Two OpenSSL peers with our record layer between them: the handshake's records pass as they are, everything behind the
 * Finished messages is opened and sealed anew.
 */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import {
  type AddressInfo,
  connect as connectTcp,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer, type SecureVersion, type TLSSocket } from "node:tls";
import {
  ContentType,
  decodeClientHello,
  decodeServerHello,
  HandshakeReader,
  HandshakeType,
  RecordReader,
  type TlsRecord,
} from "@faultwire/tls-parser";
import { expect, onTestFinished } from "vitest";
import {
  cipherSuiteProtection,
  type OpenedRecord,
  parseKeylogLine,
  RecordOpener,
  RecordSealer,
  type RecordSecrets,
} from "../../src/index.ts";

export type Side = "client" | "server";

/** One direction behind its Finished message. */
export interface Direction {
  readonly from: Side;
  readonly opener: RecordOpener;
  readonly sealer: RecordSealer;
}

export interface RelayOptions {
  readonly version: SecureVersion;
  /** OpenSSL's name of the suite. */
  readonly cipher: string;
  /** What goes on in place of a record that was opened. */
  readonly forward: (opened: OpenedRecord, direction: Direction) => Uint8Array;
}

export interface Relayed {
  readonly client: TLSSocket;
  readonly server: TLSSocket;
  /** Why a record could not be opened, if one could not. */
  readonly failures: unknown[];
}

let identity: { key: Buffer; cert: Buffer } | undefined;

export function selfSigned(): { key: Buffer; cert: Buffer } {
  if (identity !== undefined) return identity;
  const folder = mkdtempSync(join(tmpdir(), "faultwire-bridge-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  execFileSync(
    "openssl",
    ["req", "-x509", ...curve, "-keyout", key, "-out", cert, "-days", "7", "-subj", "/CN=origin.test"],
    { stdio: "pipe" },
  );
  identity = { key: readFileSync(key), cert: readFileSync(cert) };
  rmSync(folder, { recursive: true });
  return identity;
}

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** A client and a server that have shaken hands through the relay. */
export async function relayed({ version, cipher, forward }: RelayOptions): Promise<Relayed> {
  const keylog: string[] = [];
  const failures: unknown[] = [];
  const note = (line: Buffer): void => void keylog.push(line.toString("latin1"));
  const tlsOptions = {
    minVersion: version,
    maxVersion: version,
    ciphers: cipher,
  };
  const server = createServer({ ...selfSigned(), ...tlsOptions });
  server.on("keylog", note);
  const serverPort = await listening(server);
  const relay = createTcpServer((downstream) => {
    const upstream = connectTcp(serverPort, "127.0.0.1");
    const session = new RelaySession(keylog, forward);
    const pump = (from: Side, source: Socket, sink: Socket): void => {
      source.on("data", (chunk) => {
        try {
          for (const bytes of session.push(from, chunk)) sink.write(bytes);
        } catch (error) {
          failures.push(error);
          downstream.destroy();
          upstream.destroy();
        }
      });
      source.on("end", () => sink.end());
      source.on("error", () => sink.destroy());
    };
    pump("client", downstream, upstream);
    pump("server", upstream, downstream);
  });
  const port = await listening(relay);
  const accepted = once(server, "secureConnection") as Promise<[TLSSocket]>;
  const client = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ...tlsOptions });
  client.on("keylog", note);
  const [[serverSocket]] = await Promise.all([accepted, once(client, "secureConnect")]);
  expect(client.getCipher().name).toBe(cipher);
  onTestFinished(() => {
    client.destroy();
    serverSocket.destroy();
  });
  return { client, server: serverSocket, failures };
}

/** What the relay knows of one connection. */
class RelaySession {
  readonly #keylog: readonly string[];
  readonly #forward: RelayOptions["forward"];
  readonly #readers = { client: new RecordReader(), server: new RecordReader() };
  readonly #directions: Partial<Record<Side, Direction>> = {};
  readonly #isProtected = { client: false, server: false };
  readonly #serverFlight = new HandshakeReader();
  #serverHandshake: RecordOpener | undefined;
  #clientRandom = new Uint8Array(0);
  #serverRandom = new Uint8Array(0);
  #cipherSuite = 0;

  constructor(keylog: readonly string[], forward: RelayOptions["forward"]) {
    this.#keylog = keylog;
    this.#forward = forward;
  }

  *push(from: Side, chunk: Uint8Array): Generator<Uint8Array> {
    for (const record of this.#readers[from].push(chunk)) {
      const direction = this.#directions[from];
      if (direction === undefined) {
        this.#follow(from, record);
        yield record.bytes;
      } else yield this.#forward(direction.opener.open(record), direction);
    }
  }

  /** Reads on until the record behind which the application keys are in use. */
  #follow(from: Side, record: TlsRecord): void {
    const suite = cipherSuiteProtection(this.#cipherSuite);
    if (record.type === ContentType.handshake && !this.#isProtected[from]) {
      this.#followHello(record);
      return;
    }
    if (suite?.version === "TLSv1.2") {
      if (!this.#isProtected[from]) this.#isProtected[from] = record.type === ContentType.changeCipherSpec;
      else this.#takeOver(from, 1);
      return;
    }
    if (record.type !== ContentType.applicationData) return;
    if (from === "client") {
      this.#takeOver(from, 0);
      return;
    }
    this.#serverHandshake ??= new RecordOpener({
      version: "TLSv1.3",
      suite: suite!,
      trafficSecret: this.#secret("SERVER_HANDSHAKE_TRAFFIC_SECRET"),
    });
    for (const { type } of this.#serverFlight.push(this.#serverHandshake.open(record).plaintext))
      if (type === HandshakeType.finished) this.#takeOver(from, 0);
  }

  #followHello(record: TlsRecord): void {
    for (const { type, body } of new HandshakeReader().push(record.fragment)) {
      if (type === HandshakeType.clientHello)
        this.#clientRandom = Uint8Array.from(decodeClientHello(body).random);
      if (type !== HandshakeType.serverHello) continue;
      const hello = decodeServerHello(body);
      this.#cipherSuite = hello.cipherSuite;
      if (hello.kind === "serverHello") this.#serverRandom = Uint8Array.from(hello.random);
    }
  }

  #takeOver(from: Side, sequenceNumber: number): void {
    const secrets = this.#secretsOf(from, sequenceNumber);
    this.#directions[from] = { from, opener: new RecordOpener(secrets), sealer: new RecordSealer(secrets) };
  }

  #secretsOf(side: Side, sequenceNumber: number): RecordSecrets {
    const suite = cipherSuiteProtection(this.#cipherSuite)!;
    if (suite.version === "TLSv1.3")
      return {
        version: "TLSv1.3",
        suite,
        trafficSecret: this.#secret(`${side.toUpperCase()}_TRAFFIC_SECRET_0`),
        sequenceNumber,
      };
    const [clientRandom, serverRandom] = [this.#clientRandom, this.#serverRandom];
    const masterSecret = this.#secret("CLIENT_RANDOM");
    return { version: "TLSv1.2", suite, masterSecret, clientRandom, serverRandom, side, sequenceNumber };
  }

  #secret(label: string): Uint8Array {
    for (const line of this.#keylog) {
      const entry = parseKeylogLine(line);
      if (entry?.label === label) return entry.secret;
    }
    throw new Error(`the key log has no ${label}`);
  }
}
