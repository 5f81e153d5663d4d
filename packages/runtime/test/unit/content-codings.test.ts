/** What is opened and closed of a compressed body, and what is not: broken, too large, unknown. */
import { gzipSync } from "node:zlib";
import type { ContentCoding, FaultMachine, StreamAction } from "@faultwire/fault-engine";
import { CodedMachine, codedBodyLimits } from "@faultwire/fault-engine/internal";
import { describe, expect, it } from "vitest";
import { contentCodingLimits, contentCodings } from "../../src/index.ts";
import { br, codingsUnderTest, gzip, hasZstd } from "../support/coded.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const empty = new Uint8Array(0);

function codingOf(...names: readonly string[]): ContentCoding {
  const coding = contentCodings(names);
  if (typeof coding === "string") throw new Error(coding);
  return coding;
}

/** What an opener makes of a body that comes in parts. */
function opened(coding: ContentCoding, ...parts: readonly Uint8Array[]) {
  const content: Uint8Array[] = [];
  const failures = parts.map((part) => coding.opener.push(part, (given) => content.push(given)));
  return { text: Buffer.concat(content).toString(), failure: failures.find((each) => each !== null) };
}

describe.each([...codingsUnderTest])("%s", (_name, { codings, code, read }) => {
  it("is whole with its last byte, and not before", () => {
    const body = code(utf8("content"));
    for (const bytes of [1, body.length - 1]) {
      const torn = codingOf(...codings);
      opened(torn, body.subarray(0, bytes));
      expect(torn.opener.finish(), `${bytes} bytes`).toBe(false);
    }
    const whole = codingOf(...codings);
    expect(opened(whole, body)).toEqual({ text: "content", failure: undefined });
    expect(whole.opener.finish()).toBe(true);
  });

  it("can be read up to each part that it was closed with, and has an end", () => {
    const coding = codingOf(...codings);
    // So that it is closed as it was opened.
    opened(coding, code(utf8("x")));
    const parts: Uint8Array[] = [];
    let text = "";
    for (const part of ["a", "bc", "d".repeat(100_000), "é"]) {
      parts.push(coding.closer.push(utf8(part)));
      text += part;
      expect(read(Buffer.concat(parts)).toString() === text, part.slice(0, 9)).toBe(true);
    }
    parts.push(coding.closer.finish());
    const again = codingOf(...codings);
    expect(opened(again, ...parts).text === text).toBe(true);
    expect(again.opener.finish()).toBe(true);
  });

  it("that opens to more than a limit is not opened to its end", () => {
    const { maxOpenedBytesAtOnce } = contentCodingLimits;
    const bomb = code(new Uint8Array(maxOpenedBytesAtOnce * 2));
    let given = 0;
    const failure = codingOf(...codings).opener.push(bomb, (content) => {
      given += content.length;
    });
    expect(failure).toMatch(new RegExp(`^\\d+ bytes of it open to more than ${maxOpenedBytesAtOnce}$`));
    expect(given).toBeLessThan(maxOpenedBytesAtOnce * 2);
    const allowed = codingOf(...codings);
    const most = code(new Uint8Array(maxOpenedBytesAtOnce));
    expect(allowed.opener.push(most, () => {})).toBeNull();
  });
});

describe("a coding", () => {
  it("of several members is read as one", () => {
    const body = Buffer.concat([gzipSync("one "), gzipSync("two")]);
    const coding = codingOf("x-gzip");
    expect(opened(coding, body)).toEqual({ text: "one two", failure: undefined });
    expect(coding.opener.finish()).toBe(true);
  });

  it.each(["deflate", "br"])("%s leaves what follows its end, up to a limit", (name) => {
    const { code } = codingsUnderTest.get(name)!;
    const coding = codingOf(name);
    expect(opened(coding, code(utf8("content")), utf8("tail"), utf8("more"))).toMatchObject({
      text: "content",
      failure: undefined,
    });
    expect(Buffer.from(coding.opener.trailing).toString()).toBe("tailmore");
    const { maxTrailingBytes } = contentCodingLimits;
    expect(opened(coding, new Uint8Array(maxTrailingBytes)).failure).toBe(
      `more than ${maxTrailingBytes} bytes follow its end`,
    );
  });

  it("gives what comes before the place at which it breaks", () => {
    const events = Array.from({ length: 500 }, (_, at) => `data: ${at * 7919}\n\n`).join("");
    const body = Buffer.concat([gzip.code(utf8(events)).subarray(0, 1500), Buffer.alloc(2000, 255)]);
    const { text, failure } = opened(codingOf("gzip"), body);
    expect(failure).toMatch(/^invalid /);
    expect(events.startsWith(text)).toBe(true);
    // One step of the engine at most is lost.
    expect(text.length).toBeGreaterThan(1000);
  });

  it.each([
    [["compress"], 'the response is compressed with "compress", which is not read'],
    [["gzip", "dcb"], 'the response is compressed with "dcb", which is not read'],
    [["gzip", "gzip", "gzip", "gzip"], "the response is compressed 4 times, and more than 3 are not undone"],
  ])("%j is none that is read", (names, reason) => {
    expect(contentCodings(names)).toBe(reason);
  });

  it("zstd is read where this Node has it, and a reason says from which on", () => {
    const found = contentCodings(["zstd"]);
    if (hasZstd) expect(typeof found).toBe("object");
    else expect(found).toMatch(/zstd, which Node \d+\.\d+\.\d+ can't undo; 22\.15 and newer can$/);
  });
});

/** A machine that gives what it gets, and what a test says at its end. */
class Passing implements FaultMachine {
  wakeAtMs: number | undefined;
  readonly pendingBytes = 0;
  isOver = false;
  readonly outcome = { kind: "waiting" } as const;
  readonly atEnd: readonly StreamAction[];

  constructor(atEnd: readonly StreamAction[] = [{ kind: "end" }]) {
    this.atEnd = atEnd;
  }
  push(data: Uint8Array): StreamAction[] {
    return [{ kind: "bytes", bytes: data }];
  }
  finish(): StreamAction[] {
    return [...this.atEnd];
  }
  wake(): StreamAction[] {
    this.wakeAtMs = undefined;
    return [{ kind: "bytes", bytes: utf8("ping") }];
  }
}

/** The bytes and the ends of what a coded machine gives for chunks, and for its end. */
function through(machine: CodedMachine, ...chunks: readonly Uint8Array[]) {
  const actions = [...chunks.flatMap((chunk) => machine.push(chunk, 0)), ...machine.finish(0)];
  return {
    bytes: Buffer.concat(actions.flatMap((action) => (action.kind === "bytes" ? [action.bytes] : []))),
    ends: actions.flatMap((action) => (action.kind === "bytes" ? [] : [action.kind])),
  };
}

describe("a machine on a coded body", () => {
  const gzipped = gzip.code(utf8("content"));
  const on = (machine: FaultMachine = new Passing(), name = "gzip"): CodedMachine =>
    new CodedMachine(machine, codingOf(name));

  it("gives nothing for a body of nothing, and all of a coding for what is put into one", () => {
    expect(through(on())).toEqual({ bytes: Buffer.alloc(0), ends: ["end"] });
    const inserting = new Passing([{ kind: "bytes", bytes: utf8("put in") }, { kind: "end" }]);
    const { bytes } = through(on(inserting), empty);
    expect(gzip.read(bytes).toString()).toBe("put in");
  });

  it("ends a coding that lacks its end without one", () => {
    const { bytes, ends } = through(on(), gzipped.subarray(0, -1));
    expect(ends).toEqual(["end"]);
    expect(gzip.read(bytes).toString()).toBe("content");
    const coding = codingOf("gzip");
    opened(coding, bytes);
    expect(coding.opener.finish()).toBe(false);
  });

  it("passes bytes behind the end of a coding, behind its own end", () => {
    const { bytes } = through(on(new Passing(), "br"), br.code(utf8("content")), utf8("tail"));
    expect(bytes.subarray(-4).toString()).toBe("tail");
    const coding = codingOf("br");
    expect(opened(coding, bytes).text).toBe("content");
    expect(coding.opener.trailing).toHaveLength(4);
  });

  it.each([1, 2, 9])("passes what is no coding as it came, in parts of %i bytes, and is undone", (bytes) => {
    const body = utf8("data: not compressed\n\n");
    const chunks = Array.from({ length: Math.ceil(body.length / bytes) }, (_, at) =>
      body.subarray(at * bytes, (at + 1) * bytes),
    );
    const machine = on();
    const { bytes: passed, ends } = through(machine, ...chunks);
    expect([passed.toString(), ends]).toEqual(["data: not compressed\n\n", ["end"]]);
    expect(machine.outcome).toEqual({ kind: "undone", reason: machine.failure });
    expect([machine.pendingBytes, machine.wakeAtMs]).toEqual([0, undefined]);
  });

  it("passes a beginning as it came that has no more to it", () => {
    const machine = on();
    const head = gzipped.subarray(0, 10);
    expect(through(machine, head)).toEqual({ bytes: Buffer.from(head), ends: ["end"] });
    expect(machine.failure).toBe(
      "the response is compressed, and its gzip ends before there is anything to read",
    );
  });

  it("breaks off what can't pass as it came, because the client has got bytes of ours", () => {
    const inner = new Passing();
    inner.wakeAtMs = 1;
    const machine = on(inner);
    const woken = machine.wake(1);
    expect(woken.map((each) => each.kind === "bytes" && gzip.read(each.bytes).toString())).toEqual(["ping"]);
    expect(machine.push(utf8("not compressed"), 2)).toEqual([{ kind: "close" }]);
    expect(machine.isOver).toBe(true);
  });

  it("keeps no more than a limit of what gives nothing to read", () => {
    // A head of gzip with a name that does not end.
    const head = Uint8Array.of(31, 139, 8, 8, 0, 0, 0, 0, 0, 3);
    const machine = on();
    machine.push(head, 0);
    machine.push(new Uint8Array(codedBodyLimits.maxUnopenedBytes - head.length).fill(65), 0);
    expect(machine.pendingBytes).toBe(codedBodyLimits.maxUnopenedBytes);
    machine.push(Uint8Array.of(65), 0);
    expect(machine.pendingBytes).toBe(0);
    expect(machine.finish(0)).toEqual([{ kind: "end" }]);
  });
});
