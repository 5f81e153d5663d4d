// The registry on loopback that the release check installs from.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";

const file = join(import.meta.dirname, "../../../../scripts/release/registry.mjs");
const { registryLimits, startRegistry } = await import(pathToFileURL(file).href);

const name = "@ours/one";
const bytes = Buffer.from("a tarball, as far as a registry is concerned");
const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;

let registry: {
  readonly url: string;
  readonly token: string;
  readonly names: string[];
  close(): Promise<void>;
};
beforeEach(async () => {
  const isOurs = (wanted: string): boolean => wanted.startsWith("@ours/");
  registry = await startRegistry({ isOurs, upstream: "http://registry.example/npm/" });
});
afterEach(() => registry.close());

/** What `npm publish` sends. */
const publication = (version: string, told = integrity) => ({
  name,
  "dist-tags": { latest: version },
  versions: { [version]: { name, version, dist: { integrity: told } } },
  _attachments: { [`${name}-${version}.tgz`]: { data: bytes.toString("base64") } },
});

interface Packument {
  readonly version?: string;
  readonly error?: string;
  readonly "dist-tags": Record<string, string>;
  readonly versions: Record<
    string,
    { readonly dist: { readonly tarball: string; readonly integrity: string } }
  >;
}
interface Answer {
  readonly status: number;
  readonly body: Packument;
}

async function ask(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`${registry.url}${path}`, { redirect: "manual", ...init });
  return { status: response.status, body: (await response.json()) as Packument };
}
const put = (body: unknown, path = "/@ours%2fone", token = registry.token): Promise<Answer> =>
  ask(path, { method: "PUT", body: JSON.stringify(body), headers: { authorization: `Bearer ${token}` } });

it("gives back what was published, at its own address", async () => {
  expect((await put(publication("0.1.0"))).status).toBe(200);
  expect((await put(publication("0.2.0"))).status).toBe(200);
  const { body } = await ask("/@ours/one");
  expect(body["dist-tags"]).toEqual({ latest: "0.2.0" });
  expect(Object.keys(body.versions)).toEqual(["0.1.0", "0.2.0"]);
  const { dist } = body.versions["0.1.0"]!;
  expect(dist.tarball).toBe(`${registry.url}/@ours/one/-/one-0.1.0.tgz`);
  expect(dist.integrity).toBe(integrity);
  expect(Buffer.from(await (await fetch(dist.tarball)).arrayBuffer())).toEqual(bytes);
  expect((await ask("/@ours/one/latest")).body.version).toBe("0.2.0");
  expect(registry.names).toEqual([name]);
});

it("keeps tags", async () => {
  await put(publication("0.1.0"));
  expect((await put("0.1.0", "/-/package/@ours%2fone/dist-tags/next")).status).toBe(200);
  expect((await ask("/-/package/@ours%2fone/dist-tags")).body).toEqual({ latest: "0.1.0", next: "0.1.0" });
  expect((await put("0.9.0", "/-/package/@ours%2fone/dist-tags/next")).status).toBe(404);
});

it("takes a version once", async () => {
  await put(publication("0.1.0"));
  const { status, body } = await put(publication("0.1.0"));
  expect([status, body.error]).toEqual([403, expect.stringContaining("published already")]);
});

it("refuses a tarball that is not the one that was told, or is missing", async () => {
  expect((await put(publication("0.1.0", "sha512-AAAA"))).status).toBe(400);
  expect((await put({ ...publication("0.1.0"), _attachments: {} })).status).toBe(400);
  expect((await ask("/@ours/one")).status).toBe(404);
});

it("takes nothing without its token, and nothing under a name that is not ours", async () => {
  expect((await put(publication("0.1.0"), "/@ours%2fone", "guessed")).status).toBe(401);
  expect((await put(publication("0.1.0"), "/theirs")).status).toBe(403);
  expect(registry.names).toEqual([]);
});

it("refuses more bytes than its limit", async () => {
  const { status } = await put("x".repeat(registryLimits.maxPublishBytes));
  expect(status).toBe(413);
});

it("sends everybody on to the real registry for the names of others, and never for ours", async () => {
  const theirs = await fetch(`${registry.url}/@theirs%2fone?write=true`, { redirect: "manual" });
  expect(theirs.status).toBe(302);
  expect(theirs.headers.get("location")).toBe("http://registry.example/npm/@theirs%2fone?write=true");
  expect((await ask("/@ours%2ftwo")).status).toBe(404);
});
