/** Readers of HTTP/1.1: any bytes at any chunking, and what they take Node's own reader (llhttp) takes as they do. */
import { RequestReader, ResponseReader } from "@faultwire/http1";
import { type AnyItem, type AnyReader, readAll, summaryOf, textOf } from "@faultwire/testkit/http-summary";
import { llhttpMessages, type Message } from "../../packages/http1/test/support/llhttp.ts";
import { chunked, holds, same, seed, steered, type Target } from "../contract/target.ts";

const limits = { maxHeadBytes: 400, maxHeaderCount: 12, maxChunkLineBytes: 40, maxTrailerBytes: 100 };
const methods = ["GET", "HEAD", "CONNECT", "POST"] as const;

export const target: Target = {
  maxBytes: 1500,
  maxSteps: 400_000,
  words: [
    ...[
      "Transfer-Encoding: chunked\r\n",
      "Content-Length: 5\r\n",
      "Connection: close\r\n",
      "\r\n\r\n",
      "0\r\n\r\n",
    ],
    ...[
      "HTTP/1.1 ",
      "HTTP/1.0",
      " HTTP/1.1\r\n",
      "Upgrade: websocket\r\n",
      "Connection: upgrade\r\n",
      "Host: a\r\n",
    ],
    ...[
      "5;a=b\r\nhello\r\n",
      "Expect: 100-continue\r\n",
      "HEAD / ",
      "CONNECT a:1 ",
      "gzip, chunked",
      "101",
      "204",
      "304",
    ],
    ...["http://", "/", "*", "\t", "obs\r\n fold", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ],
  seeds: () => [
    seed(0, "GET / HTTP/1.1\r\nHost: a\r\n\r\nPOST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"),
    seed(
      2,
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nabcd\r\n0\r\nT: v\r\n\r\n",
    ),
    seed(1, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 204 No Content\r\n\r\n"),
    seed(
      3,
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    ),
    seed(5, "HTTP/1.0 200 OK\r\n\r\nuntil the end"),
    seed(8, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n\x16\x03\x01"),
    seed(9, "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nraw"),
  ],
  run(input) {
    const [how, bytes] = steered(input);
    const isLimited = (how & 2) !== 0;
    const isLoose = (how & 4) !== 0;
    const make = (): AnyReader<AnyItem> => {
      const given = isLimited ? limits : {};
      if ((how & 1) === 0) return new RequestReader(given);
      const reader = new ResponseReader(given, isLoose ? { looseChunkLines: true } : {});
      for (let at = 0; at < 4; at++) reader.expect(methods[(how >> (3 + at)) & 3] ?? "GET");
      return reader;
    };
    const whole = readAll(make(), [bytes], true);
    const reader = make();
    const chunks = chunked(bytes, how >> 3);
    const parts: AnyItem[] = [];
    for (const chunk of chunks) {
      parts.push(
        ...reader.push(chunk).map((item) => ({
          ...item,
          bytes: item.bytes.slice(),
          ...(item.kind === "body" && { data: item.data.slice() }),
        })),
      );
      chunk.fill(0);
      if (isLimited)
        holds(reader.pendingBytes <= limits.maxHeadBytes, `${reader.pendingBytes} bytes are pending`);
    }
    parts.push(...reader.finish());
    same(summaryOf(parts), summaryOf(whole), "any chunking says the same");
    const joined = whole.map((item) => textOf(item.bytes)).join("");
    holds(joined === textOf(bytes), "every byte comes out once, unchanged");
    if (!isLimited && !isLoose) compare(whole, bytes, (how & 1) === 0, (how >> 3) & 3);
  },
};

/** What our reader took as whole messages in front of anything that it refused. */
function messagesOf(items: readonly AnyItem[]): Message[] {
  const messages: Message[] = [];
  let current: Message | undefined;
  for (const item of items) {
    if (item.kind === "head") {
      const head = item as unknown as {
        method?: string;
        target?: string;
        status?: number;
        headers: readonly unknown[];
      };
      current = {
        start: head.method === undefined ? String(head.status) : `${head.method} ${head.target}`,
        headers: head.headers.length,
        body: "",
      };
    } else if (item.kind === "body" && current) current.body += textOf(item.data);
    else if (item.kind === "end" && current) {
      messages.push(current);
      current = undefined;
    }
  }
  return messages;
}

/** llhttp is what stands behind us, in Node's servers and clients: what we take whole, it has to take the same way. */
function compare(items: readonly AnyItem[], bytes: Uint8Array, isRequest: boolean, method: number): void {
  // Answers to HEAD and CONNECT need a word from the outside that llhttp's binding does not take in the same way.
  if (!isRequest && (method !== 0 || items.some(({ kind }) => kind === "interim"))) return;
  const ours = messagesOf(items).slice(0, isRequest ? undefined : 1);
  if (ours.some(({ start }) => start.startsWith("CONNECT") || start === "101")) return;
  const theirs = llhttpMessages(bytes, isRequest);
  // What llhttp refuses goes no further than Node; we may be more generous only where no framing depends on it.
  for (const [at, message] of ours.entries()) {
    const other = theirs.messages[at];
    if (!other) {
      holds(
        theirs.refused !== undefined || theirs.isUpgrade,
        `llhttp sees ${theirs.messages.length} messages of ${ours.length}`,
      );
      return;
    }
    if (other.start.startsWith("undefined")) return;
    same(other, message, "what we take, llhttp takes the same way");
  }
}
