// The upstream of `npm run interop:h2`: HTTP/2 and HTTP/1.1, over TLS and in clear with prior knowledge, gRPC and WebSocket.
import { createHash } from "node:crypto";
import * as http from "node:http";
import * as http2 from "node:http2";
import * as net from "node:net";

/** What `/plain` answers. */
export const plainText = "hello over whatever version\n";
/** Events of `/cut` and `/reset`, and messages of a call of gRPC. */
export const eventCount = 12;

const event = (at) => `data: {"at":${at}}\n\n`;
const message = (at) => {
  const text = Buffer.from(`message ${at}`);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(text.length, 1);
  return Buffer.concat([prefix, text]);
};

/** Writes parts in turn, each in a turn of its own, so that each is a frame of its own. */
function inTurn(stream, parts, end) {
  const [first, ...rest] = parts;
  if (stream.destroyed) return;
  if (first === undefined) {
    end();
    return;
  }
  stream.write(first);
  setImmediate(() => inTurn(stream, rest, end));
}

/** Answers over either version; the response of node:http2's compatibility layer is as that of node:http. */
function serve(request, response) {
  const path = request.url.split("?")[0];
  if (request.headers["content-type"]?.startsWith("application/grpc")) {
    grpc(request, response);
    return;
  }
  request.on("error", () => {});
  response.on("error", () => {});
  if (path === "/echo") {
    response.writeHead(200, { "content-type": "application/octet-stream" });
    request.pipe(response);
  } else if (path === "/hash") {
    // What came, by its hash; and what goes, whose hash the client can make itself.
    const hash = createHash("sha256");
    let bytes = 0;
    request.on("data", (chunk) => {
      hash.update(chunk);
      bytes += chunk.length;
    });
    request.on("end", () => response.end(JSON.stringify({ bytes, hash: hash.digest("hex") })));
  } else if (path === "/plain" || path === "/overload") {
    response.writeHead(200, { "content-type": "text/plain" });
    response.end(plainText);
  } else {
    response.writeHead(200, { "content-type": "text/event-stream" });
    inTurn(
      response,
      Array.from({ length: eventCount }, (_none, at) => event(at)),
      () => response.end(),
    );
  }
}

/** A call whose answer is a stream of messages. */
function grpc(request, response) {
  request.resume();
  response.on("error", () => {});
  response.writeHead(200, { "content-type": "application/grpc" });
  response.addTrailers({ "grpc-status": "0" });
  const messages = Array.from({ length: eventCount }, (_none, at) => message(at));
  inTurn(response, messages, () => response.end());
}

/** Says five messages and closes in order. */
function talk(socket) {
  for (let at = 1; at <= 5; at++) socket.send(`message ${at}`);
  socket.close(1000, "done");
}

const listening = (server) =>
  new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)));

/**
 * @param identity `key` and `cert` of the upstream's name
 * @param WebSocketServer of `ws`
 * @returns its ports: `secure` (h2 and http/1.1 by ALPN), `clear` (the same by the first bytes), and how to end it
 */
export async function startOrigin(identity, WebSocketServer) {
  const sockets = new Set();
  const own = (server) => {
    server.on("connection", (socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      socket.on("error", () => {});
    });
    server.on("sessionError", () => {});
    return server;
  };
  const webSockets = new WebSocketServer({ noServer: true });
  webSockets.on("connection", talk);
  const upgrade = (request, socket, head) =>
    webSockets.handleUpgrade(request, socket, head, (opened) => webSockets.emit("connection", opened));
  const secure = own(http2.createSecureServer({ ...identity, allowHTTP1: true }, serve));
  secure.on("upgrade", upgrade);
  const inClear1 = http.createServer(serve);
  // A server with this listener gets `Upgrade: h2c` as well, which servers of today ignore.
  const withUpgrade = http.createServer();
  withUpgrade.on("upgrade", upgrade);
  const inClear2 = http2.createServer(serve);
  inClear2.on("sessionError", () => {});
  const clear = own(
    net.createServer((socket) => {
      socket.once("data", (bytes) => {
        socket.pause();
        const isHttp2 = bytes.subarray(0, 3).equals(Buffer.from("PRI"));
        const isWebSocket = /\r\nupgrade: *websocket/i.test(bytes.toString("latin1"));
        const server = isHttp2 ? inClear2 : isWebSocket ? withUpgrade : inClear1;
        server.emit("connection", socket);
        socket.unshift(bytes);
        socket.resume();
      });
    }),
  );
  return {
    secure: await listening(secure),
    clear: await listening(clear),
    end() {
      for (const server of [secure, clear]) server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
