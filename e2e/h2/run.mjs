// `npm run interop:h2`: clients of HTTP/2, gRPC and WebSocket through `faultwire proxy`, with and without faults.
//
// --write        writes the tables into docs/clients.md
// --folder DIR   keeps there what is built, for the next run (e2e/.h2 unless given)
// --only TEXT    the clients whose name has it
// --without SPEC,BULK  leaves h2spec, or the large bodies, out
// --list         says how many clients there are, and runs nothing
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { readFlags } from "../../scripts/read-flags.mjs";
import { writeMeasured } from "../support/measured.mjs";
import { bulk } from "./bulk.mjs";
import { buildClients, npmFolder } from "./clients.mjs";
import { columns, kinds, rules } from "./faults.mjs";
import { spec } from "./spec.mjs";
import { host, startWorld, stop } from "./world.mjs";

const { flags: values } = readFlags("interop:h2", {
  write: { type: "boolean", default: false },
  folder: { type: "string", default: join(import.meta.dirname, "../.h2") },
  only: { type: "string", default: "" },
  without: { type: "string", default: "" },
  list: { type: "boolean", default: false },
});
if (values.list) {
  console.log(
    `h2: ${Object.keys(kinds).length} kinds of clients, ${columns.length} columns, h2spec, large bodies`,
  );
  process.exit(0);
}
mkdirSync(values.folder, { recursive: true });
const npm = npmFolder(values.folder);
const clients = buildClients(values.folder).filter(({ name }) => name.includes(values.only));
const world = await startWorld(npm, rules);
const problems = [];

/** How a client reaches the upstream: HTTPS that the proxy opens, or in clear at a port that stands for it. */
function way(kind, isSecure) {
  const { secure, clear, ca } = world;
  const port = isSecure ? secure.port : clear.port;
  const proxy = `http://127.0.0.1:${port}`;
  const scheme = `${kind === "websocket" ? "ws" : "http"}${isSecure ? "s" : ""}`;
  const none = {
    HTTPS_PROXY: "",
    https_proxy: "",
    HTTP_PROXY: "",
    http_proxy: "",
    ALL_PROXY: "",
    all_proxy: "",
  };
  const env = isSecure
    ? { ...none, HTTPS_PROXY: proxy, https_proxy: proxy, NO_PROXY: "", no_proxy: "", H2_CA: ca }
    : { ...none, NO_PROXY: "*", no_proxy: "*" };
  if (!isSecure) for (const name of Object.keys(none)) delete env[name];
  return { isSecure, port, env, base: isSecure ? `${scheme}://${host}` : `${scheme}://127.0.0.1:${port}` };
}

const cell = ({ version, status, bytes, error }, kind) => {
  // The client's first words: what follows them is ours, and another one each time.
  const words = error.split(/\n| headers: Metadata/)[0].slice(0, 120);
  const said = kind === "grpc" ? words : [status || "", words].filter(Boolean).join(", ");
  const much = kind === "load" ? "" : `, ${bytes} bytes`;
  const shown = version.replace("HTTP_1_1", "HTTP/1.1");
  const over = kind === "http" && !/2(\.0)?$/.test(version) && status ? ` over ${shown}` : "";
  return `${said}${over}${much}`
    .replaceAll("|", "\\|")
    .replaceAll("127.0.0.1", "localhost")
    .replace(/:\d{4,5}\b/g, ":PORT");
};

function table(isSecure, rows) {
  const head = ["client", "version", ...columns];
  return [
    isSecure
      ? "Through HTTPS that the proxy opens:"
      : "In clear, at a port that stands for the upstream (`--reverse`):",
    "",
    `| ${head.join(" | ")} |`,
    `|${"---|".repeat(head.length)}`,
    ...rows,
  ].join("\n");
}

const tables = [];
try {
  for (const isSecure of [true, false]) {
    const rows = [];
    for (const client of clients) {
      const { name, version, kind, clear } = client;
      const { paths, wrong } = kinds[kind];
      const asked = way(kind, isSecure);
      const results = await client.ask({ ...asked, paths });
      const [plain] = results;
      const wanted = kind === "websocket" || kind === "grpc" ? undefined : isSecure ? "2" : (clear ?? "2");
      if (
        wanted !== undefined &&
        !/[\d.]+$/
          .exec(plain.version.replace("HTTP_2", "2").replace("1_1", "1.1"))?.[0]
          .startsWith(wanted.replace("HTTP/", ""))
      )
        problems.push(`${name}: spoke ${plain.version}, ${wanted} expected`);
      for (const [at, words] of wrong(...results).entries())
        if (words)
          problems.push(
            `${name}, ${isSecure ? "HTTPS" : "clear"}, ${columns[at]}: ${words} (${cell(results[at], kind)})`,
          );
      const cells = columns.map((_column, at) => (results[at] ? cell(results[at], kind) : ""));
      rows.push(`| ${name} | ${version} | ${cells.join(" | ")} |`);
      console.log(rows.at(-1));
    }
    tables.push(table(isSecure, rows));
  }
  const without = values.without.toLowerCase().split(",");
  if (!without.includes("bulk")) problems.push(...(await bulk(world)));
  if (!without.includes("spec")) problems.push(...(await spec(world, values.folder)));
} finally {
  await world.end();
}
if (problems.length > 0) stop(problems.join("\ninterop:h2: "));

if (values.write) {
  const date = new Date().toISOString().slice(0, 10);
  const words = `Measured on ${date}: the status, the error in the client's own words, and bytes of the body that it got.`;
  writeMeasured("clients.md", "interop:h2", [words, ...tables].join("\n\n"));
}
