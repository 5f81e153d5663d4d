/** An upstream that refuses while the client takes its time: nothing more is expected of it, and nothing waits for it. */
import { connectTunnel } from "@faultwire/testkit/host-peers";
import { manualTimers } from "@faultwire/testkit/manual-timers";
import { TlsMemoryPeer } from "@faultwire/testkit/tls-memory-peer";
import { expect, it } from "vitest";
import { runProxy } from "../support/running-proxy.ts";

it("an upstream that has refused is not late afterwards, however long the client's handshake takes", async () => {
  const timers = manualTimers();
  const running = await runProxy(
    "[{ name: busy, fault: { http: { status: 529 } } }]",
    { resolve: { "*": "127.0.0.1:1" } },
    undefined,
    timers,
  );
  const tunnel = await connectTunnel(running.proxy.port, "api.test:443");
  const client = TlsMemoryPeer.client({ servername: "api.test", ca: running.caPem });
  tunnel.send(await client.take());
  await expect.poll(() => running.logged("upstream-unreachable").length).toBe(1);
  timers.advance(20_000);
  await tunnel.until("the server's flight", ({ length }) => length > 500);
  client.socket.write("GET / HTTP/1.1\r\nHost: api.test\r\n\r\n");
  let given = 0;
  const answered = async (): Promise<string> => {
    client.give(tunnel.received().subarray(given));
    given = tunnel.length;
    tunnel.send(await client.take());
    return client.text;
  };
  await expect.poll(answered).toContain("HTTP/1.1 529 ");
  tunnel.socket.destroy();
  await expect.poll(() => running.proxy.connections()).toBe(0);
  expect(timers.armed).toBe(0);
  expect(running.logged("upstream-unreachable")).toHaveLength(1);
});
