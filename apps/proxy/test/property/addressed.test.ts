/** Whatever a client says to the proxy in a head, an upstream gets one request, for the host that is dialled, or none. */
import { headerValues, type RequestHead, RequestReader } from "@faultwire/http1";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readAddressed } from "../../src/front/addressed.ts";
import { OwnGuard } from "../../src/front/own-guard.ts";
import { ownPages } from "../../src/front/own-pages.ts";
import { OwnRoutes } from "../../src/front/own-routes.ts";
import type { ProxyContext } from "../../src/proxy-context.ts";
import { parseAuthority } from "../../src/upstream/authority.ts";

const context = {
  guard: new OwnGuard({ names: [], origins: [], isOpenToOthers: false }),
  ownRoutes: new OwnRoutes(ownPages({ url: () => "http://127.0.0.1:3180", caPem: undefined })),
  own: () => ({ address: "127.0.0.1", port: 3180 }),
} as unknown as ProxyContext;
const door = { known: "no", scheme: "http" } as const;

/** Pieces of targets, good ones and those with which one target passes for another. */
const piece = fc.oneof(
  fc.constantFrom(
    ...[
      "/",
      "//",
      "/anthropic",
      "/openai",
      "/gemini",
      "/upstream",
      "/https",
      "/http",
      "http://",
      "https://",
      "HTTP://",
    ],
    ...[
      "api.test",
      "localhost",
      "127.0.0.1",
      "[::1]",
      "[::1",
      "]",
      "::1",
      "%25lo",
      "faultwire.local",
      "user@",
      "user:pass@",
    ],
    ...[
      ":443",
      ":0",
      ":65536",
      ":3180",
      ":",
      "%2f",
      "%2F..",
      "..",
      "/..",
      "/.",
      "?",
      "#",
      "?x=",
      "\\",
      "*",
      "%00",
      "%0d%0a",
    ],
    ...["\r\n", "\r", "\n", "\0", " ", "\t", "\u00ff", "\u007f", ";", "a".repeat(300)],
  ),
  fc.string({ maxLength: 6 }),
);
const pieces = fc.array(piece, { maxLength: 5 }).map((all) => all.join(""));
const begun = fc.constantFrom(
  "/anthropic",
  "/upstream/https/",
  "/upstream/http/api.test",
  "http://",
  "https://api.test",
  "",
);
const target = fc.tuple(begun, pieces).map((both) => both.join(""));
const method = fc.constantFrom("GET", "POST", "HEAD", "OPTIONS", "CONNECT", "PATCH");
const header = fc.tuple(
  fc.constantFrom("X-A", "Proxy-Authorization", "Proxy-Connection", "Location", "Content-Length", "Host"),
  fc.oneof(fc.constantFrom("0", "localhost"), pieces),
);
const headers = fc
  .tuple(fc.boolean(), fc.array(header, { maxLength: 3 }))
  .map(([isOurs, more]) => (isOurs ? [["hOst", "localhost:3180"] as const, ...more] : more));

/** The one head that those bytes are, where they are one and nothing else. */
function headOf(bytes: Uint8Array): RequestHead | undefined {
  const [head, ...rest] = new RequestReader().push(bytes);
  const isAlone = rest.every(({ kind }) => kind === "end" || kind === "body");
  return head?.kind === "head" && isAlone ? head : undefined;
}

describe("a head that the grammar takes", () => {
  it("becomes one head for the host that is dialled, or goes nowhere", () => {
    let forwarded = 0;
    const property = fc.property(method, target, headers, (verb, asked, fields) => {
      const lines = [
        `${verb} ${asked} HTTP/1.1`,
        ...fields.map(([name, value]) => `${name}: ${value}`),
        "",
        "",
      ];
      const items = new RequestReader().push(Buffer.from(lines.join("\r\n"), "latin1"));
      for (const head of items) {
        if (head.kind !== "head") continue;
        const addressed = readAddressed(head, context, door);
        if (addressed.kind === "connect") expect(addressed.authority.port).toBeGreaterThan(0);
        if (addressed.kind !== "forward") continue;
        forwarded++;
        const { request } = addressed;
        const said = headOf(request.head);
        expect(said, "one head").toBeDefined();
        if (!said) continue;
        expect(said.target).toBe(request.target);
        expect(said.target).toMatch(/^[/*]/);
        expect(said.method).toBe(head.method);
        const [host = "", ...others] = headerValues(said.headers, "host");
        expect(others).toEqual([]);
        expect(parseAuthority(host, request.scheme === "https" ? 443 : 80)).toEqual(request.authority);
        expect(headerValues(said.headers, "proxy-authorization")).toEqual([]);
        expect(said.framing).toEqual(head.framing);
      }
    });
    fc.assert(property, { numRuns: 3000, seed: 13 });
    expect(forwarded).toBeGreaterThan(200);
  });
});

describe("a target that is none", () => {
  const of = (line: string, ...headers: string[]): string => {
    const bytes = Buffer.from([line, ...headers, "", ""].join("\r\n"), "latin1");
    const [head] = new RequestReader().push(bytes);
    if (head?.kind !== "head") return "malformed";
    const addressed = readAddressed(head, context, door);
    return addressed.kind === "refused" ? String(addressed.refusal.status) : addressed.kind;
  };

  it.each([
    ["CONNECT api.test:0 HTTP/1.1", "400"],
    ["CONNECT api.test:65536 HTTP/1.1", "400"],
    ["CONNECT api.test:99999 HTTP/1.1", "400"],
    ["CONNECT api.test:443:443 HTTP/1.1", "400"],
    ["CONNECT [fe80::1%25lo]:443 HTTP/1.1", "400"],
    ["CONNECT [fe80::1%lo]:443 HTTP/1.1", "400"],
    ["CONNECT [::1:443 HTTP/1.1", "400"],
    [`CONNECT ${"a".repeat(254)}:443 HTTP/1.1`, "400"],
    ["CONNECT api.test%00:443 HTTP/1.1", "400"],
    ["CONNECT api.test%0d%0aX:443 HTTP/1.1", "400"],
    ["CONNECT -api.test:443 HTTP/1.1", "400"],
    ["CONNECT user@api.test:443 HTTP/1.1", "malformed"],
    ["CONNECT api.test:443#x HTTP/1.1", "malformed"],
    ["CONNECT api.test:443/x HTTP/1.1", "malformed"],
    ["CONNECT http://api.test:443 HTTP/1.1", "malformed"],
    ["CONNECT api.test :443 HTTP/1.1", "malformed"],
    ["CONNECT api.test:443 HTTP/1.1 x", "malformed"],
    ["CONNECT api.test:443\0 HTTP/1.1", "malformed"],
    ["GET http://api.test:0/ HTTP/1.1", "400"],
    ["GET http://api.test:65536/ HTTP/1.1", "400"],
    ["GET http://user:pass@api.test/ HTTP/1.1", "400"],
    ["GET http://api.test/#x HTTP/1.1", "400"],
    ["GET http://api.test\\@other.test/ HTTP/1.1", "400"],
    ["GET http://[fe80::1%25lo]/ HTTP/1.1", "400"],
    [`GET http://${"a".repeat(254)}/ HTTP/1.1`, "400"],
    ["GET http:/api.test/ HTTP/1.1", "malformed"],
    ["GET http:///x HTTP/1.1", "malformed"],
    ["GET http://api.test/a b HTTP/1.1", "malformed"],
    ["GET http://api.test/\0 HTTP/1.1", "malformed"],
    ["GET javascript://api.test/ HTTP/1.1", "400"],
  ])("%j is %s", (line, expected) => expect(of(line, "Host: api.test")).toBe(expected));
});
