import { CreditReceiver, CreditSender, connectionLimits } from "@faultwire/connection-protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

/** A sender and a receiver that are joined: what is sent arrives at once, credit as well. */
function joined(windowBytes: number) {
  const got: Uint8Array[] = [];
  const sender = new CreditSender(windowBytes, (bytes) => {
    receiver.take(bytes.length);
    got.push(bytes);
  });
  const receiver = new CreditReceiver(windowBytes, (bytes) => sender.grant(bytes));
  return { sender, receiver, got };
}

describe("credit", () => {
  const { minCreditBytes } = connectionLimits;

  it("brings all bytes in order, however they are cut, and neither end holds more than it said", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 50_000 }), { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 20_000 }), { maxLength: 200 }),
        (writes, reads) => {
          const { sender, receiver, got } = joined(minCreditBytes);
          let next = 0;
          const all: Uint8Array[] = [];
          for (const size of writes) {
            const bytes = Uint8Array.from({ length: size }, () => next++ & 0xff);
            all.push(bytes);
            sender.write(bytes);
            expect(receiver.heldBytes).toBeLessThanOrEqual(minCreditBytes);
          }
          for (const size of [...reads, ...Array<number>(200).fill(20_000)]) {
            receiver.done(Math.min(size, receiver.heldBytes));
            expect(receiver.heldBytes).toBeLessThanOrEqual(minCreditBytes);
          }
          expect(sender.waitingBytes).toBe(0);
          expect(Buffer.concat(got).equals(Buffer.concat(all))).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("keeps what is to come behind bytes behind them", () => {
    const { sender, receiver } = joined(minCreditBytes);
    const seen: string[] = [];
    sender.write(new Uint8Array(minCreditBytes + 1));
    sender.behind(() => seen.push("behind"));
    expect(seen).toEqual([]);
    expect(sender.waitingBytes).toBe(1);
    receiver.done(minCreditBytes);
    expect(seen).toEqual(["behind"]);
  });

  it("is refused where more comes than was given, and where more is given than may be", () => {
    const receiver = new CreditReceiver(minCreditBytes, () => {});
    expect(() => receiver.take(minCreditBytes + 1)).toThrow(
      expect.objectContaining({ code: "credit-exceeded" }),
    );
    const sender = new CreditSender(minCreditBytes, () => {});
    expect(() => sender.grant(connectionLimits.maxCreditBytes)).toThrow(
      expect.objectContaining({ code: "bad-message" }),
    );
    expect(() => sender.grant(0)).toThrow(expect.objectContaining({ code: "bad-message" }));
  });
});
