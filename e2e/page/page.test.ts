/**
 * What a page in a real browser can do with a proxy on its machine that it could not do without: nothing. Each case asks for
 * something that a program gets, and looks at what reached the upstream.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { LlmMock } from "@faultwire/llm-mock";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Field, openField } from "../../apps/cli/test/suite/intercept/field.ts";
import {
  createUpstreamAuthority,
  startApi,
  type UpstreamAuthority,
} from "../../apps/cli/test/suite/intercept/upstream.ts";
import { openPage, type Page } from "../report/browser.ts";

/** A name of somebody else's that leads to this machine, as DNS may say at any time. */
const stranger = "page.example";
const path = "/anthropic/v1/messages";
const question = JSON.stringify({
  model: "claude-sonnet-5-5",
  max_tokens: 8,
  messages: [{ role: "user", content: "hi" }],
});

let upstream: UpstreamAuthority;
let api: LlmMock;
let field: Field;
let site: Server;
let page: Page;

const portOf = (server: Server): number => (server.address() as AddressInfo).port;
const proxyPort = (): number => Number(new URL(field.proxyUrl).port);

beforeAll(async () => {
  upstream = await createUpstreamAuthority();
  api = await startApi(upstream);
  field = await openField({
    carriedBy: "proxy",
    originPort: api.port,
    upstream,
    flags: ["--error-probability", "0"],
  });
  site = createServer((_, response) => {
    response.setHeader("content-type", "text/html").end("<title>a page</title>");
  });
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  page = await openPage(`--host-resolver-rules=MAP ${stranger} 127.0.0.1`);
});
afterAll(async () => {
  await page?.close();
  await field?.close();
  await api?.close();
  site?.closeAllConnections();
  site?.close();
  upstream?.close();
});
/** Requests that the API has answered before this test. */
let heardBefore: number;
beforeEach(() => {
  heardBefore = api.requests.length;
});
const heard = (): number => api.requests.length - heardBefore;

/** Evaluates something that takes its time, in the page. */
async function inPage(expression: string): Promise<string> {
  await page.evaluate(`void (async () => {
    globalThis.got = undefined;
    try { globalThis.got = String(await (${expression})); } catch (error) { globalThis.got = error.name; }
  })()`);
  await expect.poll(() => page.evaluate("globalThis.got"), { timeout: 30_000 }).toBeDefined();
  return page.evaluate<string>("globalThis.got");
}

/** A request for the API by the base URL, with these settings of `fetch`; what the page sees of its answer. */
const asked = (init: string, url = `http://127.0.0.1:${proxyPort()}${path}`): Promise<string> =>
  inPage(`fetch(${JSON.stringify(url)}, ${init}).then((response) => response.type + " " + response.status)`);

const simple = `{ method: "POST", mode: "no-cors", headers: { "content-type": "text/plain" }, body: ${JSON.stringify(question)} }`;
const preflighted = `{ method: "POST", headers: { "content-type": "application/json", "x-api-key": "k" }, body: ${JSON.stringify(question)} }`;

it("a program gets an answer: the same request by Node", async () => {
  const response = await fetch(`http://127.0.0.1:${proxyPort()}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": "k", "anthropic-version": "2023-06-01" },
    body: question,
  });
  expect([response.status, heard()]).toEqual([200, 1]);
});

/** Whose page it is: of another site, or of a server on another port of this machine. */
const origins = [
  ["another site", stranger],
  ["another port of this machine", "127.0.0.1"],
  ["another port of localhost", "localhost"],
] as const;

describe.each(origins)("a page of %s", (_, host) => {
  beforeAll(() => page.open(`http://${host}:${portOf(site)}/`));

  it("gets nothing by a request that browsers ask leave for", async () => {
    expect(await asked(preflighted)).toBe("TypeError");
    expect(heard()).toBe(0);
  });

  it("sends nothing on by one that they send at once", async () => {
    // Opaque: the page learns nothing of the refusal.
    expect(await asked(simple)).toBe("opaque 0");
    expect(await asked('{ mode: "no-cors" }')).toBe("opaque 0");
    expect(heard()).toBe(0);
  });

  it("sends nothing on by an image, a script or a frame", async () => {
    const url = `http://127.0.0.1:${proxyPort()}/anthropic/v1/models`;
    for (const kind of ["img", "script"]) {
      const loaded = `new Promise((resolve) => {
        const element = document.createElement("${kind}");
        element.onload = () => resolve("loaded");
        element.onerror = () => resolve("refused");
        element.src = ${JSON.stringify(url)};
        document.body.append(element);
      })`;
      expect(await inPage(loaded)).toBe("refused");
    }
    const framed = `new Promise((resolve) => {
      const frame = document.createElement("iframe");
      frame.onload = () => { try { resolve(frame.contentDocument === null ? "unreadable" : "readable"); } catch { resolve("unreadable"); } };
      frame.src = ${JSON.stringify(url)};
      document.body.append(frame);
    })`;
    expect(await inPage(framed)).toBe("unreadable");
    expect(heard()).toBe(0);
  });

  it("opens no WebSocket", async () => {
    const opened = `new Promise((resolve) => {
      const socket = new WebSocket("ws://127.0.0.1:${proxyPort()}${path}");
      socket.onopen = () => resolve("open");
      socket.onerror = () => resolve("refused");
    })`;
    expect(await inPage(opened)).toBe("refused");
    expect(heard()).toBe(0);
  });

  it("reads nothing of what the proxy says of itself", async () => {
    for (const own of ["/", "/ca.pem", "/outcome"])
      expect(await asked("{}", `http://127.0.0.1:${proxyPort()}${own}`)).toBe("TypeError");
  });

  it("can't say what a client of a proxy says: CONNECT, or headers of proxies", async () => {
    expect(await asked('{ method: "CONNECT" }')).toBe("TypeError");
    expect(await asked('{ method: "TRACE" }')).toBe("TypeError");
    const headers = `new Headers({ "proxy-authorization": "Basic eDp5", "sec-fetch-site": "none", "host": "localhost" })`;
    expect(
      await inPage(`new Request("http://127.0.0.1/", { headers: ${headers} }).headers.has("sec-fetch-site")`),
    ).toBe("false");
  });
});

describe("a form of another site", () => {
  it.each(["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"])(
    "sends nothing on, nor anything that its body says (%s)",
    async (enctype) => {
      await page.open(`http://${stranger}:${portOf(site)}/`);
      const said = `GET http://api.anthropic.com/v1/models HTTP/1.1\r\nHost: api.anthropic.com\r\n\r\n`;
      await page.evaluate(`void (() => {
        const form = document.createElement("form");
        form.method = "POST"; form.enctype = "${enctype}"; form.target = "_self";
        form.action = "http://127.0.0.1:${proxyPort()}${path}";
        const field = document.createElement("textarea");
        field.name = ${JSON.stringify(said)}; field.value = ${JSON.stringify(question)};
        form.append(field); document.body.append(form); form.submit();
      })()`);
      await expect
        .poll(() => page.evaluate<string>("document.body?.innerText ?? ''").catch(() => ""), {
          timeout: 30_000,
        })
        .toContain("page_refused");
      expect(heard()).toBe(0);
    },
  );
});

describe("a page whose name leads to the proxy itself (DNS rebinding)", () => {
  beforeAll(() => page.open(`http://${stranger}:${proxyPort()}/`));

  it("gets the page that says what is here, and nothing else", async () => {
    // It is the same for everybody, and names nothing but the proxy's own address.
    expect(await page.evaluate<string>("document.body.innerText")).toContain("This is Faultwire");
    for (const own of ["/ca.pem", path, "/upstream/https/api.anthropic.com/v1/models", "/no/such/thing"])
      expect(await asked("{}", own)).toBe("basic 421");
    expect(await asked(preflighted, path)).toBe("basic 421");
    expect(heard()).toBe(0);
  });
});

describe("a person", () => {
  it("may open the proxy's page, but no base URL", async () => {
    await page.open(`http://127.0.0.1:${proxyPort()}/`);
    expect(await page.evaluate<string>("document.body.innerText")).toContain("This is Faultwire");
    await page.open(`http://127.0.0.1:${proxyPort()}/anthropic/v1/models`);
    expect(await page.evaluate<string>("document.body.innerText")).toContain("page_refused");
    expect(heard()).toBe(0);
  });
});
