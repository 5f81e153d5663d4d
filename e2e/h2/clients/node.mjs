// Asks for each path, and says in a line of JSON what came of it: `node.mjs grpc-js|ws BASE PATH…`.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [what, base, ...paths] = process.argv.slice(2);
const require = createRequire(`${process.env.CLIENTS}/`);
const say = (line) => console.log(JSON.stringify({ status: 0, ...line }));

async function overGrpc() {
  const grpc = require("@grpc/grpc-js");
  const [scheme, address] = base.split("://");
  const secret =
    scheme === "https"
      ? grpc.credentials.createSsl(readFileSync(process.env.H2_CA))
      : grpc.credentials.createInsecure();
  const client = new grpc.Client(scheme === "https" ? `${address}:443` : address, secret);
  const asIs = (bytes) => bytes;
  for (const path of paths) {
    let bytes = 0;
    const deadline = Date.now() + 20_000;
    const call = client.makeServerStreamRequest(path, asIs, asIs, Buffer.from("hi"), { deadline });
    call.on("data", (message) => (bytes += message.length));
    call.on("error", () => {});
    const status = await new Promise((resolve) => call.on("status", resolve));
    const error = status.code === 0 ? "OK" : `${grpc.status[status.code]}: ${status.details}`;
    say({ path, version: `grpc-js ${require("@grpc/grpc-js/package.json").version}`, bytes, error });
  }
  client.close();
}

/** `ws` knows no proxy: a tunnel is opened here, and it speaks inside. */
function tunnel(target) {
  const proxy = new URL(process.env.HTTPS_PROXY);
  return new Promise((resolve, reject) => {
    const request = require("node:http").request({
      host: proxy.hostname,
      port: proxy.port,
      method: "CONNECT",
      path: target,
      headers: { host: target },
    });
    request.once("connect", (_response, socket) => resolve(socket));
    request.once("error", reject);
    request.end();
  });
}

async function overWs() {
  const { WebSocket } = require("ws");
  for (const path of paths) {
    let [bytes, error] = [0, ""];
    const { hostname, protocol } = new URL(base);
    const options = {};
    if (protocol === "wss:") {
      const socket = await tunnel(`${hostname}:443`);
      options.createConnection = () =>
        require("node:tls").connect({ socket, servername: hostname, ca: readFileSync(process.env.H2_CA) });
    }
    const socket = new WebSocket(base + path, options);
    socket.on("message", (message) => (bytes += message.length));
    socket.on("error", ({ message }) => (error = message));
    const code = await new Promise((resolve) => socket.on("close", resolve));
    say({ path, version: "HTTP/1.1", status: 101, bytes, error: error || `closed ${code}` });
  }
}

await (what === "grpc-js" ? overGrpc() : overWs());
