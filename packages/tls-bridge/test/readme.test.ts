import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import { connect, createServer } from "node:tls";
import { soon } from "@faultwire/testkit/soon";
import { TestAuthority } from "@faultwire/testkit/test-authority";
import { CipherSuite } from "@faultwire/tls-parser";
import { expect, it, vi } from "vitest";
import { tlsBridgeLimits } from "../src/index.ts";
import { accessDenied } from "./readme/alert-record.ts";
import { tick, unavailable } from "./readme/unavailable.ts";
import { MemoryPeer } from "./support/memory-peers.ts";
import { alertIn } from "./support/openssl-errors.ts";
import { selfSigned } from "./support/tls-relay.ts";

/** What Node's server sends before we do: two session tickets and a greeting, one record each. */
const EARLIER_RECORDS = 3;
const HOST = "origin.test";

const authority = new TestAuthority("bridge README");
const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");

it.each(["alert-record", "interceptor", "unavailable"])(
  "README.md shows the example that is run here: %s",
  (name) => {
    const example = readFileSync(join(import.meta.dirname, `readme/${name}.ts`), "utf8");
    expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
  },
);

it("README.md has every limit with its value", () => {
  for (const [name, value] of Object.entries(tlsBridgeLimits))
    expect(readme).toMatch(new RegExp(`\\| \`${name}\` +\\| ${value.toLocaleString("en")} `));
});

it("the README's bridge turns a client's 200 into a 503", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  const client = MemoryPeer.client({ servername: HOST, ca: authority.caPem });
  const server = MemoryPeer.server({ ...authority.issue(HOST) });
  const peers = { client, server };
  const bridge = unavailable(async (host) => authority.issue(host), [authority.caPem]);
  server.socket.on("data", () => server.socket.write("HTTP/1.1 200 OK\r\n\r\n"));
  client.socket.write("GET / HTTP/1.1\r\n\r\n");
  while (client.text === "")
    for (const from of ["client", "server"] as const) {
      const said = await tick(bridge, from, await peers[from].take());
      client.give(said.client);
      server.give(said.server);
    }
  expect(client.text).toBe("HTTP/1.1 503 Service Unavailable\r\n\r\n");
  expect(log.mock.calls).toEqual([["origin.test in TLSv1.3"]]);
  log.mockRestore();
});

it("the README's record ends a session of Node's client with the alert", async () => {
  const keylog: string[] = [];
  const raw: Socket[] = [];
  const server = createServer({ ...selfSigned(), minVersion: "TLSv1.3", ciphers: "TLS_AES_128_GCM_SHA256" });
  server.on("connection", (socket) => raw.push(socket));
  server.on("keylog", (line) => keylog.push(line.toString("latin1")));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  server.on("secureConnection", (socket) => {
    socket.on("error", () => {});
    socket.write("welcome");
  });
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
  // Once the greeting is there, nothing of the server's own is under way any more.
  await soon(once(client, "data"), "the event data of client");
  raw[0]!.write(accessDenied(keylog, CipherSuite.TLS_AES_128_GCM_SHA256, EARLIER_RECORDS));
  client.resume();
  const [error] = (await soon(once(client, "error"), "the event error of client")) as [NodeJS.ErrnoException];
  expect(alertIn(error)).toBe("ACCESS_DENIED");
  raw[0]!.destroy();
  server.close();
});
