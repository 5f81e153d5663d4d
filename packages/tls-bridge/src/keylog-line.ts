import { TlsBridgeError } from "./tls-bridge-error.ts";

/** What is read of a key log. */
export const keylogLimits = {
  /** Characters of one line, line end included: the program that writes the log could otherwise make us keep it all. */
  lineCharacters: 1_024,
} as const;

/** The labels of key logs whose secrets have a known length (RFC 9850 sections 2.1 and 2.2). */
export const KeylogLabel = {
  /** TLS 1.2 and older: the master secret. */
  clientRandom: "CLIENT_RANDOM",
  clientEarlyTrafficSecret: "CLIENT_EARLY_TRAFFIC_SECRET",
  clientHandshakeTrafficSecret: "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
  serverHandshakeTrafficSecret: "SERVER_HANDSHAKE_TRAFFIC_SECRET",
  clientTrafficSecret0: "CLIENT_TRAFFIC_SECRET_0",
  serverTrafficSecret0: "SERVER_TRAFFIC_SECRET_0",
  earlyExporterSecret: "EARLY_EXPORTER_SECRET",
  exporterSecret: "EXPORTER_SECRET",
} as const;

const RANDOM_BYTES = 32;
const MASTER_SECRET_BYTES: readonly number[] = [48];
const HASH_BYTES: readonly number[] = [32, 48];
const secretBytes: ReadonlyMap<string, readonly number[]> = new Map(
  Object.values(KeylogLabel).map((label) => [
    label,
    label === KeylogLabel.clientRandom ? MASTER_SECRET_BYTES : HASH_BYTES,
  ]),
);
const shape = /^(?<label>[A-Z][A-Z0-9_]*) (?<random>(?:[0-9A-Fa-f]{2})+) (?<secret>(?:[0-9A-Fa-f]{2})+)$/;

/** One secret of one connection. What prints or serialises it shows the label and the random alone. */
export class KeylogEntry {
  /** One of {@link KeylogLabel}, or whatever stood there: new labels come with new versions. */
  readonly label: string;
  /** The ClientHello's random, 32 bytes: which connection this is. */
  readonly clientRandom: Uint8Array;
  readonly #secret: Uint8Array;

  constructor(label: string, clientRandom: Uint8Array, secret: Uint8Array) {
    this.label = label;
    this.clientRandom = clientRandom;
    this.#secret = secret;
  }

  /** The secret: 48 bytes for `CLIENT_RANDOM`, the hash's length for the secrets of TLS 1.3. */
  get secret(): Uint8Array {
    return this.#secret;
  }
}

/**
 * Reads one line of an NSS key log (RFC 9850 section 2), as Node's `keylog` event gives it: label, client random and
 * secret, one space between them, the latter two in hex of either case, with or without the line end.
 *
 * @returns undefined for an empty line and for a comment, which begins with `#`
 * @throws {@link TlsBridgeError} `bad-keylog-line` for anything else, and where random or secret have a length that
 *   their label does not allow. Labels that are not known pass with a secret of any length.
 *
 * @example
 * ```ts
 * socket.on("keylog", (line) => {
 *   const entry = parseKeylogLine(line.toString("latin1"));
 *   if (entry?.label === KeylogLabel.clientTrafficSecret0) secrets.client = entry.secret;
 * });
 * ```
 */
export function parseKeylogLine(line: string): KeylogEntry | undefined {
  if (line.length > keylogLimits.lineCharacters)
    fail(`${line.length} characters, at most ${keylogLimits.lineCharacters} expected`);
  const text = line.replace(/\r?\n$/, "");
  if (text === "" || text.startsWith("#")) return undefined;
  const { label, random, secret } = shape.exec(text)?.groups ?? {};
  if (label === undefined || random === undefined || secret === undefined)
    fail("something other than label, random and secret in hex with one space between them");
  const entry = new KeylogEntry(label, fromHex(random), fromHex(secret));
  if (entry.clientRandom.length !== RANDOM_BYTES)
    fail(`a client random of ${entry.clientRandom.length} bytes, ${RANDOM_BYTES} expected`);
  const allowed = secretBytes.get(label);
  if (allowed !== undefined && !allowed.includes(entry.secret.length))
    fail(`a secret of ${entry.secret.length} bytes for ${label}, ${allowed.join(" or ")} expected`);
  return entry;
}

function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

function fail(found: string): never {
  throw new TlsBridgeError("bad-keylog-line", `a line of a key log: ${found}`);
}
