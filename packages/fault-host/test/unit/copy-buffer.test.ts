import { describe, expect, it } from "vitest";
import { COPY_BUFFER_BYTES, CopyBuffer } from "../../src/poll/copy-buffer.ts";
import { PENDING, StreamError } from "../../src/poll/poll.ts";
import { bytes } from "../suite/host-under-test.ts";
import { CountingWaker, FakeStream, passThrough, replace, wrapped } from "./fake-streams.ts";

describe("the copy buffer", () => {
  it("copies until the source ends and tells how much it was", () => {
    const source = new FakeStream();
    const sink = new FakeStream();
    source.incoming.push(bytes("one"), bytes("two"), "end");
    expect(new CopyBuffer().poll(new CountingWaker(), source, sink)).toBe(6);
    expect(sink.text()).toBe("onetwo");
  });

  it("waits for the source when it holds nothing, and for the sink when it holds something", () => {
    const source = new FakeStream();
    const sink = new FakeStream();
    const waker = new CountingWaker();
    const buffer = new CopyBuffer();
    expect(buffer.poll(waker, source, sink)).toBe(PENDING);
    expect(source.waitingReader).toBe(waker);
    source.incoming.push(bytes("x"));
    sink.room.push(PENDING);
    expect(buffer.poll(waker, source, sink)).toBe(PENDING);
    expect(sink.waitingWriter).toBe(waker);
  });

  it("tops itself up at every poll while a write is not yet done", () => {
    const { source, calls, poll, inner } = wrapped();
    source.incoming.push(bytes("a"));
    expect(poll()).toBe(PENDING);
    for (const more of ["b", "c", "d"]) {
      source.incoming.push(bytes(more));
      expect(poll()).toBe(PENDING);
    }
    expect(calls.map(({ shown }) => shown)).toEqual(["a"]);
    calls[0]!.answer(passThrough());
    poll();
    poll();
    expect(inner.text()).toBe("abcd");
  });

  it("loses what it reads between the answer and the write", () => {
    const { source, calls, poll, inner } = wrapped();
    source.incoming.push(bytes("seen"));
    poll();
    calls[0]!.answer(passThrough());
    // The poll that takes the answer reads once more after it, and the one that writes reads once before it.
    poll();
    source.incoming.push(bytes("lost"));
    poll();
    expect(inner.text()).toBe("seen");
    source.incoming.push(bytes("next"));
    poll();
    expect(calls.map(({ shown }) => shown)).toEqual(["seen", "next"]);
  });

  it("takes with PassThrough{} what it reads in the poll that finds the answer, and loses it with a Replace", () => {
    for (const [answer, expected] of [
      [passThrough(), "onetwo"],
      [replace("ONE"), "ONE"],
      [passThrough("ONE"), "ONE"],
    ] as const) {
      const { source, calls, poll, inner } = wrapped();
      source.incoming.push(bytes("one"));
      poll();
      calls[0]!.answer(answer);
      source.incoming.push(bytes("two"));
      poll();
      poll();
      expect(inner.text()).toBe(expected);
    }
  });

  it("asks the source for nothing while it is full", () => {
    const { source, poll } = wrapped();
    source.incoming.push(new Uint8Array(COPY_BUFFER_BYTES));
    poll();
    const before = source.reads;
    poll();
    poll();
    expect(source.reads).toBe(before);
  });

  it("is over when the sink takes nothing any more, and when either is broken", () => {
    const { source, calls, poll } = wrapped();
    source.incoming.push(bytes("x"));
    poll();
    calls[0]!.answer({ case: "close", value: { $typeName: "plugin.Close", reason: "" } });
    expect(() => poll()).toThrow("takes no more bytes");
    const broken = wrapped();
    broken.source.incoming.push(bytes("x"));
    broken.poll();
    broken.source.incoming.push("error");
    // The source's error ends the direction although the write call has no answer yet.
    expect(() => broken.poll()).toThrow(StreamError);
  });

  it("offers what it holds after the source has ended, before it is over", () => {
    const { source, calls, poll, inner } = wrapped();
    source.incoming.push(bytes("last"), "end");
    expect(poll()).toBe(PENDING);
    expect(poll()).toBe(PENDING);
    calls[0]!.answer(passThrough());
    poll();
    expect(poll()).toBe(4);
    expect(inner.text()).toBe("last");
  });
});
