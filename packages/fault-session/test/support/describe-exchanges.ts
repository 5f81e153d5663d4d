/**
 * Any faults on any requests over any chunking, on one living connection: every request gets exactly one response in
 * its turn or the connection ends, what no rule matches is byte for byte the same, and nothing hangs or stays behind.
 */
import { FAULT_KINDS, type Fault } from "@faultwire/fault-engine";
import { ResponseReader } from "@faultwire/http1";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FaultRig, type Said } from "./fault-rig.ts";
import type { RigCarrier } from "./link.ts";
import {
  chunk,
  messageHead,
  sampleEvents,
  sampleFaults,
  sampleMessage,
  streamHead,
} from "./sample-faults.ts";

/** Far above the slowest of the faults, on the carrier's own clock: 200 ms for each of 400 chunks of 3 bytes. */
const patienceMs = 300_000;

const answers: Readonly<Record<string, readonly Said[]>> = {
  message: [messageHead + sampleMessage],
  "stream in one go": [`${streamHead}${sampleEvents.map(chunk).join("")}0\r\n\r\n`],
  "live stream": [
    streamHead,
    ...sampleEvents.map((event) => ({ afterMs: 7, text: chunk(event) })),
    { afterMs: 7, text: "0\r\n\r\n" },
  ],
  trailers: [`${streamHead}${chunk("data: x\n\n")}0\r\nDigest: none\r\n\r\n`],
  "interim and nothing": ["HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"],
  "until the end": ["HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n", ...sampleEvents, null],
  "cut by the upstream": [messageHead + sampleMessage.slice(0, 40), null],
  "no HTTP": ["220 mail.test ESMTP\r\n", null],
};

const bodies = ["", "x".repeat(10), "y".repeat(300)];

const exchange = fc.record({
  fault: fc.option(fc.constantFrom(...FAULT_KINDS.filter((kind) => !kind.startsWith("tls."))), { freq: 3 }),
  answer: fc.constantFrom(...Object.keys(answers)),
  method: fc.constantFrom("POST", "GET", "HEAD"),
  body: fc.constantFrom(...bodies),
  isPipelined: fc.boolean(),
});
type Exchange = typeof exchange extends fc.Arbitrary<infer Value> ? Value : never;

function requestOf({ method, body }: Exchange, number: number): string {
  const length = method === "POST" ? `Content-Length: ${body.length}\r\n` : "";
  const path = `/v1/messages?${number}`;
  return `${method} ${path} HTTP/1.1\r\nHost: api.test\r\n${length}\r\n${method === "POST" ? body : ""}`;
}

/** Whether these bytes are whole responses to those requests, in order. */
function areWhole(text: string, exchanges: readonly Exchange[]): boolean {
  const reader = new ResponseReader();
  for (const { method } of exchanges) reader.expect(method);
  const items = reader.push(Buffer.from(text, "latin1"));
  return items.filter(({ kind }) => kind === "end").length === exchanges.length && reader.pendingBytes === 0;
}

/** Defines the tests of a carrier, with so many runs for each way. */
export function describeExchanges(
  carrier: RigCarrier,
  runs: { readonly decrypted: number; readonly plain: number },
): void {
  describe.each(["decrypted", "plain"] as const)("a connection whose requests are seen (%s)", (way) => {
    it("answers each request once and in order, or ends, whatever fails", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(exchange, { minLength: 1, maxLength: 4 }),
          fc.constantFrom(3, 64, 1400, 4096),
          async (exchanges, chunkBytes) => {
            const faults = exchanges.map(({ fault }): Fault | null => fault && sampleFaults[fault]);
            const rig = new FaultRig({
              way,
              carrier,
              chunkBytes,
              requests: faults,
              answer(head) {
                const asked = exchanges[Number(/\?(\d)/.exec(head)?.[1])];
                const said = answers[asked?.answer ?? ""] ?? [];
                return asked?.method === "HEAD" ? ["HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"] : said;
              },
            });
            await rig.handshake();
            let waiting: Exchange[] = [];
            let from = 0;
            for (const [number, each] of exchanges.entries()) {
              waiting.push(each);
              rig.send(requestOf(each, number));
              if (each.isPipelined && number < exchanges.length - 1) continue;
              const isAnswered = (): boolean => areWhole(rig.received.slice(from), waiting);
              const isOver = await rig.runUntil(() => rig.hasEnded || isAnswered(), patienceMs);
              expect(isOver).toBe(true);
              if (rig.hasEnded) break;
              // Nothing more comes by itself.
              const before = rig.received;
              await rig.run(30);
              expect(rig.received).toBe(before);
              if (waiting.length === 1 && faults[number] === null && each.method !== "HEAD")
                expect(before.slice(from)).toBe(answers[each.answer]?.map(textOf).join(""));
              waiting = [];
              from = before.length;
            }
            await rig.link.close();
            expect(rig.link.remains).toBe(0);
            const ended = rig.told("end").map(({ request }) => request);
            expect(new Set(ended).size).toBe(ended.length);
            const outcomes = [...rig.told("done"), ...rig.told("undone")].map(({ request }) => request);
            const decided = rig.told("decision").map(({ request }) => request);
            expect(outcomes.length).toBe(decided.length);
            expect(new Set(outcomes)).toEqual(new Set(decided));
          },
        ),
        { numRuns: runs[way] },
      );
    }, 240_000);
  });
}

function textOf(said: Said): string {
  return typeof said === "object" ? (said?.text ?? "") : said;
}
