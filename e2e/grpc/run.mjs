// `npm run interop:grpc`: what clients of gRPC say of each fault of a call, through `faultwire proxy`, inside of TLS and in clear.
// Ends with 1 where a client says something else than it has to, with 2 where something is missing.
//
// --write        writes the table into docs/faults.md
// --folder DIR   keeps there what is installed, for the next run
// --list         says how many rows there are, and runs nothing
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readFlags } from "../../scripts/read-flags.mjs";
import { writeMeasured } from "../support/measured.mjs";
import { programsOf } from "../support/programs.mjs";
import { findings, rows } from "./rows.mjs";

const here = import.meta.dirname;
const root = join(here, "../..");
const versions = { "@grpc/grpc-js": "1.14.7", grpcio: "1.85.1" };

const { flags } = readFlags("interop:grpc", {
  write: { type: "boolean", default: false },
  folder: { type: "string" },
  list: { type: "boolean", default: false },
});
const { stop, run, ran } = programsOf("interop:grpc");

/** Runs a client to its end. @returns its last line */
async function client(command, args, env) {
  const { status, out, err } = await ran(command, args, env);
  if (status !== 0) stop(`${command} ${args[0]} ended with ${status}: ${err.slice(-600)}`);
  return JSON.parse(out.trim().split("\n").at(-1));
}

if (flags.list) {
  console.log(`grpc: ${rows.length} rows`);
  process.exit(0);
}
const kept = flags.folder;
const scratch = kept ?? mkdtempSync(join(tmpdir(), "faultwire-grpc-"));
if (kept === undefined) process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
const packages = [`grpcio==${versions.grpcio}`, `grpcio-status==${versions.grpcio}`];
run("npm", [
  "install",
  "--no-audit",
  "--no-fund",
  "--prefix",
  scratch,
  `@grpc/grpc-js@${versions["@grpc/grpc-js"]}`,
]);
run("python3", ["-m", "pip", "install", "-q", "--target", join(scratch, "py"), ...packages]);
const python = run("python3", ["--version"]).replace("Python ", "");

const [key, certificate] = [join(scratch, "key.pem"), join(scratch, "certificate.pem")];
run("openssl", [
  ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
  ...["-subj", "/CN=tls.test", "-addext", "subjectAltName=DNS:tls.test", "-keyout", key, "-out", certificate],
]);

/** The path of a row's method. */
const pathOf = (row, at) => `/faults.${row.isRetried ? "Retried" : "Plain"}/m${at}`;
const { Server, ServerCredentials } = createRequire(`${scratch}/`)("@grpc/grpc-js");

/** Says three messages and OK to every method. */
async function startServer(credentials) {
  const server = new Server();
  const same = (bytes) => bytes;
  for (const [at, row] of rows.entries()) {
    const path = pathOf(row, at);
    const coders = {
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    };
    server.addService(
      { call: { path, requestStream: false, responseStream: true, ...coders } },
      {
        call: (stream) => {
          for (const text of ["one", "second", "3"]) stream.write(Buffer.from(text));
          stream.end();
        },
      },
    );
  }
  const port = await new Promise((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", credentials, (error, found) => (error ? reject(error) : resolve(found))),
  );
  return { server, port };
}
const secure = await startServer(
  ServerCredentials.createSsl(null, [
    { private_key: readFileSync(key), cert_chain: readFileSync(certificate) },
  ]),
);
const clear = await startServer(ServerCredentials.createInsecure());

const config = join(scratch, "faults.yaml");
const rules = rows.flatMap(({ fault, when = "" }, at) =>
  fault === undefined
    ? []
    : ["tls", "clear"].map(
        (host) =>
          `  - { name: ${host}-${at}, match: { host: ${host}.test, grpc: { method: m${at} } }, ${when && `when: ${when}, `}fault: ${fault} }`,
      ),
);
writeFileSync(config, `version: 1\ntargets: [tls.test, clear.test]\nrules:\n${rules.join("\n")}\n`);
const home = join(scratch, "home");
const report = join(scratch, "report");
rmSync(report, { recursive: true, force: true });
const faultwire = spawn(
  process.execPath,
  [
    join(root, "apps/cli/bin/faultwire.js"),
    ...["proxy", "--port", "0", "--config", config, "--report", report, "--upstream-ca", certificate],
    ...["--resolve", `tls.test:443:127.0.0.1:${secure.port}`],
    ...["--resolve", `clear.test:80:127.0.0.1:${clear.port}`],
  ],
  { env: { ...process.env, FAULTWIRE_HOME: home, NO_COLOR: "1" }, stdio: ["ignore", "pipe", "pipe"] },
);
process.on("exit", () => faultwire.kill());
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
const ca = join(scratch, "ca.pem");
rmSync(ca, { force: true });
run(process.execPath, [join(root, "apps/cli/bin/faultwire.js"), "ca", "export", "--out", ca], {
  env: { ...process.env, FAULTWIRE_HOME: home },
});

/** A client's name in the table, and how it is started. */
const clients = [
  {
    name: `\`@grpc/grpc-js\` ${versions["@grpc/grpc-js"]} (Node ${process.version.slice(1)})`,
    start: (args) =>
      client(process.execPath, [join(here, "clients/grpc-js.mjs"), ...args], env({ CLIENTS: scratch })),
    agent: /^grpc-node-js/,
  },
  {
    name: `Python \`grpcio\` ${versions.grpcio} (Python ${python})`,
    start: (args) =>
      client("python3", [join(here, "clients/grpcio.py"), ...args], env({ PYTHONPATH: join(scratch, "py") })),
    agent: /^grpc-python/,
  },
];

function env(more) {
  const proxy = `http://127.0.0.1:${port}`;
  return {
    ...more,
    grpc_proxy: proxy,
    http_proxy: proxy,
    https_proxy: proxy,
    no_proxy: "",
    no_grpc_proxy: "",
    NO_PROXY: "",
  };
}

const methods = rows.map(pathOf);
const seen = [];
for (const each of clients)
  seen.push({
    ...each,
    tls: await each.start(["tls.test:443", ca, ...methods]),
    clear: await each.start(["clear.test:80", "", ...methods]),
  });
faultwire.removeAllListeners("exit");
const exited = new Promise((resolve) => faultwire.on("exit", resolve));
faultwire.kill("SIGINT");
await exited;
for (const { server } of [secure, clear]) server.forceShutdown();

const events = readFileSync(join(report, "events.ndjson"), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line));

/** How often a client made a call, and how long it waited before each time but the first. */
function attemptsOf(agent, host, path) {
  const made = events.filter(
    (event) =>
      event.type === "request" && event.path === path && event.host === host && agent.test(event.userAgent),
  );
  const waits = made.slice(1).map((request, at) => {
    const end = events.find((event) => event.type === "end" && event.request === made[at].request);
    return { ms: request.beganAtMs - end.atMs, retryCount: request.retryCount };
  });
  return { count: made.length, waits };
}

const problems = [];
const cellOf = ({ messages, code, text, retryInfo }, isRetried, attempts) => {
  const parts = [`${messages}`, code];
  if (isRetried) parts.push(`${attempts.count} ${attempts.count === 1 ? "attempt" : "attempts"}`);
  if (text !== "" && code !== "OK") parts.push(text.replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:…"));
  if (retryInfo !== "") parts.push(`details: ${retryInfo}`);
  return parts.join("; ").replaceAll("|", "\\|").replaceAll("<", "&lt;");
};

const table = rows.map(({ name, isRetried = false, check }, at) => {
  const cells = seen.map(({ name: who, agent, tls, clear: inClear }) => {
    const found = [
      ["tls.test", tls[at]],
      ["clear.test", inClear[at]],
    ].map(([host, said]) => {
      const attempts = attemptsOf(agent, host, methods[at]);
      const problem = check({ ...said, attempts });
      if (problem)
        problems.push(`${who}, ${host}, ${name}: ${problem}; ${JSON.stringify({ ...said, attempts })}`);
      return cellOf(said, isRetried, attempts);
    });
    return found[0] === found[1] ? found[0] : `${found[0]} — in clear: ${found[1]}`;
  });
  const row = `| ${[name, ...cells].join(" | ")} |`;
  console.log(row);
  return row;
});
const { checks } = JSON.parse(readFileSync(join(report, "report.json"), "utf8"));
const said = checks.map(({ outcome, phrase }) => `${outcome}: ${phrase}`);
for (const finding of findings)
  if (!said.includes(finding)) problems.push(`the report does not say "${finding}" but: ${said.join("; ")}`);
for (const problem of problems) console.error(`interop:grpc: ${problem}`);
if (problems.length > 0) process.exit(1);

if (flags.write) {
  const date = new Date().toISOString().slice(0, 10);
  const text = [
    `Measured on ${date}: messages of three that the program got, its status, and the text of it; the same inside of TLS and in clear, unless it is said.`,
    "",
    `| ${["fault", ...clients.map(({ name }) => name)].join(" | ")} |`,
    `|${"---|".repeat(clients.length + 1)}`,
    ...table,
  ].join("\n");
  writeMeasured("faults.md", "interop:grpc", text);
}
