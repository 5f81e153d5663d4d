// Clients that behave, and clients that don't: what a soak does to a proxy, drawn from a seed.
import { once } from "node:events";
import { Agent, request as httpRequest } from "node:http";
import { connect as connectTcp } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { controlHost, downHost, faultyHost } from "./soak-rules.mjs";

/** However a fault holds a client, it gives up after so long. */
const patienceMs = 3000;
/** So long waits a client that nothing should hold: far longer than a busy machine takes. */
const trustingMs = 60_000;

/** Numbers in [0, 1) from a seed (mulberry32). */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const bodyOf = (text, stream) =>
  JSON.stringify({
    model: "claude-sonnet-5-5",
    max_tokens: 1_000_000,
    stream,
    messages: [{ role: "user", content: text }],
  });

/**
 * What clients do, by name. Each is given a `client` with the proxy's port, a CA and a random source, and resolves when it
 * is through, whatever came of it. Only what {@link Unfaithful} says is wrong.
 */
export class Unfaithful extends Error {}

/** Something that a proxy must not do. */
const insist = (isSo, what) => {
  if (!isSo) throw new Unfaithful(what);
};

/** A socket to the proxy that ends by itself, and is told to the soak. */
function dial({ port, sockets, waitMs = patienceMs }) {
  const socket = connectTcp({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
  socket.on("error", () => {});
  socket.setTimeout(waitMs, () => socket.destroy());
  sockets.add(socket);
  socket.once("close", () => sockets.delete(socket));
  return socket;
}

/** Waits for so many bytes, or an end of what is looked for; undefined where the socket ended before. */
function read(socket, isEnough) {
  return new Promise((resolve) => {
    let got = Buffer.alloc(0);
    const heard = (chunk) => {
      got = Buffer.concat([got, chunk]);
      if (!isEnough(got)) return;
      leave();
      resolve(got);
    };
    const over = () => {
      leave();
      resolve(undefined);
    };
    const leave = () => {
      socket.off("data", heard);
      socket.off("end", over);
      socket.off("close", over);
    };
    socket.on("data", heard);
    socket.on("end", over);
    socket.on("close", over);
    if (socket.destroyed) over();
  });
}

const headEnd = (bytes) => bytes.includes("\r\n\r\n");

/** A tunnel by CONNECT, or by SOCKS 5; undefined where it is refused. */
async function tunnel(client, host, port) {
  const socket = dial(client);
  // The reference host, as the real one, knows CONNECT alone.
  if (client.way === "proxy" && client.random() < 0.3) {
    socket.write(Buffer.from([5, 1, 0]));
    if (!(await read(socket, ({ length }) => length >= 2))) return undefined;
    const name = Buffer.from(host);
    socket.write(
      Buffer.concat([Buffer.from([5, 1, 0, 3, name.length]), name, Buffer.from([port >> 8, port & 255])]),
    );
    const answer = await read(socket, ({ length }) => length >= 10);
    return answer?.[1] === 0 ? socket : undefined;
  }
  socket.write(`CONNECT ${host}:${port} HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`);
  const answer = await read(socket, headEnd);
  return answer?.toString("latin1").startsWith("HTTP/1.1 200") ? socket : undefined;
}

/** TLS through a tunnel; undefined where it does not come about. */
async function secured(client, host, more = {}) {
  const socket = await tunnel(client, host, 443);
  if (!socket) return undefined;
  const secure = connectTls({ socket, servername: host, ca: client.ca, ...more });
  secure.on("error", () => {});
  // TLS on a socket that has closed in the meantime tells of nothing, and its client would wait for ever.
  socket.once("close", () => secure.destroy());
  if (socket.destroyed) secure.destroy();
  await Promise.race([once(secure, "secureConnect"), gone(secure)]).catch(() => {});
  return secure.destroyed || !secure.authorized ? undefined : secure;
}

/** A request on a socket that is there; its status and body, or undefined where it broke off. */
function ask(socket, agent, host, text, stream, origin = "") {
  return new Promise((resolve) => {
    const sent = httpRequest({
      agent,
      host,
      path: `${origin}/v1/messages`,
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": "soak", "anthropic-version": "2023-06-01" },
    });
    sent.on("error", () => resolve(undefined));
    socket.once("close", () => resolve(undefined));
    sent.on("response", (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (piece) => {
        body += piece;
      });
      response.on("end", () => resolve({ status: response.statusCode, body }));
      response.on("error", () => resolve(undefined));
    });
    sent.end(bodyOf(text, stream));
  });
}

/** Some requests on one connection to a host, one after the other. */
async function converse(client, host, { times, stream, text }) {
  const socket = await secured(client, host);
  if (!socket) return undefined;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  agent.createConnection = () => socket;
  const answers = [];
  for (let at = 0; at < times && !socket.destroyed; at++)
    answers.push(await ask(socket, agent, host, text, stream));
  agent.destroy();
  socket.destroy();
  return answers;
}

const rawRequest = (host, text, stream, target = "/v1/messages") => {
  const body = bodyOf(text, stream);
  return `POST ${target} HTTP/1.1\r\nHost: ${host}\r\nx-api-key: soak\r\nanthropic-version: 2023-06-01\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
};

const bound = (random, most) => Math.floor(random() * most);
const gone = (socket) => (socket.destroyed ? Promise.resolve() : once(socket, "close").catch(() => {}));

export const deeds = {
  /** What no rule touches is right, to the last character. */
  async faithful(hasty) {
    const client = { ...hasty, waitMs: trustingMs };
    const stream = client.random() < 0.5;
    const answers = await converse(client, controlHost, {
      times: 1 + bound(client.random, 3),
      stream,
      text: "hello",
    });
    insist(answers !== undefined, "a connection that no rule touches did not come about");
    for (const answer of answers) {
      insist(answer?.status === 200, `a request that no rule touches was answered ${answer?.status}`);
      const words = stream
        ? [...answer.body.matchAll(/"text_delta","text":"([^"]*)"/g)].map(([, text]) => text).join("")
        : JSON.parse(answer.body).content[0].text;
      insist(words === "You said: hello", `an answer that no rule touches said ${JSON.stringify(words)}`);
    }
  },
  /** `https://` in absolute form, as some clients ask a proxy for it: the proxy speaks TLS with the upstream by itself. */
  async forwarded(hasty) {
    const client = { ...hasty, waitMs: trustingMs };
    const socket = dial(client);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    agent.createConnection = () => socket;
    for (let at = 0; at < 3; at++) {
      const answer = await ask(socket, agent, controlHost, "hello", false, `https://${controlHost}`);
      insist(
        answer?.status === 200,
        `a forwarded request that no rule touches was answered ${answer?.status}`,
      );
      insist(
        JSON.parse(answer.body).content[0].text === "You said: hello",
        "a forwarded answer was another's",
      );
    }
    agent.destroy();
    socket.destroy();
  },
  complete: (client) =>
    converse(client, faultyHost, { times: 1 + bound(client.random, 4), stream: false, text: "hi" }),
  stream: (client) =>
    converse(client, faultyHost, { times: 1 + bound(client.random, 2), stream: true, text: "a stream" }),
  large: (client) =>
    converse(client, faultyHost, {
      times: 1,
      stream: false,
      text: `long:${1 + bound(client.random, 50)}0000`,
    }),
  /** Goes away in the middle of an answer. */
  async abort(client) {
    const socket = await secured(client, faultyHost);
    socket?.write(rawRequest(faultyHost, "long:500", true));
    if (!socket) return;
    const most = bound(client.random, 3000);
    await read(socket, ({ length }) => length > most);
    socket.destroy();
  },
  /** Resets at any moment: before it says whom it wants, in the handshake, in the answer. */
  async reset(client) {
    const socket = dial(client);
    const timer = pause(bound(client.random, 60));
    socket.write(`CONNECT ${faultyHost}:443 HTTP/1.1\r\nHost: x\r\n\r\n`);
    void read(socket, headEnd).then((answer) => {
      if (!answer) return;
      const secure = connectTls({ socket, servername: faultyHost, ca: client.ca });
      secure.on("error", () => {});
      secure.write(rawRequest(faultyHost, "long:500", true));
      secure.resume();
    });
    await timer;
    socket.resetAndDestroy();
  },
  /** Reads a little, waits, reads on. */
  async slow(client) {
    const socket = await secured(client, client.random() < 0.5 ? faultyHost : controlHost);
    if (!socket) return;
    socket.write(rawRequest(controlHost, "long:1000000", false));
    for (let burst = 0; burst < 8 && !socket.destroyed; burst++) {
      socket.resume();
      await pause(5);
      socket.pause();
      await pause(50 + bound(client.random, 150));
    }
    socket.destroy();
  },
  /** Never reads at all what it has asked for, many times over. */
  async deaf(client) {
    const socket = await tunnel(client, faultyHost, 80);
    if (!socket) return;
    socket.pause();
    for (let at = 0; at < 50; at++) socket.write(rawRequest(faultyHost, "long:20000", false));
    await pause(500);
    if (client.random() < 0.5) socket.destroy();
    else socket.resetAndDestroy();
  },
  /** Says its last and still listens. */
  async halfClose(client) {
    const isTunnel = client.random() < 0.5;
    const socket = isTunnel ? await tunnel(client, faultyHost, 80) : dial(client);
    if (!socket) return;
    const target = isTunnel ? "/v1/messages" : `http://${faultyHost}/v1/messages`;
    socket.end(rawRequest(faultyHost, "half", client.random() < 0.5, target));
    socket.resume();
    await gone(socket);
  },
  /** What is no target's comes back as it was. */
  async stranger(hasty) {
    const client = { ...hasty, waitMs: trustingMs };
    const socket = await tunnel(client, "echo.test", 7);
    insist(socket !== undefined, "a tunnel that no rule touches did not come about");
    const bytes = Buffer.alloc(1 + bound(client.random, 200_000), client.random() * 256);
    socket.write(bytes);
    const how = bound(client.random, 3);
    const most = how === 0 ? bytes.length : bound(client.random, bytes.length);
    const got = await read(socket, ({ length }) => length >= most);
    insist(got !== undefined, "an echo broke off");
    insist(bytes.subarray(0, got.length).equals(got), "an echo was not what was said");
    if (how === 0) socket.end();
    else if (how === 1) socket.destroy();
    else socket.resetAndDestroy();
    await gone(socket);
  },
  /** A name that no system knows. */
  async nowhere(client) {
    const socket = await tunnel(client, `n${bound(client.random, 1000)}.invalid`, 443);
    insist(socket === undefined, "a name that does not resolve was reached");
  },
  async refused(client) {
    const socket = await tunnel(client, "closed.test", 443);
    insist(socket === undefined, "a port that nothing listens on was reached");
  },
  /** A target without an upstream: rules answer, or 502 does. */
  async down(client) {
    const answers = await converse(client, downHost, { times: 1, stream: false, text: "is there anybody" });
    for (const answer of answers ?? [])
      insist(answer?.status !== 200, "an upstream that is down has answered");
  },
  /** No protocol, half a head, or nothing. */
  async garbage(client) {
    const socket = dial(client);
    const said = [
      Buffer.alloc(200, 0xfe),
      "GET http://",
      `CONNECT ${faultyHost}:443 HT`,
      "",
      "\x05\x01",
      "\x16\x03\x01\x40",
    ];
    socket.write(said[bound(client.random, said.length)]);
    await pause(bound(client.random, 100));
    if (client.random() < 0.5) socket.end();
    else socket.resetAndDestroy();
    socket.resume();
    await gone(socket);
  },
  /** Does not trust the CA. */
  distrust: (client) => secured({ ...client, ca: undefined }, faultyHost),
  /** Offers HTTP/2 alone, and so stays closed. */
  async closed(client) {
    const socket = await secured(client, faultyHost, { ALPNProtocols: ["h2"], rejectUnauthorized: false });
    socket?.destroy();
  },
  /** An opened connection on which nothing is said. */
  async quiet(client) {
    const socket = await secured(client, faultyHost);
    await pause(500 + bound(client.random, 1500));
    socket?.destroy();
  },
};

/**
 * Brings so many tunnels to rest: a byte there and back, and the client's end. A host does not tell a plugin that they are over, so
 * that their places in its table stay taken.
 */
export async function leaveTunnels(client, count) {
  let left = count;
  const worker = async () => {
    while (left-- > 0) {
      const socket = await tunnel({ ...client, waitMs: trustingMs }, "echo.test", 7);
      insist(socket !== undefined, "a tunnel that no rule touches did not come about");
      socket.write("x");
      insist((await read(socket, ({ length }) => length > 0)) !== undefined, "an echo broke off");
      socket.end();
      await gone(socket);
    }
  };
  await Promise.all(Array.from({ length: 32 }, worker));
}

/** What the proxy does by itself and a plugin's host does not: it speaks TLS for a client, and tells of upstreams at once. */
const ofProxy = ["forwarded", "nowhere", "refused", "down"];

/** What clients do on a way. */
export const deedsOf = (way) =>
  Object.keys(deeds).filter((name) => way === "proxy" || !ofProxy.includes(name));
