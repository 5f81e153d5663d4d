// The floor: CONNECT, then two sockets piped into each other, no TLS opened.
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { answerParent } from "../support/child.mjs";

const server = createServer().on("connect", (request, client) => {
  const [host, port] = request.url.split(":");
  const upstream = connect(Number(port), host);
  client.setNoDelay(true);
  upstream.setNoDelay(true);
  upstream.once("connect", () => {
    client.write("HTTP/1.1 200 OK\r\n\r\n");
    client.pipe(upstream).pipe(client);
  });
  const end = () => {
    client.destroy();
    upstream.destroy();
  };
  for (const socket of [client, upstream]) socket.on("error", end).on("close", end);
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
answerParent({ port: server.address().port });
