import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect as connectTcp, createServer } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { soon } from "@faultwire/testkit/soon";
import { describe, expect, it } from "vitest";
import { historyLimits, toMermaid } from "../../src/index.ts";
import { openServer, pingPong, selfSigned } from "../support/recorded-handshake.ts";
import { watch } from "./watch.ts";

const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");

describe("README.md", () => {
  it("shows the example that is run here", () => {
    const example = readFileSync(join(import.meta.dirname, "watch.ts"), "utf8");
    expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
  });

  it("shows an example that does what it says", async () => {
    const server = await openServer(selfSigned("origin.test"));
    const lines: string[] = [];
    const { promise, done } = signal();
    const relay = createServer((socket) => {
      watch(socket, connectTcp((server.address() as AddressInfo).port, "127.0.0.1"), (line) => {
        lines.push(line);
        done();
      });
    });
    relay.listen(0, "127.0.0.1");
    await once(relay, "listening");
    const client = connectTls({
      host: "127.0.0.1",
      port: (relay.address() as AddressInfo).port,
      servername: "origin.test",
      rejectUnauthorized: false,
    });
    await soon(once(client, "secureConnect"), "the event secureConnect of client");
    await pingPong(client);
    client.end();
    await promise;
    relay.close();
    server.close();
    expect(lines).toEqual([expect.stringMatching(/^origin\.test: TLS 1\.3 CsiI in \d+ ms$/)]);
  });

  it("shows the picture that the table of transitions draws today", () => {
    expect(readme).toContain(`\`\`\`mermaid\n${toMermaid()}\`\`\``);
  });

  it("tells every violation by its name", () => {
    const source = readFileSync(join(import.meta.dirname, "../../src/machine/violation.ts"), "utf8");
    const codes = [...source.matchAll(/^ {2}\| "([a-z-]+)"/gm)].map(([, code]) => code);
    expect(codes.length).toBeGreaterThan(20);
    for (const code of codes) expect(readme).toContain(`\`${code}\``);
  });

  it("tells the limits", () => {
    expect(readme).toContain(`${historyLimits.letters} letters`);
  });
});

function signal(): { promise: Promise<void>; done: () => void } {
  let done = (): void => {};
  const promise = new Promise<void>((resolve) => {
    done = resolve;
  });
  return { promise, done };
}
