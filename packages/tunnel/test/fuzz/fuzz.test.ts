/** A few seconds of fuzzing; `FUZZ_MS=600000 npm run fuzz` in this package takes as long as one likes. */
import { expect, it } from "vitest";
import { fuzzOpened, fuzzTunnels } from "./fuzz-tunnels.ts";
import { recordings } from "./recordings.ts";

const milliseconds = Number(process.env["FUZZ_MS"] ?? 5000);
/** A run that has found something is repeated by its seed. */
const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 1_000_000);

it(`nothing throws, hangs or grows, whatever comes (seed ${seed})`, {
  timeout: 60_000 + 3 * milliseconds,
}, async () => {
  const sources = await recordings();
  const heapMb = (): number => Math.round(process.memoryUsage().heapUsed / 1e6);
  const heap = [heapMb()];
  const rounds = Math.max(1, Math.round(milliseconds / 20_000));
  let tunnels = 0;
  let calls = 0;
  for (let round = 0; round < rounds; round++) {
    const share = milliseconds / rounds / 2;
    const random = await fuzzTunnels({ seed: seed + round, milliseconds: share, recordings: sources });
    const opened = await fuzzOpened(seed + round, share);
    expect([...random.bugs, ...opened.bugs]).toEqual([]);
    tunnels += random.tunnels + opened.tunnels;
    calls += random.calls;
    heap.push(heapMb());
  }
  if (milliseconds > 20_000) console.log({ seed, tunnels, calls, heapMb: heap });
  expect(tunnels).toBeGreaterThan(10);
  // What one round needs may lie about; what every round leaves behind would be more.
  expect(Math.min(...heap.slice(-3))).toBeLessThan((heap[1] ?? 0) + 300);
});
