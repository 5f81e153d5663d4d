/** The package in a browser: bundled as for a page, with the browser's own fetch. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openPage, type Page } from "../report/browser.ts";

/** More would be more than a page wants to load for it; see the README of fetch-faults. */
const maxBundleBytes = 160_000;

const entry = fileURLToPath(new URL("../../packages/fetch-faults/dist/index.js", import.meta.url));
const events = ["data: 1\n\n", "data: 2\n\n", "data: 3\n\n"];

let server: Server;
let page: Page;
let bundle: string;

beforeAll(async () => {
  const built = await rolldown({ input: entry, platform: "browser" });
  const { output } = await built.generate({ format: "esm", minify: true });
  bundle = output[0].code;
  expect(output[0].imports).toEqual([]);
  server = createServer((request, response) => {
    const isScript = request.url === "/fetch-faults.js";
    if (request.url === "/") response.setHeader("content-type", "text/html").end("<title>a page</title>");
    else if (isScript) response.setHeader("content-type", "text/javascript").end(bundle);
    else response.setHeader("content-type", "text/event-stream").end(events.join(""));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  page = await openPage();
  await page.open(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});
afterAll(async () => {
  await page?.close();
  server?.close();
  server?.closeAllConnections();
});

/** Calls the API with a rule, in the page. @returns what it got, in short. */
async function call(rule: string, what = "response.text()", init = "undefined"): Promise<string> {
  await page.evaluate(`void (async () => {
    globalThis.got = undefined;
    const { faultyFetch } = await import("/fetch-faults.js");
    const abort = new AbortController();
    const rules = ${JSON.stringify(`{ version: 1, rules: [{ name: r, ${rule} }] }`)};
    const wrapped = faultyFetch(fetch, { rules, seed: 1 });
    try {
      const response = await wrapped("/v1/messages", ${init});
      globalThis.got = response.status + " " + (await ${what});
    } catch (error) {
      globalThis.got = error.name + ": " + error.message + " " + (error.cause?.code ?? "");
    }
  })()`);
  return expect
    .poll(() => page.evaluate<string | undefined>("globalThis.got"), { timeout: 30_000 })
    .toBeDefined()
    .then(() => page.evaluate<string>("globalThis.got"));
}

it("is no larger than it says", () => {
  const bytes = gzipSync(bundle).length;
  console.log(`fetch-faults for a browser: ${bundle.length} bytes, ${bytes} gzipped`);
  expect(bytes).toBeLessThan(maxBundleBytes);
});

it("answers, passes, delays, changes and breaks off", async () => {
  expect(await call("fault: { http: { status: 503, body: busy } }")).toBe("503 busy");
  expect(await call("match: { path: /none }, fault: { http: { status: 503 } }")).toBe(
    `200 ${events.join("")}`,
  );
  expect(await call("fault: { http: { delay: { beforeHead: 30ms, beforeBody: 30ms } } }")).toBe(
    `200 ${events.join("")}`,
  );
  expect(await call("fault: { stream: { drop: { events: 1 } } }")).toBe(`200 ${events[0]}${events[2]}`);
  expect(await call("fault: { connection: { reset: { at: request } } }")).toBe(
    "TypeError: fetch failed ECONNRESET",
  );
  expect(await call("fault: { stream: { cut: { afterEvents: 1, stop: fin } } }")).toBe(
    "TypeError: terminated UND_ERR_SOCKET",
  );
});

it("honours an abort while a body stalls", async () => {
  const stalled = "fault: { stream: { stall: { afterEvents: 1 } } }";
  const what = "(setTimeout(() => abort.abort(), 20), response.text())";
  expect(await call(stalled, what, "{ signal: abort.signal }")).toMatch(/^AbortError: /);
});

it("makes the browser complain of nothing", () => {
  expect(page.complaints.filter((line) => !line.includes("favicon"))).toEqual([]);
});
