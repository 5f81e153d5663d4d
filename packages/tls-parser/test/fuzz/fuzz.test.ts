/**
 * Spoils inputs of the corpus and keeps those that make the parser say something new. By default a fixed number of
 * steps from a fixed seed; FAULTWIRE_FUZZ_SECONDS=600 runs for that long from another seed each time
 * (FAULTWIRE_FUZZ_SEED to repeat one) and writes what it found back to corpus/inputs.txt, to be committed.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "@faultwire/testkit/chunkers";
import { mutate } from "@faultwire/testkit/mutate";
import { helloVectors } from "@faultwire/testkit/tls-vectors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeHandshake, encodeRecords, encodeSsl2ClientHello } from "../../src/index.ts";
import { messageInContext, ssl2ClientHello } from "../arbitraries.ts";
import { enterEverywhere } from "../entry-points.ts";

const seconds = Number(process.env["FAULTWIRE_FUZZ_SECONDS"] ?? 0);
const seed = Number(process.env["FAULTWIRE_FUZZ_SEED"] ?? (seconds > 0 ? Date.now() % 0x7fff_ffff : 20_251));
const STEPS = 3000;
/** So much is written back, for every run of the tests reads it all. */
const MAX_CORPUS = 800;
const MAX_KEPT_BYTES = 512;
const MAX_FED_BYTES = 4096;

const corpusFile = join(import.meta.dirname, "../corpus/inputs.txt");
const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const readCorpus = (): Uint8Array[] =>
  readFileSync(corpusFile, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map(fromHex);

/** Messages that the grammar makes: as `decodeOne` takes them, and in records as a reader does. */
function grown(count: number): Uint8Array[] {
  const messages = fc.sample(messageInContext, { numRuns: count, seed }).map(({ message }) => message);
  return [
    ...messages.map((message) => {
      const whole = encodeHandshake(message);
      return Uint8Array.from([whole[0]!, ...whole.subarray(4)]);
    }),
    ...messages.map((message) =>
      encodeRecords({ type: 22, legacyVersion: 0x0301, fragment: encodeHandshake(message) }),
    ),
    ...fc.sample(ssl2ClientHello, { numRuns: 5, seed }).map(encodeSsl2ClientHello),
  ];
}

describe("fuzzing", () => {
  it(
    "finds nothing but our own error, and encodes what it decodes",
    () => {
      const random = seededRandom(seed);
      const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
      const kept: Uint8Array[] = [];
      const seen = new Set<string>();
      const found: Uint8Array[] = [];
      const enter = (bytes: Uint8Array): boolean => {
        let isNew = false;
        try {
          for (const [index, outcome] of enterEverywhere(bytes, 1 + Math.floor(random() * 40)).entries()) {
            const key = `${index} ${outcome}`;
            if (seen.has(key)) continue;
            seen.add(key);
            isNew = true;
          }
        } catch (error) {
          throw new Error(`seed ${seed}, input ${toHex(bytes)}`, { cause: error });
        }
        return isNew;
      };
      for (const bytes of readCorpus()) {
        enter(bytes);
        kept.push(bytes);
      }
      const known = kept.length;
      for (const { bytes } of helloVectors()) {
        enter(bytes);
        kept.push(bytes, Uint8Array.from([1, ...bytes.subarray(9)]));
      }
      for (const bytes of grown(seconds > 0 ? 200 : 40)) if (enter(bytes)) kept.push(bytes);
      const end = Date.now() + 1000 * seconds;
      for (let step = 0; seconds > 0 ? Date.now() < end : step < STEPS; step++) {
        const bytes = mutate(pick(kept), pick(kept), random).subarray(0, MAX_FED_BYTES);
        if (!enter(bytes)) continue;
        kept.push(bytes);
        if (known + found.length < MAX_CORPUS && bytes.length <= MAX_KEPT_BYTES) found.push(bytes);
      }
      expect(seen.size).toBeGreaterThan(200);
      if (seconds > 0 && known < MAX_CORPUS) {
        const comment =
          "# Inputs that make the parser say different things, one a line; test/fuzz/fuzz.test.ts adds to them.";
        const short = [...kept.slice(0, known), ...found];
        writeFileSync(corpusFile, `${[comment, ...new Set(short.map(toHex))].join("\n")}\n`);
      }
    },
    60_000 + 2000 * seconds,
  );
});
