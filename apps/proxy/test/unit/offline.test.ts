/** Rules answer where nothing can be looked up and nothing can be reached: no name is even asked for. */
import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";
import { isIP } from "node:net";
import { connect as connectTls } from "node:tls";
import { connectPeer, connectTunnel } from "@faultwire/testkit/host-peers";
import { soon } from "@faultwire/testkit/soon";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runProxy } from "../support/running-proxy.ts";

const systemLookup = dns.lookup;
/** Names that were looked up. */
let names: string[];

beforeEach(() => {
  names = [];
  Object.assign(dns, {
    lookup: (name: string, ...rest: unknown[]) => {
      // An address is no name: nobody is asked.
      if (isIP(name)) return (systemLookup as (...args: unknown[]) => void)(name, ...rest);
      names.push(name);
      throw new Error("nothing can be looked up");
    },
  });
  syncBuiltinESMExports();
});
afterEach(() => {
  dns.lookup = systemLookup;
  syncBuiltinESMExports();
});

const busy = "[{ name: busy, when: { nth: 1 }, fault: { http: { status: 429 } } }]";
const get = "GET / HTTP/1.1\r\nHost: api.test\r\n\r\n";

it("over HTTPS: 429 by rule, 502 where the upstream was needed, and no look-up", async () => {
  const running = await runProxy(busy, { resolve: { "*": "127.0.0.1:1" } });
  const tunnel = await connectTunnel(running.proxy.port, "api.test:443");
  const client = connectTls({ socket: tunnel.socket, servername: "api.test", ca: running.caPem });
  let text = "";
  client.on("data", (chunk: Buffer) => (text += chunk.toString()));
  client.write(get + get);
  await soon(new Promise((resolve) => client.once("end", resolve)), "the event end of client");
  expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(["429", "502"]);
  expect(names).toEqual([]);
  client.destroy();
});

it("in clear: 429 by rule, though the name has no place to lead to, and no look-up", async () => {
  const running = await runProxy(busy);
  const client = await connectPeer(running.proxy.port);
  client.send(get.replace("GET /", "GET http://api.test/"));
  await client.until("the answer", (peer) => /^HTTP\/1\.1 429 /.test(peer.text()));
  expect(names).toEqual([]);
  client.socket.destroy();
});

it("a system whose look-up throws costs the connection that asked, and says so", async () => {
  const running = await runProxy();
  const client = await connectPeer(running.proxy.port);
  client.send("CONNECT plain.test:443 HTTP/1.1\r\n\r\n");
  await client.until("the end", ({ ended, closed }) => ended || closed);
  expect(names).toEqual(["plain.test"]);
  expect(running.logged("bug")).toMatchObject([
    { message: expect.stringContaining("nothing can be looked up") },
  ]);
  client.socket.destroy();
  await expect.poll(() => running.proxy.connections()).toBe(0);
});
