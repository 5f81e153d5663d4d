// A client of HTTP/2 through a proxy, or of the origin itself: node:http2, in the benchmark's own process, whose CPU counts for
// nobody. Every response is checked by whoever asked for it.
import { once } from "node:events";
import { connect } from "node:http2";
import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";

const patienceMs = 20_000;

/** A session; `port` is the proxy's, undefined for none. */
export async function openSession({ port, originPort, ca }) {
  const target = `localhost:${originPort}`;
  const socket = connectTcp(port ?? originPort, "127.0.0.1");
  socket.setNoDelay(true);
  if (port !== undefined) {
    socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
    const [answer] = await once(socket, "data");
    if (!/^HTTP\/1\.1 200 /.test(answer.toString("latin1"))) throw new Error(`CONNECT: ${answer}`);
  }
  const tls = connectTls({ socket, servername: "localhost", ca, ALPNProtocols: ["h2"] });
  await once(tls, "secureConnect");
  if (tls.alpnProtocol !== "h2") throw new Error(`${tls.alpnProtocol} was agreed on, and not h2`);
  const settings = { initialWindowSize: 1 << 20 };
  const session = connect(`https://${target}`, {
    createConnection: () => tls,
    settings,
    // mitmproxy says WINDOW_UPDATE on streams that are over.
    maxSessionInvalidFrames: 1e6,
  });
  session.on("error", () => {});
  await once(session, "remoteSettings");
  return session;
}

/** One exchange; the body's parts go to `onData`. `body`: a buffer, or parts that are written as fast as they are taken. */
export function exchange(session, headers, body, onData) {
  const request = session.request(headers, { endStream: body === undefined });
  return new Promise((resolve, reject) => {
    let status = 0;
    // One that hangs is a failure, and has to be seen as one.
    request.setTimeout(patienceMs, () => request.destroy(new Error(`no answer for ${patienceMs} ms`)));
    request.on("response", (fields) => {
      status = fields[":status"];
    });
    request.on("data", onData);
    request.on("error", reject);
    request.on("close", () =>
      request.rstCode === 0 ? resolve(status) : reject(new Error(`RST_STREAM ${request.rstCode}`)),
    );
    if (Array.isArray(body)) void writeAll(request, body);
    else if (body) request.end(body);
  });
}

async function writeAll(request, parts) {
  for (const part of parts) if (!request.write(part)) await once(request, "drain");
  request.end();
}
