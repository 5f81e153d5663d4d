/** A socket as the host holds it, at its end. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { soon } from "@faultwire/testkit/soon";
import { expect, it, onTestFinished } from "vitest";
import { SocketStream } from "../../src/poll/socket-stream.ts";

it("is closed where it is given up with bytes that no one has read, at the moment in which its FIN goes out", async () => {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const peer = connect((server.address() as AddressInfo).port, "127.0.0.1");
  onTestFinished(() => {
    peer.destroy();
    server.close();
  });
  peer.on("error", () => {});
  peer.write("not read");
  const [socket] = (await soon(once(server, "connection"), "the event connection of server")) as [Socket];
  const stream = new SocketStream(socket, { noDelay: true });
  await soon(once(socket, "data"), "the event data of socket");
  const closed = once(socket, "close");
  stream.shutdown();
  stream.drop();
  await closed;
  expect(socket.destroyed).toBe(true);
}, 10_000);
