import { Duplex } from "node:stream";

/** What makes a ServerHello a HelloRetryRequest (RFC 8446 section 4.1.3): the SHA-256 of these words. */
const retryRandom = Buffer.from("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c", "hex");
/** Where it may stand: in the first record of a server, with room for a warning before it. */
const watchedBytes = 256;

/** The connection to BoGo's runner, which sees whether a HelloRetryRequest passes, and can hand on what comes byte by byte. */
export class RunnerLine extends Duplex {
  #socket;
  #isByteByByte;
  #seen = { in: Buffer.alloc(0), out: Buffer.alloc(0) };

  /** @param {import("node:net").Socket} socket - connected, with `allowHalfOpen` */
  constructor(socket, isByteByByte) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    this.#isByteByByte = isByteByByte;
    socket.on("data", (chunk) => this.#take(chunk));
    socket.on("end", () => this.push(null));
    socket.on("error", (error) => this.destroy(error));
    socket.on("close", () => this.destroy());
  }

  /** Whether the server's side of this connection has asked for another ClientHello. */
  get hasRetry() {
    return Object.values(this.#seen).some((bytes) => bytes.includes(retryRandom));
  }

  #take(chunk) {
    this.#watch("in", chunk);
    const parts = this.#isByteByByte ? Array.from(chunk, (byte) => Buffer.of(byte)) : [chunk];
    let isRoom = true;
    for (const part of parts) isRoom = this.push(part);
    if (!isRoom) this.#socket.pause();
  }

  #watch(way, chunk) {
    const seen = this.#seen[way];
    if (seen.length < watchedBytes) this.#seen[way] = Buffer.concat([seen, chunk]).subarray(0, watchedBytes);
  }

  _read() {
    this.#socket.resume();
  }

  _write(chunk, _encoding, done) {
    this.#watch("out", chunk);
    this.#socket.write(chunk, done);
  }

  _final(done) {
    this.#socket.end(done);
  }

  _destroy(error, done) {
    this.#socket.destroy();
    done(error);
  }
}
