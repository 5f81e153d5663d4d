// A client of the origin, directly or through a proxy: HTTP/1.1 by hand, because a client library would be measured.
// Every response is checked by whoever asked for it: a figure for a wrong answer is none.
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";

/** A connection that hangs is a failure, and has to be seen as one. */
const patienceMs = 30_000;

async function openTunnel(proxyPort, originPort) {
  const socket = connectTcp(proxyPort, "127.0.0.1");
  socket.setNoDelay(true);
  socket.write(`CONNECT localhost:${originPort} HTTP/1.1\r\nHost: localhost:${originPort}\r\n\r\n`);
  const [answer] = await once(socket, "data");
  if (!/^HTTP\/1\.1 200 /.test(answer.toString("latin1"))) throw new Error(`CONNECT: ${answer}`);
  return socket;
}

export class ProxyClient {
  #socket;
  #settle;
  #onData;
  #head = "";
  #status = 0;
  /** Bytes of the body, or of a chunk of it, that are still to come; -1 in a head. */
  #missing = -1;
  #isChunked = false;
  /** The part of a chunk's line that has come. */
  #line = "";

  /** @param port - of the proxy; undefined for none. `ca`: of whoever ends TLS. Every handshake is a full one. */
  static async open({ port, originPort, ca }) {
    const way =
      port === undefined
        ? { port: originPort, host: "127.0.0.1" }
        : { socket: await openTunnel(port, originPort) };
    const socket = connectTls({ ...way, servername: "localhost", ca, ALPNProtocols: ["http/1.1"] });
    socket.setNoDelay(true);
    await new Promise((resolve, reject) => {
      socket.once("secureConnect", resolve);
      socket.once("error", reject);
      socket.once("close", () => reject(new Error("the connection has ended in mid-handshake")));
    });
    return new ProxyClient(socket);
  }

  constructor(socket) {
    this.#socket = socket;
    socket.on("data", (bytes) => this.#read(bytes));
    socket.on("error", (error) => this.#end(error));
    socket.on("close", () => this.#end(new Error("the connection has ended in mid-response")));
  }

  /**
   * Sends a request and reads its response, whose body goes to `onData`.
   *
   * @param request - all bytes of it; or `{ head, parts }`, whose parts are written as fast as they are taken
   * @returns the status
   */
  async exchange(request, onData) {
    const answered = new Promise((resolve, reject) => {
      const patience = setTimeout(() => reject(new Error(`no answer for ${patienceMs} ms`)), patienceMs);
      this.#settle = (error) => {
        clearTimeout(patience);
        if (error) reject(error);
        else resolve(this.#status);
      };
    });
    answered.catch(() => {});
    this.#onData = onData;
    if (Buffer.isBuffer(request)) this.#socket.write(request);
    else {
      this.#socket.write(request.head);
      for (const part of request.parts)
        if (!this.#socket.write(part)) await Promise.race([once(this.#socket, "drain"), answered]);
    }
    return answered;
  }

  /** Ends it; resolves when the socket is gone. */
  async close() {
    this.#settle = undefined;
    if (this.#socket.destroyed) return;
    const closed = once(this.#socket, "close");
    this.#socket.destroy();
    await closed;
  }

  #read(bytes) {
    for (let at = 0; at < bytes.length; ) {
      if (this.#missing < 0) at += this.#readHead(bytes.subarray(at));
      else if (this.#missing === 0) at += this.#readChunkLine(bytes.subarray(at));
      else {
        const part = bytes.subarray(at, at + this.#missing);
        at += part.length;
        this.#missing -= part.length;
        this.#onData?.(part);
        if (this.#missing === 0 && !this.#isChunked) this.#end();
      }
    }
  }

  #readHead(bytes) {
    const before = this.#head.length;
    this.#head += bytes.toString("latin1");
    const end = this.#head.indexOf("\r\n\r\n");
    if (end < 0) return bytes.length;
    const head = this.#head.slice(0, end + 2);
    this.#head = "";
    this.#status = Number(head.slice(9, 12));
    this.#isChunked = /\r\ntransfer-encoding: chunked\r\n/i.test(head);
    this.#missing = this.#isChunked ? 0 : Number(/\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1]);
    if (Number.isNaN(this.#missing)) this.#end(new Error(`a response of no known length: ${head}`));
    if (!this.#isChunked && this.#missing === 0) this.#end();
    return end + 4 - before;
  }

  /** The line of a chunk's size, with the empty one before it; in the last chunk the line behind it, too. */
  #readChunkLine(bytes) {
    const before = this.#line.length;
    this.#line += bytes.toString("latin1");
    const match = /^(?:\r\n)?(?:([1-9a-f][0-9a-f]*)\r\n|0\r\n\r\n)/i.exec(this.#line);
    if (!match) return bytes.length;
    this.#line = "";
    if (match[1] === undefined) this.#end();
    else this.#missing = Number.parseInt(match[1], 16);
    return match[0].length - before;
  }

  #end(error) {
    this.#missing = -1;
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(error);
  }
}
