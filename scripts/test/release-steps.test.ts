// The steps of a release (scripts/release): their order, what refuses, and what is published, to a registry on loopback.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";

const root = join(import.meta.dirname, "../..");
const part = (name: string) => import(pathToFileURL(join(root, "scripts/release", name)).href);
const { takeSteps } = await part("order.mjs");
const { ready, publish } = await part("steps.mjs");
const { startRegistry } = await part("registry.mjs");
const { userEnvironment } = await part("consumers/install.mjs");
const { Refused } = await part("step.mjs");

/** Steps that only write down their names; some of them refuse. */
function fakeSteps({ refuses, trees = ["c0ffee", "c0ffee"] }: { refuses?: string; trees?: string[] } = {}) {
  const taken: string[] = [];
  const act = (name: string, said: unknown) => async () => {
    taken.push(name);
    if (name === refuses) throw new Refused(name, "no");
    return said;
  };
  const work = Object.fromEntries(
    ["version", "build", "test", "pack", "use", "publish"].map((name) => [
      name,
      act(name, name === "pack" ? [] : "done"),
    ]),
  );
  const tree = async () => {
    await act("tree", "")();
    return trees.shift() ?? "";
  };
  return { taken, work: { ...work, tree } };
}

const all = ["tree", "version", "build", "test", "pack", "use", "tree", "publish"];
const silent = (): void => {};

describe("a release", () => {
  it("is tree, version, build, test, pack, use, the same tree, publish", async () => {
    const { taken, work } = fakeSteps();
    await takeSteps({}, work, silent);
    expect(taken).toEqual(all);
  });

  it.each(["tree", "version", "build", "test", "pack", "use"])(
    "ends at %s when that refuses",
    async (name) => {
      const { taken, work } = fakeSteps({ refuses: name });
      await expect(takeSteps({}, work, silent)).rejects.toMatchObject({ step: name });
      expect(taken).toEqual(all.slice(0, all.indexOf(name) + 1));
    },
  );

  it("publishes nothing when another commit is there than the one that was tested", async () => {
    const { taken, work } = fakeSteps({ trees: ["c0ffee", "decaf"] });
    await expect(takeSteps({}, work, silent)).rejects.toThrow("c0ffee was tested, and this is decaf");
    expect(taken).not.toContain("publish");
  });

  it.each(["core", "skip-tests", "only"])("takes no --%s", async (flag) => {
    const { taken, work } = fakeSteps();
    await expect(takeSteps({ [flag]: true }, work, silent)).rejects.toThrow(`--${flag} is for release:check`);
    expect(taken).toEqual([]);
  });
});

describe("a check", () => {
  it("is the same up to where something would be published", async () => {
    const { taken, work } = fakeSteps();
    await takeSteps({ check: true }, work, silent);
    expect(taken).toEqual(["tree", "build", "test", "pack", "use"]);
  });

  it("may leave the tests to its caller", async () => {
    const { taken, work } = fakeSteps();
    await takeSteps({ check: true, "skip-tests": true }, work, silent);
    expect(taken).toEqual(["tree", "build", "pack", "use"]);
  });
});

describe("a real release", () => {
  const real = { isDry: false, withProvenance: true };
  const fine = { changesets: [], isPlaceholder: false, env: { SIGSTORE_ID_TOKEN: "a token" } };

  it("goes on in a job that can prove where it runs", () => {
    expect(ready(real, fine)).toContain("no changeset waits");
    expect(ready({ isDry: false, withProvenance: false }, { ...fine, env: {} })).toContain(
      "no changeset waits",
    );
  });

  it.each([
    [{ changesets: ["@faultwire/one", "@faultwire/one"] }, "changesets wait for a version (@faultwire/one)"],
    [{ isPlaceholder: true }, "the repository in package.json is a placeholder"],
    [{ env: {} }, "this is no job that can prove where it runs"],
  ])("is refused with %j", (change, words) => {
    expect(() => ready(real, { ...fine, ...change })).toThrow(words);
  });

  it("that is dry needs no address and no job, but its versions", () => {
    const dry = { ...real, isDry: true };
    expect(ready(dry, { ...fine, isPlaceholder: true, env: {} })).toBe("no changeset waits");
    expect(() => ready(dry, { ...fine, changesets: ["faultwire"] })).toThrow("changesets wait");
  });
});

/** A folder, a registry that is empty, and a user's npm that knows no other. */
async function place() {
  const folder = mkdtempSync(join(tmpdir(), "faultwire-publish-"));
  const registry = await startRegistry({
    isOurs: (name: string) => name.startsWith("@faultwire/"),
    upstream: "http://127.0.0.1:9",
  });
  const env = {
    ...userEnvironment(join(folder, "home"), registry),
    NPM_CONFIG_FETCH_RETRIES: "0",
    NPM_CONFIG_CACHE: join(folder, "cache"),
  };
  onTestFinished(async () => {
    await registry.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { folder, registry, env };
}

/** A tarball as the step "pack" leaves it. */
function packed(folder: string, name: string, dependencies: Record<string, string> = {}) {
  const manifest = {
    name: `@faultwire/${name}`,
    version: "0.1.0",
    dependencies,
    publishConfig: { access: "public" },
  };
  const from = join(folder, name);
  mkdirSync(join(from, "package"), { recursive: true });
  writeFileSync(join(from, "package/package.json"), JSON.stringify(manifest));
  const tarball = join(folder, `${name}.tgz`);
  execFileSync("tar", ["-czf", tarball, "-C", from, "package"]);
  return { name: manifest.name, manifest, tarball };
}

const how = { isDry: false, withProvenance: false };

describe("what is published", () => {
  it("is what the registry does not have yet, a package behind those that it needs", async () => {
    const { folder, registry, env } = await place();
    const tarballs = [
      packed(folder, "above", { "@faultwire/below": "^0.1.0" }),
      packed(folder, "beside"),
      packed(folder, "below"),
    ];
    const said: string[] = [];
    const say = (line: string) => said.push(line.trim());
    expect(await publish(tarballs.slice(1, 2), how, say, env)).toBe("1 published");
    expect(await publish(tarballs, how, say, env)).toBe("2 published");
    expect(said).toEqual(["@faultwire/beside 0.1.0", "@faultwire/below 0.1.0", "@faultwire/above 0.1.0"]);
    expect(registry.names).toEqual(["@faultwire/beside", "@faultwire/below", "@faultwire/above"]);
    expect(await publish(tarballs, how, say, env)).toBe("0 published");
  });

  it("is nothing in a dry run, which says what it would be", async () => {
    const { folder, registry, env } = await place();
    const said: string[] = [];
    const dry = { isDry: true, withProvenance: true };
    expect(await publish([packed(folder, "one")], dry, (line: string) => said.push(line.trim()), env)).toBe(
      "1 would have been published; nothing was",
    );
    expect(said).toEqual(["would publish @faultwire/one 0.1.0"]);
    expect(registry.names).toEqual([]);
  });

  it("is told where the registry refuses in the middle, and what to do", async () => {
    const { folder, registry, env } = await place();
    const good = packed(folder, "good");
    const bad = { ...packed(folder, "bad"), tarball: join(folder, "missing.tgz") };
    await expect(publish([good, bad], how, silent, env)).rejects.toThrow(
      "can't publish @faultwire/bad 0.1.0, 1 are out: mend it and run this again",
    );
    expect(registry.names).toEqual(["@faultwire/good"]);
  });

  it("is nothing where the registry does not say what it has", async () => {
    const { folder, env } = await place();
    const server = createServer((_, response) => response.writeHead(500).end("{}"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    await expect(
      publish([packed(folder, "one")], how, silent, { ...env, NPM_CONFIG_REGISTRY: url }),
    ).rejects.toThrow("the registry does not say whether it has @faultwire/one");
  });
});
