// Runtimes of which one version is there: each a few clients.
import { join } from "node:path";
import { clients, filled, run, textOf, versionOf } from "../tools.mjs";
import { nodeClients } from "./node.mjs";

export const title = "Others";

const own = (name) => join(clients, name);

/** A program's cells, or one that says that the program is not there. */
function* when(runtime, version, client, rest) {
  if (version === undefined) yield { runtime, client, skip: "not on this machine" };
  else yield* rest();
}

function* curl(origin) {
  const version = versionOf("curl", ["--version"], /^curl (\S+)/);
  yield* when("curl", version, "curl", function* () {
    const say = ["-sS", "-o", "/dev/null", "-w", "status=%{http_code}\n", "-d", "{}"];
    yield { runtime: `curl ${version}`, client: "curl", command: ["curl", ...say, `${origin}/v1/messages`] };
  });
  const wget = versionOf("wget", ["--version"], /^GNU Wget (\S+)/);
  yield* when("wget", wget, "wget", function* () {
    const script =
      'wget -q -S -O /dev/null --post-data "{}" "$0" 2>&1 | sed -n "s/^ *HTTP\\/1.1 \\(...\\).*/status=\\1/p"';
    // Debian's is built with GnuTLS.
    const misses = "GnuTLS reads no variable for roots";
    yield {
      runtime: `wget ${wget}`,
      client: "wget",
      command: ["sh", "-c", script, `${origin}/v1/messages`],
      misses,
    };
  });
}

function* go(origin) {
  const version = versionOf("go", ["version"], /go(\d\S*)/);
  yield* when("Go", version, "net/http", function* () {
    const folder = filled("go", textOf(own("go/main.go")) + version, (empty) => {
      run("go", ["build", "-o", join(empty, "client"), "."], { cwd: own("go") });
    });
    const cell = { runtime: `Go ${version}` };
    const program = join(folder, "client");
    yield { ...cell, client: "net/http", command: [program, "default", origin] };
    const client = "a Transport without Proxy";
    yield {
      ...cell,
      client: `net/http, ${client}`,
      command: [program, client, origin],
      misses: "asks for no proxy",
    };
  });
}

function* rust(origin) {
  const version = versionOf("cargo", ["--version"], /^cargo (\S+)/);
  yield* when("Rust", version, "reqwest", function* () {
    for (const roots of ["native", "webpki"]) {
      const folder = filled(
        `rust-${roots}`,
        textOf(own("rust/src/main.rs"), own("rust/Cargo.toml"), own("rust/Cargo.lock")),
        (empty) => {
          const to = ["--target-dir", join(empty, "../rust-target")];
          run("cargo", ["build", "--locked", "--quiet", "--features", roots, ...to], { cwd: own("rust") });
          run("cp", [join(empty, "../rust-target/debug/client"), empty]);
        },
      );
      yield {
        runtime: `Rust ${version}`,
        client: `reqwest, roots of ${roots === "native" ? "the system" : "its own (webpki-roots)"}`,
        version: /name = "reqwest"\nversion = "([^"]+)"/.exec(textOf(own("rust/Cargo.lock")))?.[1],
        command: [join(folder, "client"), origin],
        ...(roots === "webpki" && { misses: "trusts only roots that are compiled in" }),
      };
    }
  });
}

function* scripts(origin) {
  const ruby = versionOf("ruby", ["--version"], /^ruby (\d[\d.]*)/);
  yield* when("Ruby", ruby, "Net::HTTP", function* () {
    yield { runtime: `Ruby ${ruby}`, client: "Net::HTTP", command: ["ruby", own("ruby.rb"), origin] };
  });
  const php = versionOf("php", ["--version"], /^PHP (\d[\d.]*)/);
  yield* when("PHP", php, "curl", function* () {
    const cell = { runtime: `PHP ${php}` };
    yield { ...cell, client: "curl", command: ["php", own("php.php"), "curl", origin] };
    const misses = "streams read no proxy variable";
    yield {
      ...cell,
      client: "file_get_contents",
      command: ["php", own("php.php"), "stream", origin],
      misses,
    };
  });
  const perl = versionOf("perl", ["-v"], /\(v(\d[\d.]*)\)/);
  yield* when("Perl", perl, "LWP", function* () {
    for (const client of ["LWP", "HTTP::Tiny"])
      yield { runtime: `Perl ${perl}`, client, command: ["perl", own("perl.pl"), client, origin] };
  });
  const dotnet = versionOf("dotnet", ["--version"], /^(\d\S*)/);
  yield* when(".NET", dotnet, "HttpClient", function* () {});
}

function* javascript(origin) {
  const folder = nodeClients();
  const bin = (name) => join(folder, "node_modules", name);
  const cell = { cwd: folder };
  const deno = bin("@deno/linux-x64-glibc/deno");
  const denoVersion = versionOf(deno, ["--version"], /^deno (\S+)/);
  const asDeno = [deno, "run", "-A", "--no-prompt"];
  yield* when("Deno", denoVersion, "fetch", function* () {
    for (const client of ["fetch", "https", "axios", "@anthropic-ai/sdk"])
      yield {
        ...cell,
        runtime: `Deno ${denoVersion}`,
        client,
        command: [...asDeno, "node.mjs", client, origin],
      };
  });
  const bun = bin("@oven/bun-linux-x64/bin/bun");
  const bunVersion = versionOf(bun, ["--version"], /^(\S+)/);
  yield* when("Bun", bunVersion, "fetch", function* () {
    for (const client of ["fetch", "https", "axios", "@anthropic-ai/sdk"])
      yield { ...cell, runtime: `Bun ${bunVersion}`, client, command: [bun, "node.mjs", client, origin] };
  });
}

export function* cells(origin) {
  yield* curl(origin);
  yield* go(origin);
  yield* rust(origin);
  yield* scripts(origin);
  yield* javascript(origin);
}
