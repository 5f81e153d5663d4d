import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import type { LineClock } from "@faultwire/lines";
import { expect, it, onTestFinished } from "vitest";
import { relay } from "./example.ts";

const clock: LineClock = { now: () => performance.now(), after: () => () => {} };

async function portOf(server: Server): Promise<number> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  return (server.address() as { readonly port: number }).port;
}

it("the README's example carries bytes and half-closes both ways", async () => {
  const upstream = createServer({ allowHalfOpen: true }, (socket) => {
    let said = "";
    socket.on("data", (chunk) => {
      said += String(chunk);
    });
    socket.on("end", () => socket.end(`heard: ${said}`));
  });
  const port = await portOf(relay(await portOf(upstream), clock));
  const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  client.end("hello");
  let got = "";
  for await (const chunk of client) got += String(chunk);
  expect(got).toBe("heard: hello");
});

it("the README holds that example", () => {
  const plain = (text: string): string => text.replaceAll(/\s+/g, " ").trim();
  const source = readFileSync(join(import.meta.dirname, "example.ts"), "utf8");
  const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");
  expect(plain(readme)).toContain(plain(source));
});
