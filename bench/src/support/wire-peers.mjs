// What our packages of HTTP/2 and WebSocket can do beside what Node programs have for them: `node:http2` and `ws`.
import * as nodeHttp2 from "node:http2";
import * as http2 from "@faultwire/http2";
import * as websocket from "@faultwire/websocket";
import * as ws from "ws";

const yes = () => true;
const no = () => false;
const turns = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
const text = new TextEncoder();

/** What the peer's receiver says of a server's bytes. */
async function peerHears(bytes) {
  const heard = [];
  const receiver = new ws.Receiver({ isServer: false });
  for (const name of ["message", "ping", "pong", "conclude", "error"])
    receiver.on(name, (what) => heard.push([name, what]));
  receiver.write(Buffer.from(bytes));
  await turns();
  return heard;
}

async function askWebSocket(ask, needsNode) {
  const us = "websocket";
  const hello = websocket.encodeFrame({ type: "text", payload: text.encode("hello") });
  const begun = websocket.encodeFrame({ type: "text", payload: text.encode("hel"), fin: false });
  const notText = websocket.encodeFrame({ type: "text", payload: Uint8Array.of(0xff, 0xfe) });
  const read = (bytes) => [...new websocket.FrameReader({ from: "server" }).push(bytes)];
  await ask(us, "reads a message without a socket", {
    [us]: () => read(hello).some((item) => item.kind === "end" && item.message),
    ws: async () => (await peerHears(hello)).some(([name]) => name === "message"),
  });
  await ask(us, "tells a frame before its message is whole", {
    [us]: () => read(begun).some((item) => item.kind === "head"),
    ws: async () => (await peerHears(begun)).length > 0,
  });
  await ask(us, "gives the bytes of each frame as they came", {
    [us]: () => Buffer.concat(read(hello).map(({ bytes }) => bytes)).equals(Buffer.from(hello)),
    ws: no,
  });
  await ask(us, "writes frames with all reserved bits", {
    [us]: () => (websocket.encodeFrame({ type: "text", reserved: 7 })[0] & 0x70) === 0x70,
    ws: () =>
      (ws.Sender.frame(Buffer.of(), { fin: true, opcode: 1, rsv1: true, rsv2: true, rsv3: true })[0][0] &
        0x70) ===
      0x70,
  });
  await ask(us, "writes a length that is not the payload's", {
    [us]: () => websocket.encodeFrame({ type: "text", declaredBytes: 9 })[1] === 9,
    ws: no,
  });
  await ask(us, "inflates compressed messages", {
    [us]: () => "PerMessageDeflate" in websocket,
    ws: () => "PerMessageDeflate" in ws || "PerMessageDeflate" in ws.default,
  });
  await ask(us, "refuses a text that is no UTF-8", {
    [us]: () => read(notText).some((item) => item.kind === "malformed"),
    ws: async () => (await peerHears(notText)).some(([name]) => name === "error"),
  });
  await ask(us, "a client and a server, handshake and all", {
    [us]: () => "WebSocketServer" in websocket,
    ws: () => "WebSocketServer" in ws,
  });
  await ask(us, "runs in a browser: needs no module of Node's", {
    [us]: () => !needsNode("@faultwire/websocket"),
    ws: () => !needsNode("ws"),
  });
}

async function askHttp2(ask, needsNode) {
  const us = "http2";
  const node = "node:http2";
  const has = (module, ...names) => names.every((name) => name in module);
  await ask(us, "bytes in, bytes out: no socket, no stream", {
    [us]: () => has(http2.Http2Connection.prototype, "push", "take"),
    [node]: no,
  });
  await ask(us, "frames by themselves, read and written", {
    [us]: () => has(http2, "FrameReader", "writeFrame"),
    [node]: () => has(nodeHttp2, "FrameReader"),
  });
  await ask(us, "writes a frame that declares another length", {
    [us]: () => http2.writeFrame({ type: 0, declaredBytes: 9 })[2] === 9,
    [node]: no,
  });
  await ask(us, "header blocks by themselves", {
    [us]: () => has(http2, "HpackDecoder", "HpackEncoder"),
    [node]: () => has(nodeHttp2, "HpackDecoder"),
  });
  await ask(us, "a client and a server over sockets", {
    [us]: () => has(http2, "createServer"),
    [node]: () => has(nodeHttp2, "createServer", "connect"),
  });
  await ask(us, "server push", { [us]: no, [node]: yes });
  await ask(us, "extended CONNECT (RFC 8441)", {
    [us]: no,
    [node]: () => "enableConnectProtocol" in nodeHttp2.getDefaultSettings(),
  });
  await ask(us, "runs in a browser: needs no module of Node's", {
    [us]: () => !needsNode("@faultwire/http2"),
    [node]: no,
  });
}

/** @param ask as in `peers.mjs` @param needsNode whether a package, or what it imports, names a module of Node's */
export async function askWire(ask, needsNode) {
  await askHttp2(ask, needsNode);
  await askWebSocket(ask, needsNode);
}
