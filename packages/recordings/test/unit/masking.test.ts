import { expect, it } from "vitest";
import { maskedRequest, maskedResponse } from "../../src/masking.ts";
import { bytesOf, exchange, textOf } from "../support/exchange.ts";

const key = "sk-ant-api03-abcdefgh1234";

it("headers that hold a secret lose their value, and keys go wherever they stand", () => {
  const request = maskedRequest({
    ...exchange(`{"note":"${key}"}`, "").request,
    target: "/v1/x?key=AIzaSyA-1234567890",
    headers: [
      ["Authorization", "Bearer whatever"],
      ["x-api-key", "short"],
      ["Cookie", "a=b"],
      ["X-Other", `see ${key}`],
      ["Accept", "*/*"],
    ],
  });
  expect(request.target).toBe("/v1/x?key=[masked]");
  expect(request.headers).toEqual([
    ["Authorization", "[masked]"],
    ["x-api-key", "[masked]"],
    ["Cookie", "[masked]"],
    ["X-Other", "see [masked]"],
    ["Accept", "*/*"],
  ]);
  expect(textOf(request.body)).toBe('{"note":"[masked]"}');
});

it("a response stays as long as it is, also where a key was cut by the parts that it came in", async () => {
  const wire = `HTTP/1.1 200 OK\r\nSet-Cookie: session=secret; Path=/\r\nContent-Length: 44\r\n\r\n{"say":"${key}","tokens":1}`;
  const parts = [0, 30, wire.length - 20, wire.length].flatMap((to, at, all) =>
    at === 0 ? [] : [{ atMs: at, bytes: bytesOf(wire.slice(all[at - 1], to)) }],
  );
  const masked = await maskedResponse(parts);
  const text = masked.map(({ bytes }) => textOf(bytes)).join("");
  expect(text).toBe(
    `HTTP/1.1 200 OK\r\nSet-Cookie: ${"x".repeat(22)}\r\nContent-Length: 44\r\n\r\n{"say":"${"x".repeat(key.length)}","tokens":1}`,
  );
  expect(masked.map(({ bytes }) => bytes.length)).toEqual(parts.map(({ bytes }) => bytes.length));
});

it("a key that the chunks of a body cut is masked in all of them", async () => {
  const [one, two] = [key.slice(0, 14), key.slice(14)];
  const chunks = [`{"k":"${one}`, `${two}"}`];
  const framed = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("");
  const wire = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${framed}0\r\n\r\n`;
  const cut = wire.length - 30;
  const parts = [wire.slice(0, cut), wire.slice(cut)].map((text, at) => ({ atMs: at, bytes: bytesOf(text) }));
  const text = (await maskedResponse(parts, "POST")).map(({ bytes }) => textOf(bytes)).join("");
  expect(text).toBe(wire.replace(one, "x".repeat(one.length)).replace(two, "x".repeat(two.length)));
});

it("a response without a secret is given back as it is, a signature in it included", async () => {
  const parts = exchange("{}", '{"signature":"EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pk"}').response
    .parts;
  expect(await maskedResponse(parts)).toBe(parts);
});

it.each([
  ["behind a 103", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n", "\r\n\r\nhi"],
  ["in a head that is cut off", "HTTP/1.1 200 OK\r\n", ""],
])("the value of a Set-Cookie %s is masked", async (_, before, behind) => {
  const wire = `${before}Set-Cookie: session=secret${behind}`;
  const text = (await maskedResponse([{ atMs: 1, bytes: bytesOf(wire) }]))
    .map(({ bytes }) => textOf(bytes))
    .join("");
  expect(text).toBe(`${before}Set-Cookie: ${"x".repeat("session=secret".length)}${behind}`);
});

it("a line of a body that looks like a Set-Cookie stays", async () => {
  const wire = "HTTP/1.1 200 OK\r\n\r\nSet-Cookie: a=b\r\n\r\n";
  const parts = [{ atMs: 1, bytes: bytesOf(wire) }];
  expect(await maskedResponse(parts)).toBe(parts);
});

it.each([
  "X-Auth-Token",
  "openai-api-key",
  "Private-Token",
  "helicone-auth",
  "cf-aig-authorization",
  "Ocp-Apim-Subscription-Key",
  "X-Amz-Security-Token",
])("the value of %s is a secret, whatever its shape", (name) => {
  const request = { scheme: "https", host: "h", method: "GET", target: "/", body: new Uint8Array() } as const;
  expect(maskedRequest({ ...request, headers: [[name, "plain"]] }).headers).toEqual([[name, "[masked]"]]);
});

it.each(["content-type", "idempotency-key", "x-author", ":authority", "keep-alive"])(
  "the value of %s is none",
  (name) => {
    const request = {
      scheme: "https",
      host: "h",
      method: "GET",
      target: "/",
      body: new Uint8Array(),
    } as const;
    expect(maskedRequest({ ...request, headers: [[name, "plain"]] }).headers).toEqual([[name, "plain"]]);
  },
);
