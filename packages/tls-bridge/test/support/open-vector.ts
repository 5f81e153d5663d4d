/** Opens what was captured of whole connections, with nothing but their key logs. */
import { bytesFrom, type HandshakeVector } from "@faultwire/testkit/tls-vectors";
import {
  ContentType,
  decodeClientHello,
  decodeServerHello,
  type HandshakeFrame,
  HandshakeReader,
  HandshakeType,
  ProtocolVersion,
  RecordReader,
  selectedVersionOf,
  type TlsRecord,
} from "@faultwire/tls-parser";
import {
  cipherSuiteProtection,
  type KeylogEntry,
  type OpenedRecord,
  parseKeylogLine,
  RecordOpener,
  type RecordSecrets,
  TlsBridgeError,
} from "../../src/index.ts";

export type Side = "client" | "server";

/** A protected record, what was inside, and the secrets that sealed it at that place in the sequence. */
export interface Opening {
  readonly from: Side;
  readonly record: TlsRecord;
  /** Undefined where no secret of the key log opens it. */
  readonly opened: OpenedRecord | undefined;
  /** At which number under the secrets in force; undefined behind a key update, whose secret no log has. */
  readonly secrets: RecordSecrets | undefined;
}

interface Stage {
  readonly secrets: RecordSecrets;
  readonly opener: RecordOpener;
  updated: boolean;
}

/** Follows one captured connection. */
export class VectorOpener {
  readonly openings: Opening[] = [];
  readonly #keylog: readonly KeylogEntry[];
  readonly #stages: Record<Side, Stage[]> = { client: [], server: [] };
  readonly #messages = { client: new HandshakeReader(), server: new HandshakeReader() };
  /** Encrypted from here on in a way that is not ours, or without a secret. */
  readonly #blind: Record<Side, boolean> = { client: false, server: false };
  #clientRandom: Uint8Array = new Uint8Array(0);
  #serverRandom: Uint8Array = new Uint8Array(0);
  #version = 0;
  #cipherSuite = 0;

  constructor(vector: HandshakeVector) {
    this.#keylog = vector.keylog.flatMap((line) => parseKeylogLine(line) ?? []);
    this.#negotiate(vector);
    const readers = { client: new RecordReader(), server: new RecordReader() };
    for (const { from, bytes } of vector.chunks)
      for (const record of readers[from].push(bytes)) this.#take(from, record);
  }

  get suiteName(): string | undefined {
    return cipherSuiteProtection(this.#cipherSuite)?.name;
  }

  #take(from: Side, record: TlsRecord): void {
    if (this.#blind[from]) return;
    const isTls13 = this.#version === ProtocolVersion.tls13;
    const isProtected = isTls13 ? record.type === ContentType.applicationData : this.#stages[from].length > 0;
    const inside = isProtected
      ? this.#open(from, record)
      : { contentType: record.type, plaintext: record.fragment };
    if (inside === undefined) return;
    if (inside.contentType === ContentType.changeCipherSpec && !isTls13) this.#changeCipher(from);
    if (inside.contentType !== ContentType.handshake) return;
    for (const frame of this.#messages[from].push(inside.plaintext)) this.#follow(from, frame);
  }

  #open(from: Side, record: TlsRecord): OpenedRecord | undefined {
    for (const stage of this.#stages[from]) {
      const { sequenceNumber } = stage.opener;
      const secrets = stage.updated ? undefined : { ...stage.secrets, sequenceNumber };
      try {
        const opened = stage.opener.open(record);
        this.openings.push({ from, record, opened, secrets });
        return opened;
      } catch (error) {
        if (!(error instanceof TlsBridgeError && error.code === "bad-record-mac")) throw error;
      }
    }
    this.openings.push({ from, record, opened: undefined, secrets: undefined });
    return undefined;
  }

  #follow(from: Side, { type, body }: HandshakeFrame): void {
    if (type === HandshakeType.clientHello)
      this.#clientRandom = Uint8Array.from(decodeClientHello(body).random);
    if (type === HandshakeType.keyUpdate) {
      const stage = this.#stages[from].at(-1)!;
      stage.opener.updateKeys();
      stage.updated = true;
    }
    if (type !== HandshakeType.serverHello) return;
    const hello = decodeServerHello(body);
    this.#cipherSuite = hello.cipherSuite;
    if (hello.kind === "serverHello") this.#serverRandom = Uint8Array.from(hello.random);
  }

  /** Looks ahead: the client's early data comes before the server has named version and suite. */
  #negotiate(vector: HandshakeVector): void {
    const [first] = new RecordReader().push(bytesFrom(vector, "server"));
    if (first?.type !== ContentType.handshake) return;
    const [frame] = new HandshakeReader().push(first.fragment);
    if (frame?.type !== HandshakeType.serverHello) return;
    const hello = decodeServerHello(frame.body);
    this.#version = selectedVersionOf(hello);
    this.#cipherSuite = hello.cipherSuite;
    if (this.#version !== ProtocolVersion.tls13) return;
    for (const side of ["client", "server"] as const)
      this.#stages[side] = ["EARLY_TRAFFIC_SECRET", "HANDSHAKE_TRAFFIC_SECRET", "TRAFFIC_SECRET_0"].flatMap(
        (label) => this.#tls13Stages(`${side.toUpperCase()}_${label}`),
      );
  }

  #tls13Stages(label: string): Stage[] {
    const suite = cipherSuiteProtection(this.#cipherSuite);
    if (suite === undefined) return [];
    return this.#keylog
      .filter((entry) => entry.label === label)
      .map(({ secret }) => stageOf({ version: "TLSv1.3", suite, trafficSecret: secret }));
  }

  /** TLS 1.2, each time: the handshakes of a renegotiation run inside the one before. */
  #changeCipher(side: Side): void {
    const suite = cipherSuiteProtection(this.#cipherSuite);
    const random = Buffer.from(this.#clientRandom);
    const entry = this.#keylog.find(({ clientRandom }) => random.equals(clientRandom));
    this.#blind[side] = suite?.version !== "TLSv1.2" || entry === undefined;
    if (suite?.version !== "TLSv1.2" || entry === undefined) return;
    const [clientRandom, serverRandom] = [this.#clientRandom, this.#serverRandom];
    const masterSecret = entry.secret;
    this.#stages[side] = [
      stageOf({ version: "TLSv1.2", suite, masterSecret, clientRandom, serverRandom, side }),
    ];
  }
}

function stageOf(secrets: RecordSecrets): Stage {
  return { secrets, opener: new RecordOpener(secrets), updated: false };
}
