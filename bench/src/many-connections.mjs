// 10,000 connections of each kind, opened and shut by `faultwire proxy`: what they leave behind in its process.
// `node --expose-gc bench/src/many-connections.mjs [connections]`.
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";
import { startProxyProcess } from "./support/proxy-process.mjs";
import { isQuick, openReport, scaled } from "./support/report.mjs";
import { controlHost, downHost, targets } from "./support/soak-rules.mjs";

const connections = Number(process.argv[2] ?? scaled(10_000, 40));
const atOnce = scaled(100, 10);
/** Samples of each kind; what grows between the first and the last grows with connections. */
const rounds = 4;
const patienceMs = 60_000;
/** So many connections and requests the command remembers for its lines and its summary; they are to be there before. */
const remembered = scaled(10_000, 0);

const report = openReport("many-connections", {
  method: `${connections} connections of each kind, ${atOnce} at once, each with its upstream's or a rule's answer, half of them ended by a reset; the proxy's process after a collection, once all are closed; growth from the first ${connections / rounds} to the last`,
});
const proxy = await startProxyProcess(
  `version: 1\ntargets: [${targets.join(", ")}]\nrules: [{ name: busy, match: { host: ${downHost}, path: /v1/messages }, fault: { http: { status: 529 } } }]\n`,
);

/** A tunnel; the socket ends by itself where nothing comes. */
async function tunnel(host, port) {
  const socket = connectTcp({ port: proxy.port, host: "127.0.0.1", noDelay: true });
  socket.on("error", () => {});
  socket.setTimeout(patienceMs, () => socket.destroy());
  socket.write(`CONNECT ${host}:${port} HTTP/1.1\r\n\r\n`);
  await until(socket, "\r\n\r\n");
  return socket;
}

/** Waits for a text. */
async function until(socket, text) {
  let got = "";
  while (!got.includes(text)) {
    const [chunk] = await Promise.race([once(socket, "data"), once(socket, "close").then(() => [])]);
    if (chunk === undefined) throw new Error(`a connection has ended before ${JSON.stringify(text)}: ${got}`);
    got += chunk.toString("latin1");
  }
}

/** TLS in a tunnel: the socket of the tunnel, and the one inside. */
async function secured(host) {
  const socket = await tunnel(host, 443);
  const inside = connectTls({ socket, servername: host, ca: proxy.ca });
  inside.on("error", () => {});
  await once(inside, "secureConnect");
  return [socket, inside];
}

const models = (host) =>
  `GET /v1/models HTTP/1.1\r\nHost: ${host}\r\nx-api-key: k\r\nanthropic-version: 2023-06-01\r\n\r\n`;

/** Opens one, has it answered, and gives the socket to the proxy. */
const kinds = {
  async "tunnels that are not read"() {
    const socket = await tunnel("echo.test", 7);
    socket.write("hello");
    await until(socket, "hello");
    return socket;
  },
  async "HTTP in clear, passed on"() {
    const socket = await tunnel(controlHost, 80);
    socket.write(models(controlHost));
    await until(socket, '"has_more"');
    return socket;
  },
  async "HTTPS that is opened, passed on"() {
    const [socket, inside] = await secured(controlHost);
    inside.write(models(controlHost));
    await until(inside, '"has_more"');
    return socket;
  },
  async "HTTPS that is opened, answered by rule, its upstream down"() {
    const [socket, inside] = await secured(downHost);
    inside.write(`POST /v1/messages HTTP/1.1\r\nHost: ${downHost}\r\ncontent-length: 2\r\n\r\n{}`);
    await until(inside, "529 ");
    return socket;
  },
};

async function openAndShut(open, count) {
  let left = count;
  const worker = async () => {
    while (left-- > 0) {
      const socket = await open();
      const closed = once(socket, "close");
      if (left % 2 === 0) socket.destroy();
      else socket.resetAndDestroy();
      await closed.catch(() => {});
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

const before = await proxy.sample();
await openAndShut(kinds["HTTP in clear, passed on"], remembered);
let isWrong = false;
for (const [kind, open] of Object.entries(kinds)) {
  const found = [];
  const startedMs = performance.now();
  for (let round = 0; round < rounds; round++) {
    await openAndShut(open, connections / rounds);
    found.push(await proxy.settled(before));
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const [first] = found;
  const last = found.at(-1);
  const rows = [
    { what: "growth of the heap", value: (last.heapUsed - first.heapUsed) / 1e6, unit: "MB", atMost: 1 },
    {
      what: "growth of buffers",
      value: (last.arrayBuffers - first.arrayBuffers) / 1e6,
      unit: "MB",
      atMost: 1,
    },
    { what: "sockets left behind", value: last.sockets - before.sockets, unit: "sockets", atMost: 0 },
    { what: "descriptors left behind", value: last.fds - before.fds, unit: "fds", atMost: 4 },
  ];
  for (const { atMost, ...row } of rows) {
    if (row.value > atMost) isWrong = true;
    report.row({ group: kind, ...row, wanted: [{ atMost }] });
  }
  report.row({
    group: kind,
    what: "connections a second",
    value: connections / seconds,
    unit: "a second",
    note: `resident memory ${(first.rss / 1e6).toFixed(0)} MB, then ${(last.rss / 1e6).toFixed(0)}`,
  });
}
for (const line of new Set(proxy.ownErrors.slice(0, 20))) console.error(line);
const how = await proxy.stop();
report.close();
if (!isQuick && (isWrong || proxy.ownErrors.length > 0 || how !== 0)) process.exitCode = 1;
