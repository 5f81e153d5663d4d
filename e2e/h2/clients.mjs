// The clients of `npm run interop:h2`: what each needs, how it is built, how it is asked, and what it said.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { fillerOf } from "../support/filled.mjs";
import { host, ran, run, stop } from "./world.mjs";

const here = join(import.meta.dirname, "clients");

/** Packages, pinned. Those of Go, Rust and Java stand in their own manifests. */
export const packages = {
  npm: { "@grpc/grpc-js": "1.14.7", ws: "8.23.0" },
  pip: { grpcio: "1.85.3", "httpx[http2]": "0.28.1", websockets: "17.4" },
};

/** As {@link fillerOf} makes it. */
export const filled = (cache, name, text, fill) => fillerOf("interop:h2", cache)(name, text, fill);

const textOf = (...files) => files.map((file) => readFileSync(join(here, file), "utf8")).join("\n");

/** What Node's clients and the upstream need. @returns a folder with `node_modules` */
export const npmFolder = (cache) =>
  filled(cache, "npm", JSON.stringify(packages.npm), (empty) => {
    const wanted = Object.entries(packages.npm).map(([name, version]) => `${name}@${version}`);
    run("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", empty, ...wanted]);
  });

/** Programs that are asked for by their lines of JSON. */
const speaking = (command, args, env = {}) => ({
  async ask({ base, paths, env: added }) {
    const { out, err, status } = await ran(command, [...args, base, ...paths], { ...added, ...env });
    const lines = out
      .trim()
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    if (lines.length !== paths.length)
      stop(`${command} ${args.join(" ")} ended with ${status}: ${err.slice(-600)}`);
    return lines;
  },
});

/** curl, a process for each path. */
const curl = (flag) => ({
  async ask({ base, paths, env, isSecure }) {
    const results = [];
    for (const path of paths) {
      const args = [flag, "-sS", "-o", "/dev/null", "-w", "%{http_version} %{http_code} %{size_download}"];
      const roots = isSecure ? ["--cacert", env.H2_CA] : ["--noproxy", "*"];
      const { out, err, status } = await ran(
        "curl",
        [...args, ...roots, "--max-time", "20", `${base}${path}`],
        env,
      );
      const [version, code, bytes] = out.split(" ");
      const error = status === 0 ? "" : err.trim().replace(/^curl: /, "");
      results.push({ path, version: `HTTP/${version}`, status: Number(code), bytes: Number(bytes), error });
    }
    return results;
  },
});

/** nghttp speaks to the port itself: TLS straight at it, by the name that it wants. */
const nghttp = {
  async ask({ base, paths, isSecure, port }) {
    const results = [];
    for (const path of paths) {
      // It has no proxy and no way to lead a name elsewhere; it names nobody in its ClientHello by an address.
      const url = isSecure ? `https://127.0.0.1:${port}${path}` : `${base}${path}`;
      const named = isSecure ? ["-H", `:authority: ${host}`] : [];
      const { out } = await ran("nghttp", ["-v", "--no-dep", "-t", "20", ...named, url]);
      const clean = stripVTControlCharacters(out);
      const status = /recv \(stream_id=\d+\) :status: (\d+)/.exec(clean)?.[1] ?? 0;
      let bytes = 0;
      for (const [, length] of clean.matchAll(/recv DATA frame <length=(\d+)/g)) bytes += Number(length);
      const code = /recv RST_STREAM frame.*?error_code=(\w+)/s.exec(clean)?.[1];
      const isWhole = /recv (?:DATA|HEADERS) frame <length=\d+, flags=0x(?:[0-9a-f][13579bdf])/.test(clean);
      const error = code ? `RST_STREAM ${code}` : isWhole ? "" : "no END_STREAM";
      results.push({ path, version: "HTTP/2", status: Number(status), bytes, error });
    }
    return results;
  },
};

/** h2load: a hundred requests of each path, ten at a time on one connection. */
const h2load = {
  async ask({ base, paths, isSecure, port }) {
    const results = [];
    for (const path of paths) {
      const url = isSecure ? `https://127.0.0.1:${port}${path}` : `${base}${path}`;
      const named = isSecure ? ["-H", `:authority: ${host}`] : [];
      const { out } = await ran("h2load", ["-n", "100", "-c", "1", "-m", "10", ...named, url]);
      const [, done, good, failed] =
        /requests: \d+ total, \d+ started, (\d+) done, (\d+) succeeded, (\d+) failed/.exec(out) ?? [];
      const statuses = /status codes: (.*)/.exec(out)?.[1] ?? "";
      const status = { 2: 200, 5: 529 }[/([1-9]\d*) (\d)xx/.exec(statuses)?.[2]] ?? 0;
      const protocol = /Application protocol: (\S+)/.exec(out)?.[1] ?? "";
      const error =
        good === "100" || status === 529 ? "" : `${done} done, ${good} succeeded, ${failed} failed`;
      results.push({
        path,
        version: protocol.startsWith("h2") ? "HTTP/2" : protocol,
        status,
        bytes: 0,
        error,
      });
    }
    return results;
  },
};

/** The first group of a pattern in what a program says of itself. */
function versionOf(command, args, pattern, get) {
  const { status, stdout, stderr, error } = { ...probe(command, args) };
  const found = error || status !== 0 ? undefined : pattern.exec(`${stdout}${stderr}`)?.[1];
  if (found === undefined) missing.push(`${command} is missing (${get})`);
  return found;
}

const probe = (command, args) => spawnSync(command, args, { encoding: "utf8" });
const missing = [];

/**
 * All clients, built. Stops where a tool is missing, with a line for each.
 *
 * `kind`: `http`, `grpc` or `websocket`. `clear`: what the client does without TLS, where that is not prior knowledge.
 */
export function buildClients(cache) {
  const versions = {
    go: versionOf("go", ["version"], /go(\d\S*)/, "the toolchain of Go"),
    java: versionOf("java", ["-version"], /version "([^"]+)"/, "apt-get install default-jdk-headless"),
    javac: versionOf("javac", ["-version"], /javac (\S+)/, "apt-get install default-jdk-headless"),
    maven: versionOf("mvn", ["--version"], /Maven (\S+)/, "apt-get install maven"),
    cargo: versionOf("cargo", ["--version"], /cargo (\S+)/, "the toolchain of Rust"),
    python: versionOf("python3", ["--version"], /Python (\S+)/, "apt-get install python3 python3-venv"),
    curl: versionOf("curl", ["--version"], /curl (\S+).*nghttp2\/\S+/s, "apt-get install curl, with HTTP/2"),
    nghttp: versionOf("nghttp", ["--version"], /nghttp2\/(\S+)/, "apt-get install nghttp2-client"),
    h2load: versionOf("h2load", ["--version"], /nghttp2\/(\S+)/, "apt-get install nghttp2-client"),
    openssl: versionOf("openssl", ["version"], /OpenSSL (\S+)/, "apt-get install openssl"),
  };
  if (missing.length > 0) stop(missing.join("\ninterop:h2: "));
  const npm = npmFolder(cache);
  const go = filled(cache, "go", textOf("go/main.go", "go/go.mod", "go/go.sum") + versions.go, (empty) =>
    run("go", ["build", "-o", join(empty, "client"), "."], { cwd: join(here, "go") }),
  );
  const rust = filled(
    cache,
    "rust",
    textOf("rust/src/main.rs", "rust/Cargo.lock") + versions.cargo,
    (empty) => {
      const target = ["--target-dir", join(cache, "rust-target")];
      run("cargo", ["build", "--locked", "--quiet", "--release", ...target], { cwd: join(here, "rust") });
      run("cp", [join(cache, "rust-target/release/client"), empty]);
    },
  );
  const java = filled(cache, "java", textOf("java/pom.xml", "java/Client.java") + versions.java, (empty) => {
    const lib = join(empty, "lib");
    run("mvn", [
      "-q",
      "-f",
      join(here, "java/pom.xml"),
      "dependency:copy-dependencies",
      `-DoutputDirectory=${lib}`,
    ]);
    const jars = readdirSync(lib).map((jar) => join(lib, jar));
    run("javac", [
      "--release",
      "11",
      "-cp",
      jars.join(delimiter),
      "-d",
      empty,
      join(here, "java/Client.java"),
    ]);
  });
  const python = filled(cache, "python", JSON.stringify(packages.pip) + versions.python, (empty) => {
    run("python3", ["-m", "venv", empty]);
    const wanted = Object.entries(packages.pip).map(([name, version]) => `${name}==${version}`);
    run(join(empty, "bin/python"), ["-m", "pip", "install", "--quiet", ...wanted]);
  });
  const jars = readdirSync(join(java, "lib"));
  const inLib = jars.map((jar) => join(java, "lib", jar));
  const grpcJava = jars.map((jar) => /^grpc-api-(.*)\.jar$/.exec(jar)?.[1]).find(Boolean);
  const grpcGo = /google\.golang\.org\/grpc v(\S+)/.exec(textOf("go/go.mod"))?.[1];
  const reqwest = /name = "reqwest"\nversion = "([^"]+)"/.exec(textOf("rust/Cargo.lock"))?.[1];
  const asJava = (what) => ({
    async ask(asked) {
      const { port } = new URL(asked.env.HTTPS_PROXY ?? asked.base);
      const proxy = asked.isSecure ? [`-Dhttps.proxyHost=127.0.0.1`, `-Dhttps.proxyPort=${port}`] : [];
      const args = [
        "-XX:TieredStopAtLevel=1",
        "-Xshare:auto",
        ...proxy,
        "-cp",
        [java, ...inLib].join(delimiter),
      ];
      return speaking("java", [...args, "Client", what]).ask(asked);
    },
  });
  const asPython = (what) => speaking(join(python, "bin/python"), [join(here, "python.py"), what]);
  const asNode = (what) => speaking(process.execPath, [join(here, "node.mjs"), what], { CLIENTS: npm });
  const { pip, npm: nodes } = packages;
  return [
    { name: "curl `--http2`", version: versions.curl, kind: "http", clear: "HTTP/1.1", ...curl("--http2") },
    {
      name: "curl `--http2-prior-knowledge`",
      version: versions.curl,
      kind: "http",
      ...curl("--http2-prior-knowledge"),
    },
    { name: "nghttp", version: versions.nghttp, kind: "http", ...nghttp },
    { name: "h2load", version: versions.h2load, kind: "load", ...h2load },
    { name: "Go `net/http`", version: versions.go, kind: "http", ...speaking(join(go, "client"), ["http"]) },
    { name: "Java `HttpClient`", version: versions.java, kind: "http", clear: "HTTP/1.1", ...asJava("http") },
    { name: "Rust reqwest", version: reqwest, kind: "http", ...speaking(join(rust, "client"), []) },
    { name: "Python `httpx[http2]`", version: pip["httpx[http2]"], kind: "http", ...asPython("httpx") },
    { name: "grpc-go", version: grpcGo, kind: "grpc", ...speaking(join(go, "client"), ["grpc"]) },
    { name: "grpc-java", version: grpcJava, kind: "grpc", ...asJava("grpc") },
    { name: "`@grpc/grpc-js`", version: nodes["@grpc/grpc-js"], kind: "grpc", ...asNode("grpc-js") },
    { name: "Python `grpcio`", version: pip.grpcio, kind: "grpc", ...asPython("grpcio") },
    { name: "`ws`", version: nodes.ws, kind: "websocket", ...asNode("ws") },
    { name: "Python `websockets`", version: pip.websockets, kind: "websocket", ...asPython("websockets") },
  ];
}
