/**
 * The lanes against the host's own copy loops, with calls and answers that cross in any way: no token ever reaches a peer, no
 * byte is lost, doubled or out of order, and no end is kept.
 */
import { seededRandom } from "@faultwire/testkit/chunkers";
import { propertyRuns } from "@faultwire/testkit/property-runs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TunnelEnd } from "../../../fault-host/test/support/simulated-tunnel.ts";
import { laneLimits } from "../../src/lane/lane-calls.ts";
import { bytesFrom, LaneLink, type LaneLinkOptions, turnsPerMs } from "../support/lane-link.ts";

interface Say {
  readonly from: TunnelEnd;
  /** Of the messages that are said in one go. */
  readonly lengths: readonly number[];
  readonly thenMs: number;
}

const end = fc.constantFrom<TunnelEnd>("client", "server");
const length = fc.oneof(
  fc.integer({ min: 1, max: 12 }),
  fc.integer({ min: 1, max: 5000 }),
  fc.constantFrom(4095, 4096, 4097, 8191, 8192, 8193, 12_288, 16_384, 16_406),
  fc.integer({ min: 1, max: 60_000 }),
);
const say: fc.Arbitrary<Say> = fc.record({
  from: end,
  lengths: fc.array(length, { minLength: 1, maxLength: 4 }),
  thenMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 20 })),
});
const script: fc.Arbitrary<Script> = fc.record({
  says: fc.array(say, { minLength: 1, maxLength: 8 }),
  seed: fc.integer({ min: 1, max: 2 ** 30 }),
  /** The longest time that a call or an answer takes, in turns. */
  maxDelay: fc.constantFrom(1, 5, 30, 3 * turnsPerMs, 12 * turnsPerMs),
  /** Whether the lanes know where messages end. */
  tells: fc.boolean(),
});
interface Script {
  readonly says: readonly Say[];
  readonly seed: number;
  readonly maxDelay: number;
  readonly tells: boolean;
}

/** Once its last two bytes waited for ever: kept back for a write call that never came, with no read call left to ask for one. */
const keptBack: Script = {
  says: [
    { from: "client", lengths: [32_766, 1], thenMs: 0 },
    { from: "client", lengths: [1], thenMs: 5 },
    { from: "server", lengths: [8192, 4095, 2], thenMs: 17 },
    { from: "client", lengths: [1], thenMs: 0 },
    { from: "server", lengths: [16_384], thenMs: 0 },
  ],
  seed: 1,
  maxDelay: 30,
  tells: true,
};

/**
 * Once both receivers got 801 bytes and nothing more: the host's last wake came before both short writes, and both of its
 * buffers were full, so that it read nothing any more.
 */
const bothShort: Script = {
  says: [
    { from: "server", lengths: [15_114], thenMs: 0 },
    { from: "client", lengths: [9431], thenMs: 0 },
  ],
  seed: 1,
  maxDelay: 5,
  tells: false,
};
const bothShortDelays: readonly number[] = [3, 3, 0, 0, 0, 3, 4, 3, 1, 4, 4, 0, 1, 1];

const ends: readonly TunnelEnd[] = ["client", "server"];
const other = (side: TunnelEnd): TunnelEnd => (side === "client" ? "server" : "client");
/** Enough for everything that has a time of its own, and for all calls of a script. */
const restMs = 400;
const maxMs = 12_000;
const runs = propertyRuns(40);
/** The last answer to a write call takes what is there: what was collected, and a record that has come since. */
const mostOfLastWrite = 2 * laneLimits.joinBytes;

/** The link, and the ends of all messages that are said by each source. */
function begin({ says, seed, maxDelay, tells }: Script, more: Partial<LaneLinkOptions> = {}) {
  const bounds: Record<TunnelEnd, number[]> = { client: [], server: [] };
  for (const { from, lengths } of says)
    for (const bytes of lengths) bounds[from].push((bounds[from].at(-1) ?? 0) + bytes);
  const random = seededRandom(seed);
  const link = new LaneLink({
    delayTurns: () => Math.floor(random() * maxDelay),
    sureBytes: (from, said) =>
      tells ? Math.max(0, (bounds[from].find((at) => at >= said) ?? said) - said) : 0,
    ...more,
  });
  return { link, bounds, random };
}

async function sayAll(link: LaneLink, { says }: Script): Promise<Record<TunnelEnd, number>> {
  const said = { client: 0, server: 0 };
  for (const { from, lengths, thenMs } of says) {
    const bytes = lengths.reduce((sum, each) => sum + each, 0);
    link.host[from].says(bytesFrom(said[from], bytes));
    said[from] += bytes;
    await link.run(thenMs);
  }
  return said;
}

/** What arrived is what was said, from its beginning on. */
function expectPrefix(link: LaneLink): void {
  for (const to of ends) {
    const got = link.got(to);
    expect(Buffer.compare(got, bytesFrom(0, got.length))).toBe(0);
  }
  expect(link.news).toEqual([]);
}

const hasAll = (link: LaneLink, said: Readonly<Record<TunnelEnd, number>>): boolean =>
  ends.every((from) => link.gotBytes(other(from)) >= said[from]);

/** Says all to receivers with that much room, which then read; at last everything has to be there. */
async function bringAll(
  link: LaneLink,
  of: Script,
  { room, reads }: { readonly room: number; readonly reads: () => number },
): Promise<void> {
  for (const to of ends) link.host[to].holdRoom(room);
  const said = await sayAll(link, of);
  for (let step = 0; step < 20; step++) {
    await link.run(2);
    for (const to of ends) link.host[to].reads(reads());
  }
  for (const to of ends) link.host[to].reads(10_000_000);
  await link.until(() => hasAll(link, said), restMs);
  expectPrefix(link);
  // The rest of a message's last write may wait for this, where nothing followed it.
  for (const from of ends) {
    link.host[from].says(bytesFrom(said[from], 1));
    said[from]++;
  }
  await link.until(() => hasAll(link, said), maxMs);
  expectPrefix(link);
  for (const from of ends) expect(link.got(other(from)).length).toBe(said[from]);
  link.close();
}

describe("lanes in a host", () => {
  it("bring everything, whatever is said, and let both ends through", async () => {
    await fc.assert(
      fc.asyncProperty(script, async (of) => {
        const { link } = begin(of);
        const said = await sayAll(link, of);
        await link.until(() => hasAll(link, said), maxMs);
        expectPrefix(link);
        for (const from of ends) expect(link.got(other(from)).length).toBe(said[from]);
        for (const from of ends) link.host[from].ends();
        await link.until(() => ends.every((to) => link.host[to].hasEnded), maxMs);
        for (const from of ends) expect(link.host[other(from)].hasEnded).toBe(true);
        expect(link.timers.armed).toBe(0);
        link.close();
      }),
      { numRuns: runs, examples: [[keptBack]] },
    );
  }, 1_200_000);

  it("bring everything to receivers that take what they like, once something more is said", async () => {
    // Often less than one write, in both directions.
    const room = fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 50_000 }));
    await fc.assert(
      fc.asyncProperty(script, room, async (of, bytes) => {
        const { link, random } = begin(of);
        await bringAll(link, of, { room: bytes, reads: () => Math.floor(random() * 30_000) });
      }),
      { numRuns: runs },
    );
  }, 1_200_000);

  it("bring everything where both receivers take a part of a write at once", async () => {
    const delays = [...bothShortDelays];
    const { link } = begin(bothShort, { delayTurns: () => delays.shift() ?? 0 });
    await bringAll(link, bothShort, { room: 801, reads: () => 10_000 });
  });

  it("count as unclaimed where both receivers take a part again at the last wake, so that the tunnel is given up", async () => {
    const delays = [...bothShortDelays];
    const { link } = begin(bothShort, { delayTurns: () => delays.shift() ?? 0 });
    for (const to of ends) link.host[to].holdRoom(801);
    const said = await sayAll(link, bothShort);
    await link.run(3);
    for (const to of ends) link.host[to].reads(100);
    await link.run(restMs);
    for (const to of ends) link.host[to].reads(10_000_000);
    for (const from of ends) link.host[from].says(bytesFrom(said[from], 1));
    await link.run(maxMs);
    // Not mended, for the host's contract leaves no way (docs/adr/0029, "What remains").
    for (const to of ends) expect(link.gotBytes(to)).toBe(901);
    expectPrefix(link);
    // This is what the tunnels' sweep asks for before it tells `unclaimed` (`tunnelLimits.maxUnclaimedMs`).
    for (const from of ends) expect(link.lanes[from].isUnclaimed).toBe(true);
    expect(link.timers.armed).toBe(0);
    link.close();
  });

  it("bring a long transfer to a receiver that pauses; nothing but the rest of the last write may need something more", async () => {
    const long = fc.record({
      messages: fc.array(fc.constantFrom(16_406, 16_384, 9000, 4096, 1000), { minLength: 30, maxLength: 40 }),
      room: fc.integer({ min: 45_000, max: 110_000 }),
      seed: fc.integer({ min: 1, max: 2 ** 30 }),
      maxDelay: fc.constantFrom(1, 4, 10),
      from: end,
      tells: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(long, async ({ messages, room, seed, maxDelay, from, tells }) => {
        const of: Script = { says: [{ from, lengths: messages, thenMs: 0 }], seed, maxDelay, tells };
        const { link } = begin(of);
        link.host[other(from)].holdRoom(room);
        const said = await sayAll(link, of);
        await link.run(600);
        for (let before = -1; before < link.got(other(from)).length; ) {
          before = link.got(other(from)).length;
          link.host[other(from)].reads(60_000);
          await link.run(150);
        }
        link.host[other(from)].reads(10_000_000);
        await link.run(restMs);
        expectPrefix(link);
        // Nothing follows the last write, so nothing wakes the host for a rest of it (docs/adr/0029, "What remains").
        expect(said[from] - link.gotBytes(other(from))).toBeLessThan(mostOfLastWrite);
        link.host[from].says(bytesFrom(said[from], 1));
        await link.run(restMs);
        expectPrefix(link);
        expect(link.got(other(from)).length).toBe(said[from] + 1);
        link.close();
      }),
      { numRuns: Math.ceil(runs / 2) },
    );
  }, 1_200_000);

  it("lets ends through that come in the middle of a message", async () => {
    await fc.assert(
      fc.asyncProperty(script, fc.integer({ min: 1, max: 20_000 }), async (of, missing) => {
        const { link, bounds } = begin({ ...of, tells: true });
        // More was to come.
        for (const from of ends) bounds[from].push((bounds[from].at(-1) ?? 0) + missing + 1);
        await sayAll(link, of);
        for (const from of ends) link.host[from].ends();
        await link.until(() => ends.every((to) => link.host[to].hasEnded), maxMs);
        expectPrefix(link);
        for (const from of ends) expect(link.host[other(from)].hasEnded).toBe(true);
        link.close();
      }),
      { numRuns: runs },
    );
  }, 1_200_000);

  it("sends parts in their order and not before their time, among bytes that have none", async () => {
    await fc.assert(
      fc.asyncProperty(script, async (of) => {
        const random = seededRandom(of.seed + 1);
        const due: { readonly from: TunnelEnd; readonly upTo: number; readonly atMs: number }[] = [];
        const { link } = begin(of, {
          parts: (from, bytes, nowMs) => {
            if (random() < 0.5) return undefined;
            const cut = Math.floor(random() * bytes.length);
            const upTo = link.said[from];
            const atMs = nowMs + Math.floor(random() * 30);
            due.push({ from, upTo, atMs });
            const last = { bytes: bytes.subarray(cut), atMs };
            return cut === 0 ? [last] : [{ bytes: bytes.subarray(0, cut), atMs: nowMs }, last];
          },
        });
        const said = await sayAll(link, of);
        await link.until(() => {
          for (const { from, upTo, atMs } of due)
            if (link.timers.now() < atMs) expect(link.got(other(from)).length).toBeLessThan(upTo);
          return hasAll(link, said);
        }, maxMs);
        expectPrefix(link);
        for (const from of ends) expect(link.got(other(from)).length).toBe(said[from]);
        link.close();
      }),
      { numRuns: runs },
    );
  }, 1_200_000);

  it("end a direction behind the bytes before the end, at a point that is asked for", async () => {
    await fc.assert(
      fc.asyncProperty(script, fc.integer({ min: 1, max: 40_000 }), async (of, point) => {
        const { link } = begin(of, { isEnd: (_from, said) => said >= point });
        const said = await sayAll(link, of);
        await link.until(() => ends.every((from) => link.said[from] >= Math.min(point, said[from])), maxMs);
        // One more call, to end the direction with.
        for (const from of ends) link.host[from].says(bytesFrom(said[from], 10));
        await link.until(
          () => ends.every((from) => said[from] < point || link.host[other(from)].hasEnded),
          maxMs,
        );
        await link.run(restMs);
        expectPrefix(link);
        for (const from of ends)
          if (said[from] >= point) {
            expect(link.host[other(from)].hasEnded).toBe(true);
            expect(link.got(other(from)).length).toBe(link.said[from]);
          }
        link.close();
      }),
      { numRuns: runs },
    );
  }, 1_200_000);
});
