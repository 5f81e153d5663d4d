/** docs/sdks.md: what it says is what the SDKs did, and every SDK was asked in every situation. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

interface Seen {
  readonly kind: "value" | "error" | "waiting";
  readonly requests: number;
  readonly waits?: readonly number[];
  readonly error?: { readonly class: string; readonly status?: number };
}
interface Client {
  readonly client: string;
  readonly major: "current" | "previous";
  readonly provider?: string;
  readonly date: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly surfaces: readonly {
    readonly mode: string;
    readonly title: string;
    readonly seen: Readonly<Record<string, Seen>>;
  }[];
  readonly presets: Readonly<Record<string, Seen>>;
}

const root = join(import.meta.dirname, "../..");
const { sdksPageAndWanted } = await import(join(root, "scripts/docs/sdks.mjs"));
const { situations } = await import(join(root, "e2e/sdks/table/situations.mjs"));
const { clients: every } = await import(join(root, "e2e/sdks/environment.mjs"));
const { expectedClass } = await import(join(root, "e2e/sdks/table/classes.mjs"));
const { clients } = JSON.parse(readFileSync(join(root, "e2e/sdks/results.json"), "utf8")) as {
  readonly clients: readonly Client[];
};
const today = clients.filter(({ major }) => major === "current");

it("is as the results are (else: npm run docs:sdks)", () => {
  const { text, wanted } = sdksPageAndWanted();
  expect(text).toBe(wanted);
  expect(text).not.toMatch(/\| (undefined|NaN) *\|/);
});

it("has its clients in their order, and names those that are still to be measured", () => {
  const expected = every.flatMap(({ file, majors }: { file: string; majors: readonly string[] }) =>
    majors.map((major) => `${file} ${major}`),
  );
  const there = clients.map(({ client, major }) => `${client} ${major}`);
  expect(there).toEqual(expected.filter((one: string) => there.includes(one)));
  const missing = expected.filter((one: string) => !there.includes(one));
  for (const one of missing) expect(sdksPageAndWanted().text).toContain(`\`${one.split(" ")[0]}\` (`);
  for (const { date } of clients) expect(date).toMatch(/^\d{4}-\d\d-\d\d$/);
});

it.each(clients)("$client ($major) was asked in every situation", ({ surfaces }) => {
  const names = (mode: string): readonly string[] =>
    Object.keys(situations).filter((name) => situations[name].mode === mode);
  for (const { mode, seen } of surfaces) {
    expect(Object.keys(seen).toSorted()).toEqual(names(mode).toSorted());
    for (const { requests, waits = [] } of Object.values(seen)) {
      expect(requests).toBeGreaterThan(0);
      expect(waits).toHaveLength(requests - 1);
    }
  }
});

it("was measured with the versions that are installed for it", () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, "e2e/sdks/package.json"), "utf8")) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  for (const { client, versions } of today)
    if (client.endsWith(".mjs"))
      for (const [name, version] of Object.entries(versions)) expect(dependencies[name]).toBe(version);
});

it.each(today.filter(({ provider }) => provider !== undefined))(
  "$client raises the SDK's own class for each preset of $provider",
  ({ client, presets }) => {
    const raised = Object.fromEntries(
      Object.entries(presets).map(([name, { error }]) => [name, error?.class]),
    );
    const expected = Object.fromEntries(
      Object.entries(presets).map(([name, { error }]) => [name, expectedClass(client, name, error?.status)]),
    );
    expect(Object.keys(presets).length).toBeGreaterThan(3);
    expect(raised).toEqual(expected);
  },
);
