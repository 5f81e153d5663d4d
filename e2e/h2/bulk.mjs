// 100 MiB each way by hash, eight streams at once on one connection, through HTTPS that the proxy opens and in clear.
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import * as http2 from "node:http2";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { host } from "./world.mjs";

const total = 100 << 20;
const streams = 8;
const share = total / streams;

/** A session through HTTPS in a tunnel, or in clear at the port. */
async function session({ secure, clear, ca }, isSecure) {
  if (!isSecure) return http2.connect(`http://127.0.0.1:${clear.port}`);
  const socket = connect(secure.port, "127.0.0.1");
  socket.write(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n`);
  await new Promise((resolve) => socket.once("data", resolve));
  const tls = connectTls({ socket, servername: host, ca: readFileSync(ca), ALPNProtocols: ["h2"] });
  await new Promise((resolve, reject) => tls.once("secureConnect", resolve).once("error", reject));
  return http2.connect(`https://${host}`, { createConnection: () => tls });
}

/** Sends random bytes and reads them back. @returns words where a hash is another */
function echo(opened, at) {
  const request = opened.request({ ":path": "/echo", ":method": "POST" });
  const [sent, got] = [createHash("sha256"), createHash("sha256")];
  let [left, came] = [share, 0];
  const seed = randomBytes(65_536);
  const write = () => {
    while (left > 0) {
      seed.writeUInt32BE(left, 0);
      const chunk = Buffer.from(seed.subarray(0, Math.min(left, seed.length)));
      sent.update(chunk);
      left -= chunk.length;
      if (!request.write(chunk)) {
        request.once("drain", write);
        return;
      }
    }
    request.end();
  };
  write();
  return new Promise((resolve) => {
    request.on("data", (chunk) => {
      got.update(chunk);
      came += chunk.length;
    });
    request.on("error", (error) => resolve(`stream ${at}: ${error.message}`));
    request.on("end", () => {
      const isSame = came === share && sent.digest("hex") === got.digest("hex");
      resolve(isSame ? "" : `stream ${at}: ${came} bytes of ${share}, or another hash`);
    });
  });
}

export async function bulk(world) {
  const problems = [];
  for (const isSecure of [true, false]) {
    const opened = await session(world, isSecure);
    opened.on("error", (error) => problems.push(`large bodies: ${error.message}`));
    const at = performance.now();
    const words = await Promise.all(Array.from({ length: streams }, (_none, stream) => echo(opened, stream)));
    const seconds = (performance.now() - at) / 1000;
    const where = isSecure ? "HTTPS" : "clear";
    problems.push(...words.filter(Boolean).map((line) => `large bodies, ${where}: ${line}`));
    console.log(`100 MiB each way, ${streams} streams at once, ${where}: ${seconds.toFixed(1)} s`);
    opened.destroy();
  }
  return problems;
}
