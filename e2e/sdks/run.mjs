// Whether the SDKs of the providers take the mock for the real thing: each one, current and one major back, plain and
// streamed, tools included, straight at the mock, and through `faultwire run` with the hosts that it has by itself.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const here = import.meta.dirname;
const root = join(here, "../..");
const command = join(root, "apps/cli/bin/faultwire.js");
const script = join(here, "weather.yaml");
/** Ignored by git, as installed packages are. */
const pythons = join(here, "node_modules/.python");
const ways = ["straight", "proxy"];

/** Each client with the majors that there are of its SDK. */
const clients = [
  { file: "anthropic.mjs", majors: ["current", "previous"] },
  { file: "anthropic-bedrock.mjs", majors: ["current", "previous"] },
  { file: "anthropic-vertex.mjs", majors: ["current", "previous"] },
  { file: "openai.mjs", majors: ["current", "previous"] },
  { file: "genai.mjs", majors: ["current", "previous"] },
  // AWS's SDK for JavaScript had no other major with Bedrock in it, and Ollama's have none at all.
  { file: "aws.mjs", majors: ["current"] },
  { file: "ollama.mjs", majors: ["current"] },
  { file: "ai.mjs", majors: ["current", "previous"] },
  { file: "anthropic_client.py", majors: ["current", "previous"] },
  { file: "openai_client.py", majors: ["current", "previous"] },
  { file: "genai_client.py", majors: ["current", "previous"] },
  { file: "boto3_client.py", majors: ["current"] },
  { file: "ollama_client.py", majors: ["current"] },
  // Its major before is of 2023, from before the APIs of today.
  { file: "litellm_client.py", majors: ["current"] },
];

const { values } = parseArgs({
  options: { only: { type: "string" }, way: { type: "string" }, list: { type: "boolean" } },
});
const wanted = clients.filter(({ file }) =>
  (values.only ?? file).split(",").some((name) => file.startsWith(name)),
);
if (wanted.length === 0)
  stop(`no client begins with ${values.only}; there are ${clients.map(({ file }) => file).join(", ")}`);
if (values.way !== undefined && !ways.includes(values.way)) stop(`--way is ${ways.join(" or ")}`);

if (values.list) {
  for (const { file } of clients)
    if (!existsSync(join(here, "clients", file))) stop(`clients/${file} is not there`);
  console.log(`sdks: ${clients.length} clients`);
  process.exit(0);
}

function stop(line) {
  console.error(`interop:sdks: ${line}`);
  process.exit(2);
}

/** Runs a program to its end, or stops with what it said. */
function must(what, program, args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8", cwd: here });
  if (status !== 0) stop(`${what} failed: ${error?.message ?? `${stdout}${stderr}`}`);
  return stdout;
}

/** A Python with the packages of a requirements file; made once, and anew when the file has changed. */
function pythonFor(major) {
  const requirements = readFileSync(join(here, `requirements-${major}.txt`), "utf8");
  const folder = join(pythons, major);
  const program = join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  const stamp = join(folder, "requirements.txt");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === requirements) return program;
  console.error(`interop:sdks: installing Python packages (${major}) …`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(pythons, { recursive: true });
  must("python3 (with venv) is needed: making an environment", "python3", ["-m", "venv", folder]);
  must(`installing requirements-${major}.txt`, program, [
    "-m",
    "pip",
    "install",
    "--quiet",
    "-r",
    `requirements-${major}.txt`,
  ]);
  writeFileSync(stamp, requirements);
  return program;
}

function checkInstalled() {
  const { dependencies } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
  const missing = Object.keys(dependencies).filter((name) => !existsSync(join(here, "node_modules", name)));
  if (missing.length > 0)
    stop(`${missing.join(", ")} not installed: run node scripts/setup.mjs checks e2e/sdks`);
}

/** Starts `faultwire mock`; gives its address, and what ends it. */
async function startMock() {
  const folder = mkdtempSync(join(tmpdir(), "faultwire-sdks-"));
  const readyFile = join(folder, "ready.json");
  const args = [command, "mock", "--port", "0", "--script", script, "--ready-file", readyFile];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  let told = "";
  child.stderr.on("data", (chunk) => {
    told = `${told}${chunk}`.slice(-2000);
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  while (!existsSync(readyFile)) {
    if (isOver) stop(`faultwire mock did not start: ${told}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { mock } = JSON.parse(readFileSync(readyFile, "utf8"));
  const close = async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  return { url: mock, close };
}

/** Runs one client; gives what it said, or why it said nothing. */
function runClient({ file, major, way, mockUrl }) {
  const program = file.endsWith(".py") ? pythonFor(major) : process.execPath;
  const line = [program, join(here, "clients", file)];
  // The rules of the proxied way let everything pass: that nothing was judged (status 3) is as it should be.
  const through = [
    "run",
    "--quiet",
    "--mock",
    "--script",
    script,
    "--config",
    join(here, "proxied.yaml"),
    "--",
  ];
  const [first, ...args] = way === "proxy" ? [process.execPath, command, ...through, ...line] : line;
  const env = { ...process.env, SDK_WHICH: major, LITELLM_LOCAL_MODEL_COST_MAP: "True" };
  if (way === "straight") env.MOCK_URL = mockUrl;
  else delete env.MOCK_URL;
  const { stdout, stderr, error } = spawnSync(first, args, { encoding: "utf8", env, timeout: 300_000 });
  const said = /^SDK-RESULT (.*)$/m.exec(stdout ?? "");
  return said ? JSON.parse(said[1]) : { why: error?.message ?? `${stdout}${stderr}`.trim().slice(-2000) };
}

checkInstalled();
if (wanted.some(({ file }) => file.endsWith(".py")))
  for (const major of ["current", "previous"]) pythonFor(major);
const mock = await startMock();
let failures = 0;
try {
  console.log(`Node ${process.version}; ${must("python3", "python3", ["--version"]).trim()}`);
  for (const { file, majors } of wanted)
    for (const major of majors)
      for (const way of values.way ? [values.way] : ways) {
        const {
          name = file,
          version = "?",
          cases = [],
          why,
        } = runClient({ file, major, way, mockUrl: mock.url });
        const bad = cases.filter(({ ok }) => !ok);
        const isGood = why === undefined && cases.length > 0 && bad.length === 0;
        if (!isGood) failures++;
        const language = file.endsWith(".py") ? "Python" : "JavaScript";
        console.log(
          `${isGood ? "ok  " : "FAIL"} ${language} ${name} ${version} (${major}), ${way}: ${cases.length - bad.length} of ${cases.length}`,
        );
        if (why !== undefined) console.log(`     said nothing: ${why}`);
        for (const { title, why: reason } of bad) console.log(`     ${title}: ${reason}`);
      }
} finally {
  await mock.close();
}
console.log(failures === 0 ? "every SDK took the mock for its API" : `${failures} runs failed`);
process.exitCode = failures === 0 ? 0 : 1;
