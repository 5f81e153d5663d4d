/** What of its answers to read calls a host may still show: what was given, shown, and kept over a rest. */
import { hostLimits } from "@faultwire/fault-protocol";
import { describe, expect, it } from "vitest";
import { TokenLedger } from "../../src/lane/token-ledger.ts";

const bufferBytes = hostLimits.maxWriteChunkBytes;

/** A ledger whose host has shown so few tokens last. */
function shownFew(): TokenLedger {
  const ledger = new TokenLedger();
  ledger.show(ledger.giveFew());
  return ledger;
}

describe("a ledger that rested", () => {
  it("gives the same tokens as one that did not: a new stamp, and as many as the host's buffer needs", () => {
    const whole = shownFew();
    const rested = new TokenLedger();
    rested.resume(whole.atRest);
    expect(rested.atRest).toEqual(whole.atRest);
    expect(rested.awaitsFirst).toBe(false);
    const tokens = whole.giveCertain(1);
    expect(rested.giveCertain(1)).toEqual(tokens);
    // One that has shown nothing yet gives others.
    const fresh = new TokenLedger().giveCertain(1);
    expect([fresh[0], fresh.length]).not.toEqual([tokens[0], tokens.length]);
    expect(fresh.length).not.toBe(tokens.length);
    expect(fresh[0]).not.toBe(tokens[0]);
  });

  it("waits for its first bytes again only where it has shown none", () => {
    const whole = new TokenLedger();
    whole.show(whole.giveFirst(Uint8Array.of(1, 2, 3)));
    const rested = new TokenLedger();
    rested.resume(whole.atRest);
    rested.giveFirst(Uint8Array.of(4));
    expect(rested.awaitsFirst).toBe(false);
  });
});

describe("what a write call shows", () => {
  it("is a part of an answer in parts, each in a call of its own", () => {
    const ledger = new TokenLedger();
    const tokens = ledger.giveParts(2, true);
    expect(tokens).toHaveLength(3 * bufferBytes);
    const call = tokens.subarray(0, bufferBytes);
    expect(ledger.owed).toBe(1);
    expect(ledger.show(call)).toEqual({ isPart: true, callsToCome: 2 });
    expect(ledger.owed).toBe(0);
    expect(ledger.show(call)).toEqual({ isPart: true, callsToCome: 1 });
    expect(ledger.show(call)).toEqual({ isPart: true, callsToCome: 0 });
    expect([ledger.isEmpty, ledger.bytes]).toEqual([true, 0]);
  });

  it.each(["giveFew", "giveCertain"] as const)("is no part where it is of %s", (give) => {
    const ledger = new TokenLedger();
    expect(ledger.show(ledger[give](1))).toEqual({ isPart: false, callsToCome: 0 });
  });

  it("is all of an answer, and then nothing more is to come of it, however many calls it could have brought", () => {
    const ledger = new TokenLedger();
    ledger.show(ledger.giveCertain(2));
    expect([ledger.isEmpty, ledger.isSure, ledger.bytes]).toEqual([true, false, 0]);
  });

  it("is less than all of it, and the rest stays due as long as calls for it do", () => {
    const ledger = new TokenLedger();
    const tokens = ledger.giveCertain(2);
    ledger.show(tokens.subarray(0, bufferBytes));
    expect([ledger.isSure, ledger.bytes]).toEqual([true, tokens.length - bufferBytes]);
    ledger.show(tokens.subarray(0, 1));
    expect([ledger.isEmpty, ledger.bytes]).toEqual([true, 0]);
  });

  it("is nothing that was given, or more than was: then it is told so", () => {
    const ledger = new TokenLedger();
    const tokens = ledger.giveFew();
    expect(ledger.show(Uint8Array.of(tokens[0]! + 1))).toBeUndefined();
    expect(ledger.show(Uint8Array.of(...tokens, tokens[0]!))).toBeUndefined();
  });
});
