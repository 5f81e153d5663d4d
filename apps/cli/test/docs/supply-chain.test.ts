/** What is published says what it is made of and where it was built; advisories are held against a list. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";

const root = join(import.meta.dirname, "../../../..");
const { judgeAdvisories } = await import(join(root, "scripts/supply-chain/judge-advisories.mjs"));
const { publishedPackages } = await import(join(root, "scripts/supply-chain/published.mjs"));
const published: {
  readonly folder: string;
  readonly manifest: Record<string, unknown> & { name: string; version: string };
}[] = publishedPackages();

interface Snapshot {
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}
type Importer = { readonly [Kind in keyof Snapshot]: Record<string, { readonly version: string }> };
const lock = parse(readFileSync(join(root, "pnpm-lock.yaml"), "utf8"), { maxAliasCount: 0 }) as {
  readonly importers: Record<string, Importer>;
  readonly packages: Record<string, { readonly resolution: { readonly integrity: string } }>;
  readonly snapshots: Record<string, Snapshot>;
};

/** All that a package needs when it runs, `name@version`, as the lockfile has it. */
function neededBy(folder: string): Set<string> {
  const needed = new Set<string>();
  const takeImporter = (path: string): void => {
    const { dependencies = {}, optionalDependencies = {} } = lock.importers[path] ?? {};
    for (const [name, { version }] of Object.entries({ ...dependencies, ...optionalDependencies }))
      if (version.startsWith("link:")) {
        const linked = join(path, version.slice("link:".length));
        const own = published.find((one) => one.folder === join(root, linked));
        const key = `${name}@${own?.manifest.version}`;
        if (needed.has(key)) continue;
        needed.add(key);
        takeImporter(linked);
      } else take(`${name}@${version}`);
  };
  const take = (key: string): void => {
    const bare = key.replace(/\(.*/, "");
    if (needed.has(bare)) return;
    needed.add(bare);
    const { dependencies = {}, optionalDependencies = {} } = lock.snapshots[key] ?? {};
    for (const [name, version] of Object.entries({ ...dependencies, ...optionalDependencies }))
      take(`${name}@${version}`);
  };
  takeImporter(folder.slice(root.length + 1).replaceAll("\\", "/"));
  return needed;
}

interface Component {
  readonly type: string;
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly "bom-ref": string;
  readonly licenses?: unknown[];
  readonly externalReferences?: {
    readonly type: string;
    readonly hashes?: { readonly alg: string; readonly content: string }[];
  }[];
}
interface Bill {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly serialNumber: string;
  readonly version: number;
  readonly metadata: { readonly component: Component };
  readonly components: Component[];
  readonly dependencies: { readonly ref: string; readonly dependsOn?: string[] }[];
}

const sbom = (args: readonly string[], cwd: string) =>
  spawnSync(process.execPath, [join(root, "scripts/supply-chain/sbom.mjs"), ...args], {
    cwd,
    encoding: "utf8",
  });

describe("a bill of materials", () => {
  const out = mkdtempSync(join(tmpdir(), "faultwire-sbom-test-"));
  afterAll(() => rmSync(out, { recursive: true, force: true }));
  beforeAll(() => {
    const { status, stderr } = sbom([out], root);
    expect(stderr).toBe("");
    expect(status).toBe(0);
  }, 120_000);
  const billOf = (name: string): Bill =>
    JSON.parse(readFileSync(join(out, `${name.replace("@", "").replace("/", "-")}.cdx.json`), "utf8"));
  const nameOf = ({ group, name, version }: Component): string =>
    `${group === undefined ? "" : `${group}/`}${name}@${version}`;

  it("is there for each published package, and for no other", () => {
    expect(readdirSync(out)).toHaveLength(published.length);
  });

  it.each(published.map(({ folder, manifest }) => [manifest.name, folder, manifest.version] as const))(
    "of %s names exactly what the lockfile says",
    (name, folder, version) => {
      const bill = billOf(name);
      expect(nameOf(bill.metadata.component)).toBe(`${name}@${version}`);
      expect(new Set(bill.components.map(nameOf))).toEqual(neededBy(folder));
    },
  );

  it.each(published.map(({ manifest }) => manifest.name))("of %s is CycloneDX 1.6", (name) => {
    const bill = billOf(name);
    expect(bill).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.6", version: 1 });
    expect(bill.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const refs = [bill.metadata.component, ...bill.components].map((one) => one["bom-ref"]);
    expect(new Set(refs).size).toBe(refs.length);
    for (const { ref, dependsOn = [] } of bill.dependencies)
      for (const one of [ref, ...dependsOn]) expect(refs).toContain(one);
    for (const component of bill.components) {
      expect(component.purl).toMatch(/^pkg:npm\/.+@.+/);
      expect(component.type).toBe("library");
      const locked = lock.packages[nameOf(component)];
      if (!locked) continue;
      const hashes = (component.externalReferences ?? []).flatMap((one) => one.hashes ?? []);
      const integrity = Buffer.from(locked.resolution.integrity.replace("sha512-", ""), "base64").toString(
        "hex",
      );
      expect(hashes).toContainEqual({ alg: "SHA-512", content: integrity });
    }
  });
});

describe("the command that writes bills of materials", () => {
  it.each([
    [["--help"], 0],
    [["--folder"], 2],
    [["one", "another"], 2],
  ] as const)("asked with %j says how it is asked, and makes no folder", (args, wanted) => {
    const folder = mkdtempSync(join(tmpdir(), "faultwire-sbom-test-"));
    try {
      const { status, stdout, stderr } = sbom(args, folder);
      expect(wanted === 0 ? stdout : stderr).toContain("usage: npm run sbom -- [FOLDER]");
      expect(status).toBe(wanted);
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

it.each(published.map(({ manifest }) => [manifest.name, manifest] as const))(
  "%s is published with provenance",
  (_, manifest) => {
    expect(manifest["publishConfig"]).toMatchObject({ access: "public", provenance: true });
  },
);

describe("advisories", () => {
  const advisory = {
    ...{ github_advisory_id: "GHSA-aaaa", module_name: "left", vulnerable_versions: "<2" },
    ...{ severity: "high", title: "runs code", url: "https://example.test/a" },
  };
  const today = "2026-11-28";
  const judge = (report: unknown, accepted = {}) => judgeAdvisories(report, accepted, today);

  it("that nobody has accepted fail the job", () => {
    expect(judge({ advisories: { 1: advisory } })).toMatchObject({
      status: 1,
      lines: [expect.stringContaining("NEW GHSA-aaaa left <2: high"), expect.anything()],
    });
  });

  it("that are accepted don't, until their day", () => {
    const accept = (until: string) => ({ "GHSA-aaaa": { why: "not reached", until } });
    expect(judge({ advisories: { 1: advisory } }, accept("2026-12-01")).status).toBe(0);
    expect(judge({ advisories: { 1: advisory } }, accept("2026-11-27")).status).toBe(1);
  });

  it("that are accepted and gone are told", () => {
    const { status, lines } = judge({ advisories: {} }, { "GHSA-b": { why: "w", until: "2027-01-01" } });
    expect([status, lines[0]]).toEqual([0, expect.stringContaining("take it off the list")]);
  });

  it.each([undefined, null, {}, { error: { code: "E405" } }, { advisories: null }])(
    "are not said to be none where the registry says %j",
    (report) => {
      expect(judge(report)).toMatchObject({
        status: 2,
        lines: [expect.stringContaining("nothing is known")],
      });
    },
  );

  it("have a list in which each says why and until when", () => {
    const { advisories } = JSON.parse(
      readFileSync(join(root, "scripts/supply-chain/accepted-advisories.json"), "utf8"),
    );
    for (const { why, until } of Object.values(advisories) as { why: string; until: string }[]) {
      expect(why).not.toBe("");
      expect(until).toMatch(/^\d{4}-\d\d-\d\d$/);
    }
  });
});
