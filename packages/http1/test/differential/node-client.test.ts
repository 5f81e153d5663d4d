import { once } from "node:events";
import { request } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { bytesOf, readAll, textOf } from "@faultwire/testkit/http-summary";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ResponseReader } from "../../src/index.ts";

interface Reading {
  readonly status: number | undefined;
  readonly body: string;
  /** Whether the response came whole. */
  readonly complete: boolean;
}

let server: Server;
let wire = "";

beforeAll(async () => {
  server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.end(bytesOf(wire)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => {
  server.close();
});

/** What Node's own client makes of `text`, sent to it as the response to one request. */
async function readByNode(text: string, method: string): Promise<Reading> {
  wire = text;
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve) => {
    let status: number | undefined;
    let body = "";
    const give = (complete: boolean): void => resolve({ status, body, complete });
    const sent = request({ host: "127.0.0.1", port, method, agent: false }, (response) => {
      status = response.statusCode;
      response.on("data", (chunk: Buffer) => {
        body += chunk.toString("latin1");
      });
      response.on("error", () => undefined);
      response.on("close", () => give(response.complete));
    });
    sent.on("error", () => {
      if (status === undefined) give(false);
    });
    sent.end();
  });
}

function readByUs(text: string, method: string): Reading {
  const reader = new ResponseReader();
  reader.expect(method);
  let status: number | undefined;
  let body = "";
  let complete = false;
  for (const item of readAll(reader, [bytesOf(text)], true)) {
    if (complete) break;
    if (item.kind === "head" && "status" in item) status = item.status;
    else if (item.kind === "body") body += textOf(item.data);
    else if (item.kind === "end") complete = true;
  }
  return { status, body, complete };
}

const response = fc
  .record({
    interim: fc.constantFrom(
      "",
      "HTTP/1.1 100 Continue\r\n\r\n",
      "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n",
    ),
    version: fc.constantFrom("1.1", "1.1", "1.0"),
    status: fc.constantFrom("200 OK", "204 No Content", "304 Not Modified", "404", "529 Overloaded"),
    header: fc.constantFrom("", "X-A: b\r\n", "Connection: close\r\n", "Connection: keep-alive\r\n"),
    framing: fc.constantFrom("length", "chunked", "until-close"),
    parts: fc.array(fc.constantFrom("a", "hello", "\r\n\r\n", "0\r\n\r\n", "\xff\0"), { maxLength: 4 }),
    cut: fc.constantFrom(0, 0, 1, 3),
  })
  .map(({ interim, version, status, header, framing, parts, cut }) => {
    const kind = version === "1.0" && framing === "chunked" ? "length" : framing;
    const content = parts.join("");
    const body =
      kind === "chunked"
        ? [...parts, ""].map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join("")
        : content;
    const declared =
      kind === "length"
        ? `Content-Length: ${content.length}\r\n`
        : kind === "chunked"
          ? "Transfer-Encoding: chunked\r\n"
          : "";
    const bare = status.startsWith("204") || status.startsWith("304");
    const text = `${version === "1.0" ? "" : interim}HTTP/${version} ${status}\r\n${header}${declared}\r\n${bare ? "" : body}`;
    return text.slice(0, text.length - cut);
  });

describe("against Node's HTTP client", () => {
  it("reads the same status, body and end of a response", async () => {
    await fc.assert(
      fc.asyncProperty(response, fc.constantFrom("GET", "POST"), async (text, method) => {
        expect(await readByNode(text, method)).toEqual(readByUs(text, method));
      }),
      { numRuns: 200 },
    );
  });
});
