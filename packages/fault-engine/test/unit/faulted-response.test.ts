import { ResponseReader } from "@faultwire/http1";
import { chunksOf } from "@faultwire/testkit/chunkers";
import { bytesOf, readAll, summaryOf, textOf } from "@faultwire/testkit/http-summary";
import { describe, expect, it } from "vitest";
import { createMachine, type Fault, FaultedResponse, type WireAction } from "../../src/index.ts";
import { changesLength } from "../../src/internal.ts";
import { anthropicEvents, context } from "../support/streams.ts";

const body = anthropicEvents.filter((event) => !/[^\0-\x7f]/.test(event)).join("");
const head = (...headers: string[]): string =>
  ["HTTP/1.1 200 OK", "Content-Type: text/event-stream", ...headers, "", ""].join("\r\n");
const chunkedBody = [...chunksOf(bytesOf(body), 50)]
  .map((chunk) => `${chunk.length.toString(16)}\r\n${textOf(chunk)}\r\n`)
  .join("");

const byLength = head(`Content-Length: ${body.length}`) + body;
const chunked = `${head("Transfer-Encoding: chunked")}${chunkedBody}0\r\nX-Sum: 1\r\n\r\n`;
const untilClose = head() + body;

/** Sends a response through a fault, in pieces of `size`; all bytes, and how it ended. */
function pass(wire: string, fault: Fault, size: number): { wire: string; end: WireAction | undefined } {
  const reader = new ResponseReader();
  reader.expect("POST");
  let faulted: FaultedResponse | undefined;
  let out = "";
  let end: WireAction | undefined;
  const perform = (actions: readonly WireAction[]): void => {
    for (const action of actions) {
      expect(end, "nothing after the end").toBeUndefined();
      if (action.kind === "bytes") out += textOf(action.bytes);
      else end = action;
    }
  };
  const items = [...chunksOf(bytesOf(wire), size)].flatMap((chunk) => reader.push(chunk));
  for (const item of [...items, ...reader.finish()]) {
    if (item.kind === "interim") continue;
    if (item.kind === "head") {
      const created = createMachine(fault, context({ bodyBytes: body.length }));
      if (created.kind === "none" || !("status" in item)) throw new Error("no machine");
      faulted = new FaultedResponse(item, created.machine, { changesLength: changesLength(fault) });
      out += textOf(faulted.head);
    } else if (faulted && !faulted.isOver) perform(faulted.push(item, 0));
  }
  while (faulted?.wakeAtMs !== undefined) perform(faulted.wake(faulted.wakeAtMs));
  return { wire: out, end };
}

/** What a strict client reads. */
function readBack(wire: string, closes: boolean): unknown[] {
  const reader = new ResponseReader();
  reader.expect("POST");
  return summaryOf(readAll(reader, [bytesOf(wire)], closes));
}

const drop: Fault = {
  kind: "stream.drop",
  events: { indices: [0], types: null, every: null, probability: null },
};
const slow: Fault = { kind: "stream.pace", eventMs: 10, firstEventMs: 10, jitterMs: 0 };
const cut = (stop: "clean" | "fin"): Fault => ({
  kind: "stream.cut",
  at: { kind: "events", events: 1 },
  stop,
});
const without = body.slice(anthropicEvents[0]?.length);

describe("a response with a fault in it", () => {
  for (const size of [1, 7, 100_000])
    describe(`read in pieces of ${size}`, () => {
      it("keeps a head whose body keeps its length", () => {
        expect(pass(byLength, slow, size)).toEqual({ wire: byLength, end: { kind: "end", keepAlive: true } });
        expect(pass(untilClose, slow, size)).toEqual({
          wire: untilClose,
          end: { kind: "end", keepAlive: false },
        });
      });

      it("becomes chunked where the length would be wrong", () => {
        const { wire, end } = pass(byLength, drop, size);
        expect(end).toEqual({ kind: "end", keepAlive: true });
        expect(readBack(wire, false)).toMatchObject([
          {
            headers: [
              ["Content-Type", "text/event-stream"],
              ["transfer-encoding", "chunked"],
            ],
          },
          { data: without },
          { trailers: [] },
          "end",
        ]);
      });

      it("is chunked anew, trailers included", () => {
        const { wire, end } = pass(chunked, drop, size);
        expect(end).toEqual({ kind: "end", keepAlive: true });
        expect(readBack(wire, false)).toMatchObject([
          { framing: { kind: "chunked" } },
          { data: without },
          { trailers: [["X-Sum", "1"]] },
          "end",
        ]);
      });

      it("ends by close in HTTP/1.0 where the length would be wrong", () => {
        const old = byLength.replace("HTTP/1.1", "HTTP/1.0");
        const { wire, end } = pass(old, drop, size);
        expect(end).toEqual({ kind: "end", keepAlive: false });
        expect(readBack(wire, true)).toMatchObject([
          { framing: { kind: "until-close" } },
          { data: without },
          "end",
        ]);
      });

      it("is cut as its framing shows it", () => {
        const first = anthropicEvents[0] ?? "";
        for (const wire of [byLength, chunked]) {
          const clean = pass(wire, cut("clean"), size);
          expect(clean.end).toEqual({ kind: "end", keepAlive: true });
          expect(readBack(clean.wire, false)).toMatchObject([
            { kind: "head" },
            { data: first },
            { trailers: [] },
            "end",
          ]);
          const fin = pass(wire, cut("fin"), size);
          expect(fin.end).toEqual({ kind: "close" });
          expect(readBack(fin.wire, true)).toContainEqual(
            expect.objectContaining({ malformed: "truncated" }),
          );
        }
      });
    });

  it("does not end as if it were whole where its length was promised and not kept", () => {
    const reader = new ResponseReader();
    reader.expect("GET");
    const [first, content, end] = reader.push(bytesOf(byLength));
    const created = createMachine(drop, context());
    if (first?.kind !== "head" || created.kind === "none") throw new Error("no response");
    const faulted = new FaultedResponse(first, created.machine, { changesLength: false });
    expect(textOf(faulted.head)).toBe(head(`Content-Length: ${body.length}`));
    if (content?.kind !== "body" || end?.kind !== "end") throw new Error("no body");
    faulted.push(content, 0);
    expect(faulted.push(end, 0)).toEqual([{ kind: "close" }]);
  });

  it("does not survive an upstream that breaks its framing", () => {
    const { end } = pass(`${head("Transfer-Encoding: chunked")}5\r\nhello\r\nzz\r\n`, slow, 1000);
    expect(end).toEqual({ kind: "close" });
  });
});

describe("a response that has begun", () => {
  /** A response up to where its body has come, through a fault. */
  function begun(wire: string, fault: Fault) {
    const reader = new ResponseReader();
    reader.expect("POST");
    const [first, ...items] = reader.push(bytesOf(wire));
    const created = createMachine(fault, context());
    if (first?.kind !== "head" || created.kind === "none") throw new Error("no head, or no machine");
    const faulted = new FaultedResponse(first, created.machine, { changesLength: changesLength(fault) });
    const pushed = items.flatMap((item) =>
      item.kind === "head" || item.kind === "interim" ? [] : faulted.push(item, 0),
    );
    return { faulted, pushed };
  }
  const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
  const bytes = (actions: readonly WireAction[]): string =>
    actions.map((action) => (action.kind === "bytes" ? textOf(action.bytes) : `<${action.kind}>`)).join("");
  const [first = "", second = "", third = ""] = body.split(/(?<=\n\n)/);

  it("gives all that it holds at once where the rest can't be read, without an end of its body", () => {
    const { faulted, pushed } = begun(head("Transfer-Encoding: chunked") + chunk(first + second), slow);
    expect(pushed).toEqual([]);
    expect(bytes(faulted.release(0))).toBe(chunk(first) + chunk(second));
  });

  it("gives the end that its fault asks for all the same", () => {
    const fault: Fault = { kind: "stream.cut", at: { kind: "events", events: 1 }, stop: "mid-event" };
    const { faulted, pushed } = begun(head("Transfer-Encoding: chunked") + chunk(first), fault);
    expect(bytes(pushed)).toBe(chunk(first));
    expect(bytes(faulted.release(0))).toBe("<close>");
  });

  it("is broken off once, however much follows that can't be read", () => {
    const { faulted } = begun(head("Transfer-Encoding: chunked") + chunk(first), drop);
    const lost = { kind: "opaque", bytes: bytesOf("zz") } as const;
    expect(bytes([lost, lost].flatMap((item) => faulted.push(item, 0)))).toBe("<close>");
    expect(faulted.push(lost, 0)).toEqual([]);
  });

  it("has its trailers though the memory in which they came was used again", () => {
    const { faulted } = begun(head("Transfer-Encoding: chunked") + chunk(first + second + third), drop);
    const trailers = bytesOf("X-Sum: 1\r\n\r\n");
    faulted.push({ kind: "trailers", bytes: trailers, headers: [["X-Sum", "1"]] }, 0);
    trailers.fill(0);
    expect(bytes(faulted.push({ kind: "end", bytes: new Uint8Array(0) }, 0))).toBe(
      "0\r\nX-Sum: 1\r\n\r\n<end>",
    );
  });
});

describe("a response without a body", () => {
  it("gets none, whatever the machine gives", () => {
    const reader = new ResponseReader();
    reader.expect("HEAD");
    const [item] = reader.push(bytesOf(head("Content-Length: 9")));
    if (item?.kind !== "head") throw new Error("no head");
    const fault: Fault = {
      kind: "stream.error-event",
      at: { kind: "events", events: 0 },
      ...{ type: "overloaded_error", message: null, data: null, event: null, errorCode: null, stop: "clean" },
    };
    const created = createMachine(fault, context());
    if (created.kind === "none") throw new Error("no machine");
    const faulted = new FaultedResponse(item, created.machine, { changesLength: true });
    expect(textOf(faulted.head)).toBe(head("Content-Length: 9"));
    expect(faulted.push({ kind: "end", bytes: new Uint8Array(0) }, 0)).toEqual([
      { kind: "end", keepAlive: true },
    ]);
    expect(created.machine.outcome.kind).toBe("done");
  });
});
