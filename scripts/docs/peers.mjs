// The tables "Side by side" in READMEs, from what the benchmarks left in bench/results: nobody types a figure. With `--write`
// it writes them, without it says which README is not as the results are. To measure anew: `npm run bench -- NAME`.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { table } from "./markdown-table.mjs";
import { root } from "./repository.mjs";

const resultOf = (name) => JSON.parse(readFileSync(join(root, `bench/results/${name}.json`), "utf8"));
/** Three digits are all that a figure of a busy machine is good for. */
function figure(value, unit = "") {
  const rounded = Number(value.toPrecision(3));
  return `${rounded.toLocaleString("en", { maximumFractionDigits: 3 })} ${unit}`.trim();
}

/** When and how the figures came to be. */
function source({ name, date, load, machine, versions }) {
  const busy =
    load.before > 1.5 * machine.cores
      ? ` The machine was busy (load ${load.before.toFixed(0)}): read the ratios.`
      : "";
  const peers = versions.length > 0 ? ` ${versions.join(", ")}.` : "";
  return `\`npm run bench -- ${name}\`, ${date}, Node ${machine.node}, ${machine.cores} cores.${peers}${busy}`;
}

/** What each can do, tried on both. */
function features(group) {
  const { rows, date, machine, versions } = resultOf("peers");
  const own = rows.filter((row) => row.group === group);
  const contenders = [...new Set(own.map(({ contender }) => contender))];
  const questions = [...new Set(own.map(({ question }) => question))];
  const answer = (question, contender) =>
    own.find((row) => row.question === question && row.contender === contender)?.value === 1 ? "yes" : "no";
  const named = versions.filter((version) =>
    contenders.some(
      (name) =>
        version.startsWith(`${name} `) || (version.startsWith("mockttp") && name.startsWith("mockttp")),
    ),
  );
  return [
    table(
      ["", ...contenders],
      questions.map((question) => [question, ...contenders.map((name) => answer(question, name))]),
    ),
    `\`npm run bench -- peers\`, ${date}, ${(named.length > 0 ? named : [`Node ${machine.node}`]).join(", ")}: tried where code can try it; the rest is what the interfaces show.`,
  ].join("\n\n");
}

/** Figures of a benchmark whose rows have the peer as a ratio. */
function againstPeer(name, peer, questions) {
  const result = resultOf(name);
  const rows = result.rows
    .filter(({ what, ratios }) => questions.includes(what) && ratios?.["as fast as the peer"])
    .map(({ group, what, value, unit, ratios: { "as fast as the peer": ratio } }) => [
      `${what}; ${group.split(", ").slice(0, 2).join(", ")}`,
      figure(value, unit),
      figure(value * ratio, unit),
      `${figure(ratio)} ×`,
    ]);
  return [table(["median", "here", peer, "as fast"], rows), source(result)].join("\n\n");
}

function leaves() {
  const result = resultOf("cert-authority");
  const rows = result.rows
    .filter(({ ratios }) => ratios !== undefined)
    .map(({ what, value, unit, ratios }) => [what, figure(value, unit), figure(ratios["ours, new host"])]);
  return [table(["a certificate", "median", "÷ ours, new host"], rows), source(result)].join("\n\n");
}

/** Calls per second and CPU per call, of the named contenders of `calls`. */
function calls(contenders) {
  const result = resultOf("calls");
  const rows = [];
  const groups = [...new Set(result.rows.map(({ group }) => group))];
  for (const group of groups) {
    const own = result.rows.filter((row) => row.group === group);
    const at = (name) => own.findIndex(({ what }) => what === name);
    rows.push([
      `calls a second, ${group}`,
      ...Object.keys(contenders).map((name) => figure(own[at(name)].value)),
    ]);
    rows.push([
      `CPU of the server a call, ${group}`,
      ...Object.keys(contenders).map((name) => figure(own[at(name) + 1].value, "µs")),
    ]);
  }
  return [table(["median", ...Object.values(contenders)], rows), source(result)].join("\n\n");
}

function proxies() {
  const result = resultOf("proxy");
  const contenders = ["faultwire", "mockttp", "mitmproxy", "direct"];
  const questions = [
    ["a POST of 1 kB, 1 connection", "p50"],
    ["a POST of 1 kB, 1 connection", "CPU a request"],
    ["a POST of 1 kB, 8 connections", "requests"],
    ["a new connection and one exchange", "p50"],
    ["an event of a stream", "p50"],
    ["32 MiB down", "speed"],
    ["32 MiB up", "speed"],
  ];
  const cell = (group, what, name) => {
    const row = result.rows.find((one) => one.group === group && one.what === `${name}: ${what}`);
    return row === undefined ? "" : figure(row.value, row.unit === "1/s" ? "a second" : row.unit);
  };
  const rows = questions.map(([group, what]) => [
    `${group}: ${what}`,
    ...contenders.map((name) => cell(group, what, name)),
  ]);
  return [table(["HTTPS, opened", ...contenders.slice(0, 3), "no proxy"], rows), source(result)].join("\n\n");
}

/** What the three proxies can do, as their documentation says: mitmproxy is no package that a benchmark could ask. */
const proxyFeatures = [
  table(
    ["", "here", "mockttp", "mitmproxy"],
    [
      ["faults by a rule file, the same again by a seed", "yes", "no", "no"],
      ["says how the client coped: retries, waits, verdicts", "yes", "no", "no"],
      ["a reset, or silence", "yes, at an exact byte or event", "yes", "kills a flow"],
      ["faults of TLS: alerts, bad certificates, damaged records", "yes", "no", "no"],
      ["errors of model APIs as they send them", "yes", "no", "no"],
      ["SOCKS 5, and base URLs in the API's place", "yes", "yes", "yes"],
      ["messages changed by a program of yours", "no: rules only", "yes, in JavaScript", "yes, in Python"],
      [
        "a window to look at messages",
        "no: lines and a report",
        "HTTP Toolkit, built on it",
        "yes, terminal and web",
      ],
      ["HTTP/3", "no", "no", "yes"],
    ],
  ),
  "As the documentation of mockttp 4.6 and mitmproxy 11 has it, not tried here.",
].join("\n\n");

/** README → what stands between its marks. */
const blocks = {
  "packages/tls-parser": () =>
    [
      features("tls-parser"),
      againstPeer("tls-parser", "read-tls-client-hello", [
        "server name and ALPN (peekClientHello)",
        "everything (ClientHelloReader)",
      ]),
    ].join("\n\n"),
  "packages/tls-fingerprint": () =>
    [
      features("tls-fingerprint"),
      againstPeer("tls-fingerprint", "read-tls-client-hello", ["bytes → JA4", "hello → JA4", "hello → JA3"]),
    ].join("\n\n"),
  "packages/cert-authority": () => [features("cert-authority"), leaves()].join("\n\n"),
  "packages/connect-unary": () =>
    [
      features("connect-unary"),
      calls({
        ours: "here",
        "grpc-js": "grpc-js",
        connect: "connect-node",
        floor: "floor: bare `node:http2`",
      }),
    ].join("\n\n"),
  "packages/http2": () => features("http2"),
  "packages/websocket": () => features("websocket"),
  "apps/plugin-server": () =>
    calls({ plugin: "this server", "grpc-js": "grpc-js, bare", connect: "connect-node, bare" }),
  "apps/proxy": () => [proxyFeatures, proxies()].join("\n\n"),
};

const marks = /<!-- peers: .*? -->\n[\s\S]*?<!-- \/peers -->/;
const begin = "<!-- peers: written by `npm run docs:peers` from bench/results -->";

/** Every README with a table, as it should be. */
export function* readmesWithPeers() {
  for (const [folder, block] of Object.entries(blocks)) {
    const file = `${folder}/README.md`;
    const text = readFileSync(join(root, file), "utf8");
    if (!marks.test(text)) throw new Error(`${file} has no place for its table: ${begin} … <!-- /peers -->`);
    yield { file, text, wanted: text.replace(marks, () => `${begin}\n\n${block()}\n\n<!-- /peers -->`) };
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const isWriting = process.argv.includes("--write");
  for (const { file, text, wanted } of readmesWithPeers()) {
    if (text === wanted) continue;
    if (isWriting) writeFileSync(join(root, file), wanted);
    else process.exitCode = 1;
    console.log(isWriting ? `wrote ${file}` : `${file} is not what bench/results has; npm run docs:peers`);
  }
}
