// `npm run interop:websocket`: what clients say of each fault of a WebSocket, through `faultwire proxy`.
//
// --write        writes the table into docs/faults.md
// --folder DIR   keeps there what is installed, for the next run
// --list         says how many rows there are, and runs nothing
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fetchNode, supported } from "../../scripts/nodes/registry-nodes.mjs";
import { readFlags } from "../../scripts/read-flags.mjs";
import { writeMeasured } from "../support/measured.mjs";
import { programsOf } from "../support/programs.mjs";

const here = import.meta.dirname;
const root = join(here, "../..");
const versions = { ws: "8.18.3", websockets: "15.0.1" };
const point = "afterMessages: 2";
const broken = (how) => `{ websocket: { garbage: { how: ${how}, ${point} } } }`;
/** Each with what it is called in the table, and the rule's fault. */
const faults = {
  "no fault": null,
  "`http.error`, 503": "{ http: { status: 503 } }",
  "`close` with 1013": `{ websocket: { close: { code: 1013, reason: try again later, ${point} } } }`,
  "`close` without a code": `{ websocket: { close: { ${point} } } }`,
  "`cut` by a FIN": `{ websocket: { cut: { ${point} } } }`,
  "`cut` by a RST": `{ websocket: { cut: { ${point}, stop: reset } } }`,
  "`cut` in mid-frame": `{ websocket: { cut: { ${point}, stop: mid-frame } } }`,
  "`garbage`: bad-opcode": broken("bad-opcode"),
  "`garbage`: reserved-bits": broken("reserved-bits"),
  "`garbage`: bad-mask": broken("bad-mask"),
  "`garbage`: broken-utf8": broken("broken-utf8"),
  "`garbage`: oversized-length": broken("oversized-length"),
  "`garbage`: stray-continuation": broken("stray-continuation"),
  "`garbage`: bad-close-code": broken("bad-close-code"),
  "`drop` of one message": "{ websocket: { drop: { messages: 1 } } }",
  "`duplicate` of one message": "{ websocket: { duplicate: { messages: 1 } } }",
  "`stall` for ever": `{ websocket: { stall: { ${point} } } }`,
  "`noPong`": "{ websocket: { noPong: true } }",
};
const names = Object.keys(faults);

const { flags } = readFlags("interop:websocket", {
  write: { type: "boolean", default: false },
  folder: { type: "string" },
  list: { type: "boolean", default: false },
});
const { stop, run, ran } = programsOf("interop:websocket");

/** Runs a client to its end. @returns its last line */
async function client(command, args, env) {
  const { out, err } = await ran(command, args, env);
  const line = out.trim().split("\n").at(-1);
  return line ? JSON.parse(line) : { messages: 0, error: `failed: ${err.slice(-300)}`, close: "" };
}

if (flags.list) {
  console.log(`websocket: ${names.length} rows`);
  process.exit(0);
}
const kept = flags.folder;
const scratch = kept ?? mkdtempSync(join(tmpdir(), "faultwire-websocket-"));
if (kept === undefined) process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
run("npm", ["install", "--no-audit", "--no-fund", "--prefix", scratch, `ws@${versions.ws}`]);
run("python3", [
  "-m",
  "pip",
  "install",
  "-q",
  "--target",
  join(scratch, "py"),
  `websockets==${versions.websockets}`,
]);
/** Nodes with a WebSocket of their own; undici's is another in each. */
const nodes = supported
  .filter(({ node }) => Number(node.split(".")[0]) >= 22)
  .map((wanted) => {
    const folder = join(scratch, `node-${wanted.node}`);
    mkdirSync(folder, { recursive: true });
    return fetchNode(wanted, folder);
  });
const python = run("python3", ["--version"]).replace("Python ", "");

/** Says five messages, 40 ms apart, and closes in order; except to clients that are to wait for a pong. */
const { WebSocketServer } = createRequire(`${scratch}/`)("ws");
const server = createServer();
const sockets = new WebSocketServer({ server });
sockets.on("connection", (socket, { url }) => {
  socket.on("error", () => {});
  let said = 0;
  const timer = setInterval(() => {
    socket.send(`message ${++said}`);
    if (said < 5) return;
    clearInterval(timer);
    if (!url.endsWith(`/${names.indexOf("`noPong`")}`)) socket.close(1000, "done");
  }, 40);
  socket.on("close", () => clearInterval(timer));
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

const config = join(scratch, "faults.yaml");
const rules = names.flatMap((name, at) =>
  faults[name] === null
    ? []
    : [`  - { name: r${at}, match: { websocket: true, path: /${at} }, fault: ${faults[name]} }`],
);
writeFileSync(config, `version: 1\ntargets: ws.test\nrules:\n${rules.join("\n")}\n`);
const faultwire = spawn(
  process.execPath,
  [
    join(root, "apps/cli/bin/faultwire.js"),
    ...["proxy", "--port", "0", "--config", config],
    ...["--resolve", `ws.test:80:127.0.0.1:${server.address().port}`],
  ],
  {
    env: { ...process.env, FAULTWIRE_HOME: join(scratch, "home"), NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  },
);
let told = "";
faultwire.stdout.on("data", (chunk) => (told += chunk));
faultwire.stderr.on("data", (chunk) => (told += chunk));
const port = await new Promise((resolve) => {
  const look = setInterval(() => {
    const found = /--proxy http:\/\/127\.0\.0\.1:(\d+)/.exec(told)?.[1];
    if (found === undefined) return;
    clearInterval(look);
    resolve(found);
  }, 50);
  faultwire.on("exit", () => stop(`faultwire proxy ended: ${told}`));
});

/** A client's name in the table, and how it is started: its program, and what is added to the environment. */
const clients = [
  {
    name: `\`ws\` ${versions.ws}`,
    command: process.execPath,
    program: "clients/ws.mjs",
    env: { CLIENTS: scratch },
  },
  ...nodes.map(({ version, env }) => ({
    name: `Node ${version}'s own`,
    command: "node",
    program: "clients/builtin.mjs",
    env,
  })),
  {
    name: `Python \`websockets\` ${versions.websockets} (Python ${python})`,
    command: "python3",
    program: "clients/client.py",
    env: { PYTHONPATH: join(scratch, "py") },
  },
];
const cell = ({ messages, error, close }) =>
  [`${messages}`, close && `closed ${close}`, error].filter(Boolean).join("; ").replaceAll("|", "\\|");

const rows = [];
let isBroken = false;
for (const [at, name] of names.entries()) {
  const url = `ws://127.0.0.1:${port}/upstream/http/ws.test/${at}`;
  const seen = await Promise.all(
    clients.map(({ command, program, env }) => client(command, [join(here, program), url], env)),
  );
  if (
    faults[name] === null &&
    seen.some(({ messages, close }) => messages !== 5 || !close.startsWith("1000"))
  )
    isBroken = true;
  rows.push(`| ${name} | ${seen.map(cell).join(" | ")} |`);
  console.log(rows.at(-1));
}
faultwire.removeAllListeners("exit");
faultwire.kill();
server.close();
server.closeAllConnections();
for (const socket of sockets.clients) socket.terminate();
if (isBroken) stop("a client did not get all five messages and a close with 1000, though there was no fault");

const date = new Date().toISOString().slice(0, 10);
const table = [
  `Measured on ${date}: messages of five that the program got, how the WebSocket ended for it, and its error.`,
  "",
  `| fault | ${clients.map(({ name }) => name).join(" | ")} |`,
  `|${"---|".repeat(clients.length + 1)}`,
  ...rows,
].join("\n");
if (flags.write) {
  writeMeasured("faults.md", "interop:websocket", table);
}
