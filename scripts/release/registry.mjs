// An npm registry on loopback, in memory, for what has not been published yet: the release check installs from it as a user
// would. It answers for our names alone, and sends clients to the real registry for all others (docs/adr/0035).
import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";

export const registryLimits = {
  /** A tarball, its packument and the base64 around it. npm itself takes 100 MB; ours have to be small. */
  maxPublishBytes: 20_000_000,
};

/** An answer that is no success, with what npm prints. */
class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function bodyOf(request) {
  const chunks = [];
  let bytes = 0;
  // The rest of a body that is refused is read nevertheless: a client hears nothing as long as it writes.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > registryLimits.maxPublishBytes)
      throw new Refusal(413, `more than ${registryLimits.maxPublishBytes} bytes were published at once`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, "the body is not JSON");
  }
}

const integrityOf = (bytes) => `sha512-${createHash("sha512").update(bytes).digest("base64")}`;

/** The packages of one registry: versions, tags, tarballs. */
class Shelf {
  /** Name → `{ versions, tags, tarballs, times }`. */
  #packages = new Map();

  #package(name) {
    const found = this.#packages.get(name);
    if (!found) throw new Refusal(404, `${name} has not been published here`);
    return found;
  }

  get names() {
    return [...this.#packages.keys()];
  }

  /** Takes what `npm publish` sends. */
  publish(name, { versions = {}, "dist-tags": tags = {}, _attachments: attachments = {} }) {
    const own = this.#packages.get(name) ?? { versions: {}, tags: {}, tarballs: new Map(), times: {} };
    for (const [version, manifest] of Object.entries(versions)) {
      if (own.versions[version])
        throw new Refusal(403, `${name} ${version} is published already; a version is published once`);
      const file = `${name.split("/").at(-1)}-${version}.tgz`;
      const sent = attachments[`${name}-${version}.tgz`] ?? attachments[file];
      if (!sent) throw new Refusal(400, `${name} ${version} came without its tarball`);
      const bytes = Buffer.from(sent.data, "base64");
      const integrity = integrityOf(bytes);
      if (manifest.dist?.integrity !== integrity)
        throw new Refusal(400, `${name} ${version}: the tarball's integrity is not the one that was told`);
      own.tarballs.set(file, bytes);
      own.versions[version] = { ...manifest, dist: { ...manifest.dist, file } };
      own.times[version] = new Date().toISOString();
    }
    Object.assign(own.tags, tags);
    this.#packages.set(name, own);
  }

  packument(name, url) {
    const { versions, tags, times } = this.#package(name);
    const withAddress = ({ dist: { file, ...dist }, ...manifest }) => ({
      ...manifest,
      dist: { ...dist, tarball: `${url}/${name}/-/${file}` },
    });
    return {
      _id: name,
      name,
      "dist-tags": tags,
      time: times,
      versions: Object.fromEntries(Object.entries(versions).map(([key, one]) => [key, withAddress(one)])),
    };
  }

  tarball(name, file) {
    const bytes = this.#package(name).tarballs.get(file);
    if (!bytes) throw new Refusal(404, `${name} has no ${file}`);
    return bytes;
  }

  tags(name) {
    return this.#package(name).tags;
  }

  setTag(name, tag, version) {
    const { tags, versions } = this.#package(name);
    if (!versions[version]) throw new Refusal(404, `${name} has no version ${version}`);
    tags[tag] = version;
    return tags;
  }
}

/** `/@scope%2fname/-/file.tgz` → its name and what is behind it; `/-/…` → no name. */
function parsePath(path) {
  const parts = decodeURIComponent(path).slice(1).split("/");
  if (parts[0] === "-") {
    const isTags = parts[1] === "package";
    const nameLength = parts[2]?.startsWith("@") ? 2 : 1;
    return isTags
      ? { name: parts.slice(2, 2 + nameLength).join("/"), rest: parts.slice(2 + nameLength) }
      : { rest: parts };
  }
  const nameLength = parts[0].startsWith("@") ? 2 : 1;
  return { name: parts.slice(0, nameLength).join("/"), rest: parts.slice(nameLength) };
}

/** What is answered: `json`, or the `bytes` of a tarball, or where else to ask (`location`). */
async function answer(request, { shelf, isOurs, upstream, token, url }) {
  const { pathname, search } = new URL(request.url, url);
  const { name, rest } = parsePath(pathname);
  if (name === undefined && rest[1] === "ping") return { json: {} };
  if (name === undefined || !isOurs(name)) {
    if (request.method === "PUT")
      throw new Refusal(403, `${name ?? pathname} is not ours: nothing is published there`);
    return { location: `${upstream}${request.url.slice(0, pathname.length)}${search}` };
  }
  if (request.method === "PUT") {
    if (request.headers.authorization !== `Bearer ${token}`)
      throw new Refusal(401, "publishing needs this registry's token");
    const body = await bodyOf(request);
    if (rest[0] === "dist-tags") return { json: shelf.setTag(name, rest[1], body) };
    shelf.publish(name, body);
    return { json: { ok: true } };
  }
  if (request.method !== "GET" && request.method !== "HEAD")
    throw new Refusal(405, `${request.method} is not known here`);
  if (rest[0] === "dist-tags") return { json: shelf.tags(name) };
  if (rest[0] === "-") return { bytes: shelf.tarball(name, rest[1]) };
  const packument = shelf.packument(name, url);
  if (rest.length === 0) return { json: packument };
  const version = packument.versions[packument["dist-tags"][rest[0]] ?? rest[0]];
  if (!version) throw new Refusal(404, `${name} has no version ${rest[0]}`);
  return { json: version };
}

function send(response, { json, bytes, location }) {
  if (location !== undefined) response.writeHead(302, { location }).end();
  else if (bytes !== undefined)
    response.writeHead(200, { "content-type": "application/octet-stream" }).end(bytes);
  else response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(json));
}

/**
 * Opens a registry on a free port of loopback.
 *
 * @param isOurs whether a name is one of ours: it is answered here, or not at all, and never by another registry
 * @param upstream the registry for all other names
 * @returns its `url`, the `token` for publishing, the `names` published so far, `close()`
 */
export async function startRegistry({ isOurs, upstream }) {
  const shelf = new Shelf();
  const token = randomUUID();
  const context = { shelf, isOurs, upstream: upstream.replace(/\/$/, ""), token, url: "" };
  const server = createServer((request, response) => {
    answer(request, context).then(
      (what) => send(response, what),
      (error) => {
        const status = error instanceof Refusal ? error.status : 500;
        response.writeHead(status, { "content-type": "application/json", connection: "close" });
        response.end(JSON.stringify({ error: error.message }));
        request.resume();
      },
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.url = `http://127.0.0.1:${server.address().port}`;
  return {
    url: context.url,
    token,
    get names() {
      return shelf.names;
    },
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
