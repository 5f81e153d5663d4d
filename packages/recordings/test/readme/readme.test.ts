import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { soon } from "@faultwire/testkit/soon";
import { expect, it, onTestFinished } from "vitest";
import { bytesOf } from "../support/exchange.ts";
import { keep } from "./keep.ts";
import { replayFolder } from "./replay-folder.ts";

const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");

it.each(["keep.ts", "replay-folder.ts"])("the README shows %s as it stands here", (file) => {
  expect(readme).toContain(`\`\`\`ts\n${readFileSync(join(import.meta.dirname, file), "utf8")}\`\`\`\n`);
});

it("what the one example keeps, the other replays", async () => {
  const folder = mkdtempSync(join(tmpdir(), "faultwire-recordings-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const request = "GET /v1/models HTTP/1.1\r\nHost: api.example.com\r\n\r\n";
  const response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  expect(await soon(keep(folder, bytesOf(request), bytesOf(response)), "the recording")).toBe(1);
  const missing: string[] = [];
  const replay = await replayFolder(folder, (why) => missing.push(why));
  onTestFinished(() => replay.close());
  const headers = { host: "api.example.com" };
  const { request: ask } = await import("node:http");
  const statusOf = (path: string): Promise<number | undefined> =>
    new Promise((resolve, reject) =>
      ask(`${replay.url}${path}`, { headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on("error", reject)
        .end(),
    );
  // A request in clear is of another scheme: that of the recording does not count.
  expect(await soon(statusOf("/v1/models"), "the answer")).toBe(200);
  expect(await soon(statusOf("/v1/other"), "the answer")).toBe(404);
  expect(missing).toEqual([
    "GET /v1/other at api.example.com was not recorded; of this host: GET /v1/models",
  ]);
});
