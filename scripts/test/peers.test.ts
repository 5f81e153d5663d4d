/** The tables "Side by side" of the READMEs: what they say is what the benchmarks' committed results give. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const { readmesWithPeers } = await import(join(root, "scripts/docs/peers.mjs"));
const readmes: { readonly file: string; readonly text: string; readonly wanted: string }[] = [
  ...readmesWithPeers(),
];

it.each(readmes)("$file has the figures of bench/results (else: npm run docs:peers)", ({ text, wanted }) => {
  expect(text).toBe(wanted);
  expect(text).not.toContain("NaN");
});

it.each(["calls", "cert-authority", "peers", "proxy", "tls-fingerprint", "tls-parser"])(
  "the results of %s are those of a whole run, with their date and the machine",
  (name) => {
    const result = JSON.parse(readFileSync(join(root, `bench/results/${name}.json`), "utf8"));
    expect(result).toMatchObject({ name, quick: false, date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) });
    expect(result.machine.node).toMatch(/^\d+\./);
    expect(result.rows.length).toBeGreaterThan(0);
  },
);
