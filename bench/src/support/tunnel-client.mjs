// A client of an HTTPS origin through the host's proxy: HTTP/1.1 by hand, because a client library would be measured.
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";

/** A tunnel that hangs is a failure, and has to be seen as one. */
const patienceMs = 30_000;
const piece = Buffer.alloc(65_536, 7);

/** Opens a tunnel; resolves with its socket. */
export async function openTunnel(proxyPort, authority = "origin.test:443") {
  const socket = connectTcp(proxyPort, "127.0.0.1");
  socket.setNoDelay(true);
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  const [answer] = await once(socket, "data");
  if (!answer.toString("latin1").startsWith("HTTP/1.1 200")) throw new Error(`CONNECT: ${answer}`);
  return socket;
}

/** A tunnel with a finished handshake in it. */
export class TunnelClient {
  #socket;
  #onResponse;
  #head = "";
  #missing = -1;

  /** `target` is `{ proxyPort, ca, authority?, version? }`; every handshake is a full one. */
  static async open({ proxyPort, ca, authority, version }) {
    const raw = await openTunnel(proxyPort, authority);
    const versions = version && { minVersion: version, maxVersion: version };
    const named = { servername: "origin.test", ca, ALPNProtocols: ["http/1.1"] };
    const socket = connectTls({ socket: raw, ...named, ...versions });
    await new Promise((resolve, reject) => {
      socket.once("secureConnect", resolve);
      socket.once("error", reject);
      socket.once("close", () => reject(new Error("the tunnel has ended in mid-handshake")));
    });
    return new TunnelClient(socket);
  }

  constructor(socket) {
    this.#socket = socket;
    socket.on("data", (bytes) => this.#read(bytes));
    socket.on("error", (error) => this.#settle(error));
    socket.on("close", () => this.#settle(new Error("the tunnel has ended in mid-response")));
  }

  /** Sends `up` bytes and reads a response of `down` bytes. */
  async exchange(up, down) {
    if (this.#socket.destroyed) throw new Error("the tunnel has ended between two requests");
    const answered = new Promise((resolve, reject) => {
      const patience = setTimeout(() => reject(new Error(`no answer for ${patienceMs} ms`)), patienceMs);
      this.#onResponse = (error) => {
        clearTimeout(patience);
        if (error) reject(error);
        else resolve();
      };
    });
    // Who waits for room to write hears of a broken tunnel from here, a moment later.
    answered.catch(() => {});
    const method = up === 0 ? "GET" : "POST";
    const length = up === 0 ? "" : `content-length: ${up}\r\n`;
    // A short message leaves in one write, head and all, as clients send theirs.
    const isShort = up <= piece.length;
    if (isShort) this.#socket.cork();
    this.#socket.write(`${method} /${down} HTTP/1.1\r\nhost: origin.test\r\n${length}\r\n`);
    for (let left = up; left > 0; left -= piece.length)
      if (!this.#socket.write(left < piece.length ? piece.subarray(0, left) : piece))
        if (!isShort) await Promise.race([once(this.#socket, "drain"), answered]);
    if (isShort) this.#socket.uncork();
    await answered;
  }

  close() {
    this.#onResponse = undefined;
    this.#socket.destroy();
  }

  #read(bytes) {
    let rest = bytes.length;
    if (this.#missing < 0) {
      const before = this.#head.length;
      this.#head += bytes.toString("latin1");
      const end = this.#head.indexOf("\r\n\r\n");
      if (end < 0) return;
      rest = bytes.length - (end + 4 - before);
      this.#missing = Number(/content-length: (\d+)/i.exec(this.#head)?.[1]);
      if (!this.#head.startsWith("HTTP/1.1 200")) {
        this.#settle(new Error(this.#head.slice(0, 80)));
        return;
      }
      this.#head = "";
    }
    this.#missing -= rest;
    if (this.#missing > 0) return;
    this.#missing = -1;
    this.#settle();
  }

  #settle(error) {
    const settle = this.#onResponse;
    this.#onResponse = undefined;
    settle?.(error);
  }
}
