import { describe, expect, it } from "vitest";
import { PluginStream, READ_CHUNK_BYTES } from "../../src/poll/plugin-stream.ts";
import { PENDING } from "../../src/poll/poll.ts";
import { bytes, pattern, text } from "../suite/host-under-test.ts";
import { CountingWaker, FakeCall, FakeStream, passThrough, replace } from "./fake-streams.ts";

function wrapped() {
  const inner = new FakeStream();
  const calls: FakeCall[] = [];
  const stream = new PluginStream(inner, (_direction, chunk) => {
    const call = new FakeCall(chunk);
    calls.push(call);
    return call;
  });
  return { inner, calls, stream, waker: new CountingWaker(), into: new Uint8Array(8192) };
}

describe("a plugin's stream", () => {
  it("wakes its task to make a call, and makes it at the next poll", () => {
    const { inner, calls, stream, waker, into } = wrapped();
    inner.incoming.push(bytes("x"));
    expect(stream.pollRead(waker, into)).toBe(PENDING);
    expect(waker.wakes).toBe(1);
    expect(calls[0]!.polls).toBe(0);
    expect(stream.pollRead(waker, into)).toBe(PENDING);
    expect(calls[0]!.polls).toBe(1);
  });

  it("reads at most 4096 bytes for a call, whatever room the caller has", () => {
    const { inner, calls, stream, waker, into } = wrapped();
    inner.incoming.push(pattern(READ_CHUNK_BYTES + 1));
    stream.pollRead(waker, into);
    expect(calls[0]!.chunk).toEqual(pattern(READ_CHUNK_BYTES + 1).subarray(0, READ_CHUNK_BYTES));
  });

  it("gives an answer in the caller's portions", () => {
    const { inner, calls, stream, waker } = wrapped();
    inner.incoming.push(bytes("x"));
    stream.pollRead(waker, new Uint8Array(3));
    calls[0]!.answer(replace("abcdefgh"));
    const parts: string[] = [];
    for (let part = 0; part < 3; part++) {
      const into = new Uint8Array(3);
      parts.push(text(into.subarray(0, stream.pollRead(waker, into) as number)));
    }
    expect(parts).toEqual(["abc", "def", "gh"]);
  });

  it("Buffer on a read leaves no one to wake the task", () => {
    const { inner, calls, stream, waker, into } = wrapped();
    inner.incoming.push(bytes("x"));
    stream.pollRead(waker, into);
    calls[0]!.answer({ case: "buffer", value: { $typeName: "plugin.Buffer", estimatedTimeToReleaseMs: 1 } });
    const before = waker.wakes;
    expect(stream.pollRead(waker, into)).toBe(PENDING);
    expect(waker.wakes).toBe(before);
    expect(inner.waitingReader).toBeUndefined();
  });

  it("a short write leaves no one to wake the task; the next poll writes the rest or waits for room", () => {
    const { inner, calls, stream, waker } = wrapped();
    stream.pollWrite(waker, bytes("abcdef"));
    calls[0]!.answer(passThrough());
    stream.pollWrite(waker, bytes("abcdef"));
    inner.room.push(4);
    const before = waker.wakes;
    expect(stream.pollWrite(waker, bytes("abcdef"))).toBe(PENDING);
    expect(waker.wakes).toBe(before);
    expect(inner.waitingWriter).toBeUndefined();
    inner.room.push(PENDING);
    expect(stream.pollWrite(waker, bytes("abcdef"))).toBe(PENDING);
    expect(inner.waitingWriter).toBe(waker);
    expect(stream.pollWrite(waker, bytes("abcdef"))).toBe(6);
    expect(inner.text()).toBe("abcdef");
  });

  it("counts as written all that it is offered when the answer is out, whatever it was shown", () => {
    const { inner, calls, stream, waker } = wrapped();
    stream.pollWrite(waker, bytes("ab"));
    calls[0]!.answer(replace("XY"));
    stream.pollWrite(waker, bytes("ab"));
    expect(stream.pollWrite(waker, bytes("abcd"))).toBe(4);
    expect(inner.text()).toBe("XY");
  });

  it("cancels what is in flight when it is given up", () => {
    const { inner, calls, stream, waker, into } = wrapped();
    inner.incoming.push(bytes("x"));
    stream.pollRead(waker, into);
    stream.pollWrite(waker, bytes("y"));
    stream.drop();
    expect(calls.map(({ cancelled }) => cancelled)).toEqual([true, true]);
    expect(inner.dropped).toBe(true);
  });
});
