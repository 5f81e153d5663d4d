import { once } from "node:events";
import { createServer, type IncomingMessage, METHODS, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { bytesOf, readAll, textOf } from "@faultwire/testkit/http-summary";
import { soon } from "@faultwire/testkit/soon";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RequestReader } from "../../src/index.ts";
import { bentRequests, request } from "../support/http-arbitraries.ts";

interface Seen {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

/** Complete messages, and whether the reader then gave up. */
interface Reading {
  readonly messages: readonly Seen[];
  readonly refused: boolean;
}

let server: Server;
/** One for each head, in order; `undefined` where the message never got complete. */
let messages: Promise<Seen | undefined>[];
let refused: boolean;

async function collect(message: IncomingMessage): Promise<Seen> {
  const raw = message.rawHeaders;
  const headers = raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? ""] as const] : []));
  let body = "";
  for await (const chunk of message) body += textOf(chunk);
  return { method: message.method ?? "", target: message.url ?? "", headers, body };
}

beforeAll(async () => {
  server = createServer({ requireHostHeader: false }, (message, response) => {
    messages.push(
      collect(message).then(
        (complete) => {
          response.end();
          return complete;
        },
        () => undefined,
      ),
    );
  });
  server.on("clientError", (_error, socket) => {
    refused = true;
    socket.destroy();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => {
  server.close();
});

/** What Node's own parser makes of `text`. */
async function readByNode(text: string): Promise<Reading> {
  messages = [];
  refused = false;
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.resume();
  socket.end(bytesOf(text));
  await soon(once(socket, "close"), "the event close of socket");
  const complete = await Promise.all(messages);
  return { messages: complete.filter((message) => message !== undefined), refused };
}

function readByUs(text: string): Reading {
  const messages: Seen[] = [];
  let head: { method: string; target: string; headers: Seen["headers"] } | undefined;
  let body = "";
  let refused = false;
  for (const item of readAll(new RequestReader(), [bytesOf(text)], true)) {
    if (item.kind === "head" && "method" in item) {
      head = { method: item.method, target: item.target, headers: item.headers };
      body = "";
    } else if (item.kind === "body") body += textOf(item.data);
    else if (item.kind === "end" && head) messages.push({ ...head, body });
    else if (item.kind === "malformed") refused = true;
  }
  return { messages, refused };
}

describe("against Node's HTTP server", () => {
  it("reads the same requests from a well-formed connection", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 4 }), async (requests) => {
        const text = requests.map((one) => one.text).join("");
        const ours = readByUs(text);
        expect(ours.refused).toBe(false);
        expect(ours.messages).toHaveLength(requests.length);
        expect(await readByNode(text)).toEqual(ours);
      }),
      { numRuns: 150 },
    );
  });

  it("never reads a message out of bent bytes that Node reads otherwise", async () => {
    await fc.assert(
      fc.asyncProperty(bentRequests, async (text) => {
        const ours = readByUs(text);
        const node = await readByNode(text);
        // Where both read a message, they read the same one; whoever is stricter stops first.
        const common = Math.min(ours.messages.length, node.messages.length);
        expect(node.messages.slice(0, common)).toEqual(ours.messages.slice(0, common));
        if (!ours.refused) expect(node.messages.length).toBeLessThanOrEqual(common);
        const more = ours.messages[common];
        // The one thing that Node refuses in a well-formed request is a method that it has never heard of.
        if (more) expect(METHODS).not.toContain(more.method);
      }),
      { numRuns: 400 },
    );
  });
});
