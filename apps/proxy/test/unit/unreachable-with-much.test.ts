/** A request that is longer than what may wait for an upstream, which then can't be reached. */

import { request } from "node:http";
import { createServer } from "node:net";
import { soon } from "@faultwire/testkit/soon";
import { afterEach, expect, it } from "vitest";
import { runProxy } from "../support/running-proxy.ts";

const length = 1_000_000;
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Sends it whole, and gives the status of the answer. */
function statusOf(port: number, path: string): Promise<number | undefined> {
  const answer = new Promise<number | undefined>((resolve, reject) => {
    const headers = { "content-length": length };
    const asked = request({ host: "127.0.0.1", port, method: "POST", path, headers }, (response) => {
      response.resume().once("end", () => resolve(response.statusCode));
    });
    closing.push(() => asked.destroy());
    asked.once("error", reject);
    asked.end(Buffer.alloc(length, "x"));
  });
  return soon(answer, `the answer to POST ${path} with ${length} bytes`, 10_000);
}

const ways = [
  "/upstream/https/api.test/v1/messages",
  "/upstream/http/api.test/v1/messages",
  "http://api.test/v1/messages",
  "https://api.test/v1/messages",
];

it.each(ways)("POST %s is read to its end and answered", async (path) => {
  const running = await runProxy("[]", { resolve: { "*": "127.0.0.1:1" } });
  expect(await statusOf(running.proxy.port, path)).toBe(502);
});

it("so it is where a proxy before the upstream refuses it late", async () => {
  const refusing = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => setTimeout(() => socket.end("HTTP/1.1 403 Forbidden\r\n\r\n"), 100));
  });
  await new Promise<void>((resolve) => refusing.listen(0, "127.0.0.1", resolve));
  closing.push(() => refusing.close());
  const address = refusing.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const running = await runProxy("[]", { upstreamProxy: `http://127.0.0.1:${port}` });
  expect(await statusOf(running.proxy.port, "https://api.test/v1/messages")).toBe(502);
});
