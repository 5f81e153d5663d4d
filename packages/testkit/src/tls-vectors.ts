/**
 * What real TLS stacks said on loopback, captured by scripts/capture-hellos.mjs: single ClientHellos and both
 * directions of whole connections.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One ClientHello as it stood on the wire, in its records. */
export interface HelloVector {
  /** Who said it, and in what manner: `curl up to TLS 1.2`. */
  readonly name: string;
  /** Program and version. */
  readonly program: string;
  readonly bytes: Uint8Array;
}

/** Bytes of one direction that arrived together. */
export interface VectorChunk {
  readonly from: "client" | "server";
  readonly bytes: Uint8Array;
}

/** What the programs themselves said about a connection. */
export interface HandshakeFacts {
  /** As Node and openssl name it: `TLSv1`, `TLSv1.1`, `TLSv1.2`, `TLSv1.3`; absent where the handshake failed. */
  readonly version?: string;
  /** The IANA name; absent where the handshake failed, and from the openssl command. */
  readonly cipherSuite?: string;
  readonly resumed?: boolean;
  readonly alpnProtocol?: string;
  readonly earlyData?: "accepted" | "rejected";
  /** The code of Node's error. */
  readonly clientError?: string;
}

/** One connection from its first byte to its last. */
export interface HandshakeVector {
  /** The file's name: `tls13-retry`. */
  readonly name: string;
  readonly client: string;
  readonly server: string;
  readonly facts: HandshakeFacts;
  /** Lines in the format of NSS key logs: throw-away secrets of a throw-away connection. */
  readonly keylog: readonly string[];
  /** In the order in which a relay between the two saw them. */
  readonly chunks: readonly VectorChunk[];
}

const folder = join(import.meta.dirname, "../vectors");
const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const readJson = <T>(path: string): T => JSON.parse(readFileSync(join(folder, path), "utf8")) as T;

/** Every captured ClientHello. */
export function helloVectors(): HelloVector[] {
  const { hellos } = readJson<{ hellos: { name: string; program: string; hex: string }[] }>("hellos.json");
  return hellos.map(({ name, program, hex }) => ({ name, program, bytes: fromHex(hex) }));
}

/**
 * ClientHellos for api.anthropic.com, one record each, that OpenSSL's server takes or answers with its own alert, and
 * that have one extension more than OpenSSL's client sends, with a body that its RFC does not allow. Made by hand.
 */
export function oddHellos(): { readonly name: string; readonly bytes: Uint8Array }[] {
  return readdirSync(join(folder, "odd-hellos"))
    .sort()
    .map((file) => ({
      name: file.replace(/\.bin$/, ""),
      bytes: Uint8Array.from(readFileSync(join(folder, "odd-hellos", file))),
    }));
}

/** Every captured connection, by name. */
export function handshakeVectors(): HandshakeVector[] {
  return readdirSync(join(folder, "handshakes"))
    .sort()
    .map((file) => {
      type Stored = Omit<HandshakeVector, "chunks"> & {
        chunks: { from: "client" | "server"; hex: string }[];
      };
      const { chunks, ...vector } = readJson<Stored>(`handshakes/${file}`);
      return { ...vector, chunks: chunks.map(({ from, hex }) => ({ from, bytes: fromHex(hex) })) };
    });
}

/** All bytes of one direction, in one piece. */
export function bytesFrom(vector: HandshakeVector, from: "client" | "server"): Uint8Array {
  return Uint8Array.from(
    Buffer.concat(vector.chunks.filter((chunk) => chunk.from === from).map(({ bytes }) => bytes)),
  );
}
