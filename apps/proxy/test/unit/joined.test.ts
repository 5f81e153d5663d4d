/** What is no target's: two sockets joined, nothing read, every end passed on as it was. */

import { seededBlocks, sha256Of } from "@faultwire/testkit/byte-origin";
import { connectPeer, connectTunnel, startTcpOrigin, type TcpOrigin } from "@faultwire/testkit/host-peers";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runProxy } from "../support/running-proxy.ts";

let origin: TcpOrigin;
beforeEach(async () => {
  origin = await startTcpOrigin();
});
afterEach(() => origin.close());

/** A name that is no target, and leads to the origin. */
const resolved = (): object => ({ resolve: { "plain.test:443": origin.authority } });

it("passes bytes both ways, what came with the CONNECT first", async () => {
  const { proxy } = await runProxy("[]", resolved());
  const client = await connectTunnel(proxy.port, "plain.test:443", "early ");
  const upstream = await origin.accept();
  client.send("late");
  await upstream.untilText("early late");
  upstream.send(Uint8Array.of(0x16, 3, 1, 0, 255, 13, 10));
  await client.until("the answer", (peer) => peer.length === 7);
  expect([...client.received()]).toEqual([0x16, 3, 1, 0, 255, 13, 10]);
  client.socket.destroy();
});

it("is told by its name, and as unread", async () => {
  const { proxy, seen } = await runProxy("[]", resolved());
  const client = await connectTunnel(proxy.port, "plain.test:443");
  await origin.accept();
  expect(seen).toEqual([
    { type: "detected", protocol: "unread", host: "plain.test", alpnProtocols: [], target: false },
  ]);
  client.socket.destroy();
});

it("passes a FIN on, and the other direction goes on", async () => {
  const { proxy } = await runProxy("[]", resolved());
  const client = await connectTunnel(proxy.port, "plain.test:443");
  const upstream = await origin.accept();
  client.socket.end("question");
  await upstream.until("the FIN", (peer) => peer.ended);
  expect(upstream.text()).toBe("question");
  upstream.socket.end("answer");
  await client.until("the FIN", (peer) => peer.ended);
  expect(client.text()).toBe("answer");
  await expect.poll(() => proxy.connections()).toBe(0);
});

it.each(["client", "upstream"] as const)("passes a reset of the %s on as a reset", async (who) => {
  const { proxy } = await runProxy("[]", resolved());
  const client = await connectTunnel(proxy.port, "plain.test:443");
  const upstream = await origin.accept();
  client.send("a");
  await upstream.untilText("a");
  const [from, to] = who === "client" ? [client, upstream] : [upstream, client];
  from.socket.resetAndDestroy();
  await to.until("the end", (peer) => peer.closed);
  expect(to.error).toMatchObject({ code: "ECONNRESET" });
  await expect.poll(() => proxy.connections()).toBe(0);
});

it("makes a peer wait whose other one does not read, and loses nothing", async () => {
  const { proxy } = await runProxy("[]", resolved());
  const client = await connectTunnel(proxy.port, "plain.test:443");
  const upstream = await origin.accept();
  upstream.socket.pause();
  const blocks = [...seededBlocks(32 * 1_048_576, 1)];
  for (const block of blocks) client.send(block);
  const waiting: number[] = [];
  // What the kernel and we take is taken, and then no more.
  await expect
    .poll(() => waiting.push(client.socket.writableLength) > 3 && waiting.at(-1) === waiting.at(-3))
    .toBe(true);
  expect(waiting.at(-1)).toBeGreaterThan(8 * 1_048_576);
  upstream.socket.resume();
  await upstream.until("all of it", (peer) => peer.length === 32 * 1_048_576, 60_000);
  expect(sha256Of(upstream.received())).toBe(sha256Of(blocks));
  client.socket.destroy();
});

it("answers 502 with the reason where a port refuses, and goes on", async () => {
  const { port } = origin;
  await origin.close();
  const { proxy, logged } = await runProxy("[]", { resolve: { "plain.test:443": `127.0.0.1:${port}` } });
  const client = await connectPeer(proxy.port);
  client.send("CONNECT plain.test:443 HTTP/1.1\r\nHost: plain.test:443\r\n\r\n");
  await client.until("the answer", (peer) => peer.ended);
  const [head = "", body = ""] = client.text().split("\r\n\r\n");
  expect(head).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n/);
  expect(head).toContain("x-faultwire: upstream-unreachable");
  expect(JSON.parse(body)).toEqual({
    error: {
      type: "upstream_unreachable",
      message: "plain.test:443 can't be reached: nothing listens there (ECONNREFUSED)",
    },
  });
  expect(logged("upstream-unreachable")).toMatchObject([
    { upstream: "plain.test:443", code: "ECONNREFUSED" },
  ]);
  origin = await startTcpOrigin();
});
