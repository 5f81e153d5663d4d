/**
 * Sessions between real peers, spoilt in every way. By default a fixed number of them from a fixed seed;
 * FAULTWIRE_FUZZ_SECONDS=600 runs for that long from another seed each time (FAULTWIRE_FUZZ_SEED to repeat one).
 */
import { seededRandom } from "@faultwire/testkit/chunkers";
import { TestAuthority } from "@faultwire/testkit/test-authority";
import { usedBytes } from "@faultwire/testkit/used-memory";
import { expect, it } from "vitest";
import { type FuzzOutcome, fuzzGround, fuzzSession } from "./fuzz-session.ts";

const seconds = Number(process.env["FAULTWIRE_FUZZ_SECONDS"] ?? 0);
const seed = Number(process.env["FAULTWIRE_FUZZ_SEED"] ?? (seconds > 0 ? Date.now() % 0x7fff_ffff : 20_265));
const SESSIONS = 100;
/** What a long run may have kept behind its first tenth, in our memory and in OpenSSL's. */
const MAX_USED_GROWTH = 8 << 20;
const MAX_RESIDENT_GROWTH = 150 << 20;

interface Usage {
  readonly used: number;
  readonly resident: number;
}

const usage = async (): Promise<Usage> => ({ used: await usedBytes(), resident: process.memoryUsage().rss });

const authority = new TestAuthority("bridge fuzz");

it(
  "no bytes on either side, and no use, make a bridge throw, hang, grow or fail for a reason of its own",
  async () => {
    const ground = fuzzGround(authority);
    const outcomes = new Map<FuzzOutcome, number>();
    const start = Date.now();
    let base: Usage | undefined;
    let sessions = 0;
    for (; seconds > 0 ? Date.now() < start + 1000 * seconds : sessions < SESSIONS; sessions++) {
      try {
        const outcome = await fuzzSession(ground, seededRandom(seed + sessions));
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      } catch (error) {
        throw new Error(`seed ${seed + sessions}`, { cause: error });
      }
      if (seconds > 0 && Date.now() > start + 100 * seconds) base ??= await usage();
    }
    // So that it can't become a test of nothing.
    expect([...outcomes.keys()]).toEqual(expect.arrayContaining(["established ", "failed record"]));
    expect(outcomes.size).toBeGreaterThan(5);
    if (base === undefined) return;
    const after = await usage();
    const [used, resident] = [after.used - base.used, after.resident - base.resident];
    console.log(
      `${sessions} sessions from seed ${seed}, ${used} bytes more in use, ${resident} resident`,
      outcomes,
    );
    expect(used).toBeLessThan(MAX_USED_GROWTH);
    expect(resident).toBeLessThan(MAX_RESIDENT_GROWTH);
  },
  60_000 + 2000 * seconds,
);
