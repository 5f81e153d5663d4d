import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CopyBuffer } from "../../src/poll/copy-buffer.ts";
import { PENDING } from "../../src/poll/poll.ts";
import { pattern } from "../suite/host-under-test.ts";
import { CountingWaker, FakeStream, passThrough, wrapped } from "../unit/fake-streams.ts";

const sizes = fc.array(fc.integer({ min: 1, max: 12_000 }), { minLength: 1, maxLength: 8 });
const rooms = fc.array(fc.oneof(fc.integer({ min: 1, max: 9_000 }), fc.constant(PENDING)), { maxLength: 20 });
const few = fc.uint8Array({ minLength: 0, maxLength: 20 });

describe("properties of the copy", () => {
  it("without a plugin any chunking arrives whole, whatever the sink takes at a time", () => {
    fc.assert(
      fc.property(sizes, rooms, (lengths, room) => {
        const all = pattern(lengths.reduce((sum, length) => sum + length, 0));
        const source = new FakeStream();
        const sink = new FakeStream();
        let at = 0;
        for (const length of lengths) {
          source.incoming.push(all.subarray(at, at + length));
          at += length;
        }
        source.incoming.push("end");
        sink.room.push(...room);
        const buffer = new CopyBuffer();
        const waker = new CountingWaker();
        let result = buffer.poll(waker, source, sink);
        for (let polls = 0; result === PENDING && polls < 100; polls++)
          result = buffer.poll(waker, source, sink);
        expect(result).toBe(all.length);
        expect(Buffer.compare(Buffer.from(sink.written), all)).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it("with PassThrough{} on writes exactly what is read between the answer and the write is lost", () => {
    const round = fc.record({
      before: fc.uint8Array({ minLength: 1, maxLength: 20 }),
      during: few,
      late: few,
    });
    fc.assert(
      fc.property(fc.array(round, { maxLength: 10 }), (rounds) => {
        const { source, inner, calls, poll } = wrapped();
        const arrive = (bytes: Uint8Array): void => {
          if (bytes.length > 0) source.incoming.push(bytes);
          expect(poll()).toBe(PENDING);
        };
        for (const { before, during, late } of rounds) {
          arrive(before);
          arrive(during);
          calls.at(-1)!.answer(passThrough());
          expect(poll()).toBe(PENDING);
          arrive(late);
        }
        expect(inner.written).toEqual(rounds.flatMap(({ before, during }) => [...before, ...during]));
        expect(calls.map(({ chunk }) => [...chunk])).toEqual(rounds.map(({ before }) => [...before]));
      }),
    );
  });
});
