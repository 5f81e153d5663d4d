/** What was never recorded goes on, byte for byte; and one port for TLS and for HTTP in clear. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { connect as connectTls, createSecureContext } from "node:tls";
import { soon } from "@faultwire/testkit/soon";
import { TestAuthority } from "@faultwire/testkit/test-authority";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  ExchangeTap,
  type LeftReason,
  type PassOn,
  type RecordedExchange,
  Recordings,
  type Replay,
  type ReplayedRequest,
  startReplay,
} from "../../src/index.ts";
import { exchange, responseText, textOf } from "../support/exchange.ts";

let way: Server;
let sockets: Socket[] = [];
/** What came on each connection of the way. */
let came: string[] = [];
let answerWith: (socket: Socket, said: string) => void = () => {};
let replay: Replay | undefined;
const recorded: RecordedExchange[] = [];
const left: LeftReason[] = [];

beforeEach(async () => {
  sockets = [];
  came = [];
  recorded.length = 0;
  left.length = 0;
  way = createServer((socket) => {
    const at = came.push("") - 1;
    sockets.push(socket);
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      came[at] += textOf(bytes);
      answerWith(socket, came[at] ?? "");
    });
  });
  way.listen(0, "127.0.0.1");
  await once(way, "listening");
});

afterEach(async () => {
  await replay?.close();
  for (const socket of sockets) socket.destroy();
  way.close();
});

const pass = (): PassOn => ({
  connect: () => connect((way.address() as AddressInfo).port, "127.0.0.1"),
  tap: ({ scheme, host }) =>
    new ExchangeTap({
      ...{ scheme, host, now: () => performance.now(), wallNow: Date.now },
      recorded: (one, letGo) => {
        recorded.push(one);
        letGo();
      },
      left: (reason) => left.push(reason),
    }),
});

interface Client {
  readonly socket: Socket;
  heard: string;
  end: "fin" | "reset" | undefined;
}

async function open(): Promise<{ readonly client: Client; readonly log: ReplayedRequest[] }> {
  const log: ReplayedRequest[] = [];
  const recordings = new Recordings([exchange("known", "old")]);
  replay = await startReplay({ recordings, speed: Infinity, pass: pass(), log: (one) => log.push(one) });
  const socket = connect(replay.port, "127.0.0.1");
  const client: Client = { socket, heard: "", end: undefined };
  socket.on("data", (bytes) => {
    client.heard += textOf(bytes);
  });
  socket.on("end", () => {
    client.end ??= "fin";
  });
  socket.on("error", () => {
    client.end = "reset";
  });
  return { client, log };
}

const post = (body: string): string =>
  `POST /v1/messages HTTP/1.1\r\nHost: api.test\r\nX-A: b\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const said =
  "HTTP/1.1 200 OK\r\nX-Odd:  spaces \r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nnew\r\n0\r\n\r\n";

it("a request that was not recorded is said in absolute form, the others are answered, each in its turn", async () => {
  answerWith = (socket) => socket.write(said);
  const { client, log } = await open();
  client.socket.write(post("known") + post("news") + post("known"));
  const old = responseText(exchange("known", "old"));
  await expect.poll(() => client.heard).toBe(old + said + old);
  expect(came).toEqual([post("news").replace("/v1", "http://api.test/v1")]);
  expect(log.map(({ missing, isPassed }) => [missing !== undefined, isPassed])).toEqual([
    [false, undefined],
    [true, true],
    [false, undefined],
  ]);
  expect(recorded.map(responseText)).toEqual([said]);
  expect(recorded[0]?.request).toMatchObject({ host: "api.test", target: "/v1/messages" });
  expect(left).toEqual([]);
  client.socket.destroy();
});

it("chunks of a request go on as they came, without an Expect that was met already", async () => {
  answerWith = (socket, all) => {
    if (all.endsWith("0\r\n\r\n")) socket.write(`HTTP/1.1 100 Continue\r\n\r\n${said}`);
  };
  const { client } = await open();
  const head = "POST /x HTTP/1.1\r\nHost: api.test\r\nTransfer-Encoding: chunked\r\n";
  client.socket.write(`${head}Expect: 100-continue\r\n\r\n`);
  await expect.poll(() => client.heard).toBe("HTTP/1.1 100 Continue\r\n\r\n");
  client.socket.write("2;a=b\r\nhi\r\n0\r\n\r\n");
  await expect.poll(() => client.heard).toBe(`HTTP/1.1 100 Continue\r\n\r\n${said}`);
  expect(came[0]).toBe(`${head.replace("/x", "http://api.test/x")}\r\n2;a=b\r\nhi\r\n0\r\n\r\n`);
  client.socket.destroy();
});

it("an end, and a reset, of the API is the client's; of a client, the API's", async () => {
  answerWith = (socket) => socket.end("HTTP/1.1 200 OK\r\n\r\nup to the end");
  const first = (await open()).client;
  first.socket.write(post("1"));
  await expect.poll(() => first.end).toBe("fin");
  expect(first.heard).toBe("HTTP/1.1 200 OK\r\n\r\nup to the end");
  await replay?.close();
  answerWith = (socket) => {
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
    setTimeout(() => socket.resetAndDestroy(), 50);
  };
  const second = (await open()).client;
  second.socket.write(post("1"));
  await expect.poll(() => second.end).toBe("reset");
  expect(recorded.map(({ response }) => response.end)).toEqual(["fin", "reset"]);
  await replay?.close();
  answerWith = () => {};
  const third = (await open()).client;
  third.socket.write(post("1"));
  await expect.poll(() => came.length).toBe(3);
  const closed = once(sockets[2]!, "close");
  third.socket.destroy();
  await soon(closed, "the end of the way");
  expect(left).toEqual(["unanswered"]);
});

it("what a client says behind an upgrade goes on as it is", async () => {
  answerWith = (socket, all) => {
    if (all.endsWith("\r\n\r\n")) socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n");
    else socket.write(all.slice(-3).toUpperCase());
  };
  const { client } = await open();
  client.socket.write("GET /ws HTTP/1.1\r\nHost: api.test\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
  await expect.poll(() => client.heard).toContain("101 Switching");
  client.socket.write("\0ab");
  await expect.poll(() => client.heard.endsWith("\0AB")).toBe(true);
  expect(left).toEqual(["not-http1"]);
  client.socket.destroy();
});

it("an answer of the way itself is passed on, and not recorded", async () => {
  const refusal =
    "HTTP/1.1 502 Bad Gateway\r\nx-faultwire: upstream-unreachable\r\nContent-Length: 0\r\n\r\n";
  answerWith = (socket) => socket.write(refusal);
  const { client } = await open();
  client.socket.write(post("1"));
  await expect.poll(() => client.heard).toBe(refusal);
  expect([recorded, left]).toEqual([[], ["unreachable"]]);
  client.socket.destroy();
});

it("who records an answer of the way itself is told nothing more of it", async () => {
  const told: string[] = [];
  const name =
    (what: string) =>
    (how?: unknown): void => {
      told.push(typeof how === "string" ? `${what} ${how}` : what);
    };
  const tap = {
    ...{ toUpstream: name("to"), fromUpstream: name("from"), upstreamEnded: name("ended") },
    ...{ leave: name("leave"), finish: name("finish") },
  };
  answerWith = (socket) =>
    socket.write(
      "HTTP/1.1 502 Bad Gateway\r\nx-faultwire: upstream-unreachable\r\nContent-Length: 0\r\n\r\n",
    );
  replay = await startReplay({ recordings: new Recordings([]), pass: { ...pass(), tap: () => tap } });
  const socket = connect(replay.port, "127.0.0.1");
  socket.write(post("1"));
  await soon(once(socket, "data"), "the refusal");
  expect(told.slice(told.lastIndexOf("to") + 1)).toEqual(["leave unreachable"]);
  socket.destroy();
});

it("one port answers by TLS and in clear, whichever a recording was made by", async () => {
  const authority = new TestAuthority("Recordings test");
  replay = await startReplay({
    recordings: new Recordings([exchange("known", "old")]),
    secureContextFor: (serverName) => createSecureContext(authority.issue(serverName)),
  });
  expect(replay.url).toBe(`https://127.0.0.1:${replay.port}`);
  const clients = [
    connect(replay.port, "127.0.0.1"),
    connectTls({ port: replay.port, host: "127.0.0.1", servername: "api.test", ca: authority.caPem }),
  ];
  for (const socket of clients) {
    let heard = "";
    socket.on("data", (bytes: Uint8Array) => {
      heard += textOf(bytes);
    });
    socket.write(post("known"));
    await expect.poll(() => heard).toBe(responseText(exchange("known", "old")));
    socket.destroy();
  }
});

it("requests that hold too many bytes together: the largest gets 503", async () => {
  replay = await startReplay({ recordings: new Recordings([]), maxHeldBytes: 100_000 });
  const { port } = replay;
  const heads = [60_000, 50_000].map((length) => {
    const socket = connect(port, "127.0.0.1");
    socket.write(`POST /x HTTP/1.1\r\nHost: api.test\r\nContent-Length: 99999\r\n\r\n${"x".repeat(length)}`);
    return socket;
  });
  const [large, small] = heads as [Socket, Socket];
  const [answer] = (await soon(Promise.race([once(large, "data"), once(small, "data")]), "a 503")) as [
    Uint8Array,
  ];
  expect(textOf(answer)).toMatch(/^HTTP\/1\.1 503 .*hold too many bytes together/s);
  for (const socket of heads) socket.destroy();
});
