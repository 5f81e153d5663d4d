import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { type AddressInfo, connect as connectTcp } from "node:net";
import { join } from "node:path";
import { connect } from "node:tls";
import { chunksOf } from "@faultwire/testkit/chunkers";
import { handshakeVectors } from "@faultwire/testkit/tls-vectors";
import { describe, expect, it } from "vitest";
import * as parser from "../src/index.ts";
import { messagesOf } from "./examples/follow.ts";
import { refusal } from "./examples/refuse.ts";
import { whoCalls } from "./examples/who-calls.ts";

const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
const examples = readdirSync(join(import.meta.dirname, "examples"));

describe("the README", () => {
  it.each(examples)("shows the example %s as it is run here", (file) => {
    const code = readFileSync(join(import.meta.dirname, "examples", file), "utf8");
    expect(readme).toContain(`\`\`\`ts\n${code}\`\`\``);
  });

  it("names every error code and nothing that is not exported", () => {
    const source = readFileSync(join(import.meta.dirname, "../src/tls-parse-error.ts"), "utf8");
    const codes = [...source.matchAll(/^ {2}\| "([a-z-]+)"/gm)].map((match) => match[1]!);
    expect(codes.length).toBeGreaterThan(10);
    for (const code of codes) expect(readme).toContain(`\`${code}\``);
    const functions = [...readme.matchAll(/`([a-z]\w+)\(/g)].map((match) => match[1]!);
    expect(functions.length).toBeGreaterThan(10);
    for (const name of functions) expect(parser, name).toHaveProperty(name);
  });
});

describe("the README's examples", () => {
  it("say who calls", async () => {
    const lines: string[] = [];
    let heard: () => void = () => {};
    const server = whoCalls((line) => {
      lines.push(line);
      heard();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const call = (start: () => { on(event: "error", listener: () => void): unknown }): Promise<void> =>
      new Promise((resolve) => {
        heard = resolve;
        start().on("error", () => {});
      });
    await call(() =>
      connect({ port, host: "127.0.0.1", servername: "origin.test", ALPNProtocols: ["h2", "http/1.1"] }),
    );
    await call(() => connectTcp({ port, host: "127.0.0.1" }).end("GET / HTTP/1.1\r\n\r\n"));
    await call(() => connectTcp({ port, host: "127.0.0.1" }).end(Uint8Array.of(21, 3, 3, 0, 2, 2, 40)));
    server.close();
    expect(lines).toEqual([
      "origin.test by h2 or http/1.1 over TLS 1.3 or TLS 1.2",
      "no TLS but http",
      "bad TLS: record.type at byte 0: 21 where a ClientHello belongs (unexpected-message)",
    ]);
  });

  it("refuse with an alert", () => {
    expect([...refusal]).toEqual([21, 3, 3, 0, 2, 2, 40]);
  });

  const full =
    "clientHello serverHello certificate serverKeyExchange serverHelloDone clientKeyExchange newSessionTicket";
  const retried = "clientHello helloRetryRequest clientHello serverHello";
  it.each([
    ["tls12-full", full],
    ["tls12-resumed-by-id", "clientHello serverHello"],
    ["tls13-full", "clientHello serverHello"],
    ["tls13-early-data-accepted", "clientHello serverHello"],
    ["tls13-retry", retried],
    ["tls13-retry-resumed", retried],
  ])("follow what both sides say in %s", (name, kinds) => {
    const { chunks } = handshakeVectors().find((vector) => vector.name === name)!;
    expect([...messagesOf(chunks)].map(({ kind }) => kind).join(" ")).toBe(kinds);
    const bytes = chunks.flatMap(({ from, bytes }) =>
      chunksOf(bytes, 1).map((byte) => ({ from, bytes: byte })),
    );
    expect([...messagesOf(bytes)].map(({ kind }) => kind).join(" ")).toBe(kinds);
  });
});
