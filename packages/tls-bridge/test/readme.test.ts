import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import { connect, createServer } from "node:tls";
import { CipherSuite } from "@faultwire/tls-parser";
import { expect, it } from "vitest";
import { accessDenied } from "./readme/alert-record.ts";
import { selfSigned } from "./support/tls-relay.ts";

/** What Node's server sends before we do: two session tickets and a greeting, one record each. */
const EARLIER_RECORDS = 3;

it("README.md shows the example that is run here", () => {
  const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
  const example = readFileSync(join(import.meta.dirname, "readme/alert-record.ts"), "utf8");
  expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
});

it("the README's example ends a session of Node's client with the alert", async () => {
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
  await once(client, "data");
  raw[0]!.write(accessDenied(keylog, CipherSuite.TLS_AES_128_GCM_SHA256, EARLIER_RECORDS));
  client.resume();
  const [error] = (await once(client, "error")) as [NodeJS.ErrnoException];
  expect(error.code).toBe("ERR_SSL_TLSV1_ALERT_ACCESS_DENIED");
  raw[0]!.destroy();
  server.close();
});
