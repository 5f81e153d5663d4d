// Whether the SDKs of the providers take the mock for the real thing: each one, current and one major back, plain and
// streamed, tools included: straight at the mock, through `faultwire run` with the hosts that it has by itself, and the same
// recorded, and answered from the recording.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readFlags } from "../../scripts/read-flags.mjs";
import { clients, command, here, must, prepare, programFor, stop, wantedClients } from "./environment.mjs";

const script = join(here, "weather.yaml");
const ways = ["straight", "proxy", "replay"];
/** Cases that no recording can answer: a body of `multipart/form-data` has a random boundary, so it is never the same again. */
const neverTheSame = /\bfiles\b/;

const { flags: values } = readFlags("interop:sdks", {
  only: { type: "string" },
  way: { type: "string" },
  list: { type: "boolean" },
});
const wanted = wantedClients(values.only);
if (values.way !== undefined && !ways.includes(values.way)) stop(`--way is ${ways.join(" or ")}`);

if (values.list) {
  for (const { file, inTable = true } of clients)
    for (const folder of inTable ? ["clients", "table/clients"] : ["clients"])
      if (!existsSync(join(here, folder, file))) stop(`${folder}/${file} is not there`);
  console.log(`sdks: ${clients.length} clients`);
  process.exit(0);
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
function runClient({ client, major, way, mockUrl }, more = ["--mock", "--script", script]) {
  const { file } = client;
  const program = programFor(client, major);
  const line = [program, join(here, "clients", file)];
  // The rules let everything pass: that nothing was judged (status 3) is as it should be.
  const [first, ...args] =
    way === "straight"
      ? line
      : [
          process.execPath,
          command,
          "run",
          "--quiet",
          "--config",
          join(here, "proxied.yaml"),
          ...more,
          "--",
          ...line,
        ];
  const env = { ...process.env, SDK_WHICH: major, LITELLM_LOCAL_MODEL_COST_MAP: "True" };
  if (way === "straight") env.MOCK_URL = mockUrl;
  else delete env.MOCK_URL;
  const { stdout, stderr, error } = spawnSync(first, args, { encoding: "utf8", env, timeout: 300_000 });
  const said = /^SDK-RESULT (.*)$/m.exec(stdout ?? "");
  return said ? JSON.parse(said[1]) : { why: error?.message ?? `${stdout}${stderr}`.trim().slice(-2000) };
}

/** Records a run with the mock, and runs the same with the recording: each case has to come to the same end. */
function runReplayed(run) {
  const folder = mkdtempSync(join(tmpdir(), "faultwire-sdks-recorded-"));
  try {
    const recorded = runClient(run, ["--mock", "--script", script, "--record", folder]);
    const replayed = runClient(run, ["--replay", folder, "--replay-speed", "max"]);
    const bad = [
      ...(recorded.cases ?? []),
      { title: "the run", ok: recorded.why === undefined, why: recorded.why },
    ].filter(({ ok }) => !ok);
    const cases = [
      ...bad.map(({ title, why }) => ({ title: `recorded: ${title}`, ok: false, why })),
      ...(replayed.cases ?? []).map((one) =>
        neverTheSame.test(one.title)
          ? {
              ...one,
              ok: !one.ok && /404|not.recorded/i.test(one.why),
              why: `is to be refused, but: ${one.why}`,
            }
          : one,
      ),
    ];
    return { ...replayed, cases };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

prepare(wanted);
const mock = await startMock();
let failures = 0;
try {
  console.log(`Node ${process.version}; ${must("python3", "python3", ["--version"]).trim()}`);
  for (const client of wanted)
    for (const major of client.majors)
      for (const way of values.way ? [values.way] : ways) {
        const {
          name = client.file,
          version = "?",
          cases = [],
          why,
        } = (way === "replay" ? runReplayed : runClient)({ client, major, way, mockUrl: mock.url });
        const bad = cases.filter(({ ok }) => !ok);
        const isGood = why === undefined && cases.length > 0 && bad.length === 0;
        if (!isGood) failures++;
        const language = client.python ? "Python" : "JavaScript";
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
