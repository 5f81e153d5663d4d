// Gives inputs to a target, keeps those that reach something new, and tells of those with which it breaks its contract.
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { readCorpus, writeCorpus } from "./corpus.mjs";
import { features, resetCoverage, stepCount, stopCounting, TooManySteps } from "./coverage.mjs";
import { mutate } from "./mutate.mjs";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");

const crashFolder = join(import.meta.dirname, "../crashes");
/** Crashes of one target after which it is left: they are mostly one and the same. */
const maxCrashes = 5;
/** What a target may keep behind a thousand inputs that it has had before, in bytes. */
const maxGrowthBytes = 4e6;
/** An async contract that is not settled within so long hangs. Seconds: its clock is turned by hand. */
const maxSettleMs = 20_000;
/** Tries to make an input of the corpus shorter. */
const shortenings = 40;

/** Numbers in [0, 1) from a seed (mulberry32). */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** What was thrown where nobody waited for it. */
const stray = [];
process.on("uncaughtException", (error) => stray.push(error));
process.on("unhandledRejection", (error) => stray.push(error));

/** Gives one input. @returns what the contract was broken with, or undefined. */
export async function runOnce({ target }, input) {
  resetCoverage(target.maxSteps);
  let fault;
  try {
    const settles = target.run(Uint8Array.from(input));
    if (settles) await within(settles);
  } catch (error) {
    fault = error;
  }
  fault ??= stray.shift();
  stray.length = 0;
  const steps = stopCounting();
  // Code that lets nothing through may have caught it.
  if (fault === undefined && steps > target.maxSteps)
    fault = new TooManySteps(`${steps} steps, at most ${target.maxSteps}`);
  return fault;
}

function within(promise) {
  let timer;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new TooManySteps(`not settled after ${maxSettleMs} ms`)), maxSettleMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Faults of one kind: by their first line and where in the code they arose. */
const kindOf = (fault) => {
  const [first = "", ...frames] = String(fault?.stack ?? fault).split("\n");
  const at = frames.find((line) => line.includes("    at ") && !line.includes("/contract/")) ?? "";
  return `${first.replaceAll(/\d+/g, "0").slice(0, 80)} ${at}`;
};

/** Writes the input that broke the contract, as short as it can be, and says how to repeat it. */
async function keepCrash(each, input, fault) {
  const kind = kindOf(fault);
  const short = await shorten(
    input,
    async (candidate) => {
      const again = await runOnce(each, candidate);
      return again !== undefined && kindOf(again) === kind;
    },
    400,
  );
  mkdirSync(crashFolder, { recursive: true });
  const name = `${each.name}-${createHash("sha256").update(short).digest("hex").slice(0, 12)}`;
  const file = join(crashFolder, name);
  writeFileSync(file, short);
  const shown = relative(join(import.meta.dirname, "../.."), file);
  console.error(
    `\n${each.name}: ${fault?.stack ?? fault}\n  repeat it: npm run fuzz -- --target ${each.name} --input ${shown}\n`,
  );
  return { file: shown, kind, message: String(fault?.message ?? fault).split("\n")[0] };
}

/** Leaves out what is not needed for `isSo`. */
async function shorten(input, isSo, tries) {
  let best = Buffer.from(input);
  for (let size = best.length >> 1; size > 0 && tries > 0; size >>= 1)
    for (let at = 0; at < best.length && tries > 0; ) {
      tries--;
      const candidate = Buffer.concat([best.subarray(0, at), best.subarray(at + size)]);
      if (await isSo(candidate)) best = candidate;
      else at += size;
    }
  return best;
}

/** Gives the corpus. */
export async function replay(each) {
  const startedMs = performance.now();
  const corpus = readCorpus(each.name);
  const crashes = [];
  let steps = 0;
  const reached = new Set();
  for (const input of corpus) {
    const fault = await runOnce(each, input);
    steps += stepCount();
    for (const feature of features()) reached.add(feature >> 4);
    if (fault) crashes.push(await keepCrash(each, input, fault));
  }
  if (corpus.length === 0) crashes.push({ file: "", kind: "", message: "the corpus is empty" });
  const seconds = (performance.now() - startedMs) / 1000;
  return {
    name: each.name,
    inputs: corpus.length,
    perSecond: corpus.length / seconds,
    counters: reached.size,
    corpus: corpus.length,
    steps,
    seconds,
    crashes,
  };
}

/**
 * Fuzzes one target.
 *
 * @param maxInputs - Inputs at the most; none but time unless given.
 */
export async function fuzz(
  each,
  { milliseconds, seed, isWritten = false, maxInputs = Number.POSITIVE_INFINITY, isQuiet = false },
) {
  const { target, name, words } = each;
  const random = randomFrom(seed);
  const startedMs = performance.now();
  const corpus = [];
  const seen = new Set();
  const reached = new Set();
  const crashes = [];
  const kinds = new Set();
  let inputs = 0;
  let slowest = 0;
  const give = async (input) => {
    inputs++;
    const beganMs = performance.now();
    const fault = await runOnce(each, input);
    slowest = Math.max(slowest, performance.now() - beganMs);
    if (fault !== undefined && !kinds.has(kindOf(fault))) {
      kinds.add(kindOf(fault));
      crashes.push(isQuiet ? { message: String(fault.message) } : await keepCrash(each, input, fault));
      return;
    }
    let isNew = false;
    let isFar = false;
    for (const feature of features()) {
      if (seen.has(feature)) continue;
      seen.add(feature);
      isNew = true;
      if (!reached.has(feature >> 4)) isFar = true;
      reached.add(feature >> 4);
    }
    if (isNew && fault === undefined) corpus.push({ input: Buffer.from(input), isFar, steps: stepCount() });
  };
  for (const input of [...readCorpus(name), ...(await target.seeds())]) await give(input);
  const atFirst = reached.size;
  const isOver = () =>
    performance.now() - startedMs > milliseconds ||
    inputs >= maxInputs ||
    crashes.length >= maxCrashes ||
    (isQuiet && crashes.length > 0);
  const pick = () => {
    if (corpus.length === 0) return Buffer.alloc(1);
    // The newest half as often as all the rest: what is new there is least explored.
    const at =
      random() < 0.5
        ? Math.floor(corpus.length * (0.5 + random() / 2))
        : Math.floor(random() * corpus.length);
    return corpus[at].input;
  };
  while (!isOver()) await give(mutate(pick(), pick, words, random, target.maxBytes));
  const grown = isQuiet ? 0 : await growth(each, corpus);
  if (grown > maxGrowthBytes)
    crashes.push({ file: "", kind: "growth", message: `${grown} bytes stay behind a thousand inputs` });
  const least = isWritten ? await leastOf(each, corpus) : [];
  const kept = isWritten ? writeCorpus(name, least) : corpus.length;
  const seconds = (performance.now() - startedMs) / 1000;
  return {
    name,
    inputs,
    perSecond: inputs / seconds,
    counters: reached.size,
    atFirst,
    corpus: kept,
    slowestMs: slowest,
    growthBytes: grown,
    seconds,
    crashes,
  };
}

/** Bytes that stay behind inputs that were there before. */
async function growth(each, corpus) {
  const inUse = async () => {
    // What native code has closed goes in one collection, and its memory in the next.
    for (let turn = 0; turn < 5; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      collect();
    }
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const round = async (count) => {
    const untilMs = performance.now() + 10_000;
    for (let at = 0; at < count && performance.now() < untilMs; at++)
      if (corpus.length > 0) await runOnce(each, corpus[at % corpus.length].input);
  };
  await round(300);
  const before = await inUse();
  await round(1000);
  return (await inUse()) - before;
}

/** The fewest and shortest inputs that reach all that was reached, by counters first and by how often second. */
async function leastOf(each, corpus) {
  const bySize = [...corpus].sort((a, b) => b.isFar - a.isFar || a.input.length - b.input.length);
  const covered = new Set();
  const least = [];
  const untilMs = performance.now() + 60_000;
  for (const { input } of bySize) {
    await runOnce(each, input);
    const mine = [...features()].map((feature) => feature >> 4).filter((counter) => !covered.has(counter));
    if (mine.length === 0) continue;
    let kept = input;
    if (performance.now() < untilMs)
      kept = await shorten(
        input,
        async (candidate) => {
          if ((await runOnce(each, candidate)) !== undefined) return false;
          const reached = new Set([...features()].map((feature) => feature >> 4));
          return mine.every((counter) => reached.has(counter));
        },
        shortenings,
      );
    await runOnce(each, kept);
    for (const feature of features()) covered.add(feature >> 4);
    least.push(kept);
  }
  return least;
}
