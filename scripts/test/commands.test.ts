// Commands that end with 1 for what they have found: asked for what there is not, they say so in one line and end with 2.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");

interface Refused {
  readonly command: string;
  readonly script: string;
  readonly args: readonly string[];
  readonly says: string;
}

const fuzz = { command: "fuzz", script: "fuzz/run.mjs" };
const soak = { command: "soak", script: "bench/src/soak.mjs" };
const tlsfuzzer = { command: "interop:tlsfuzzer", script: "e2e/tlsfuzzer/run.mjs" };

const refused: readonly Refused[] = [
  { ...fuzz, args: ["--minuts", "5"], says: "Unknown option '--minuts'; it takes --minutes …, --target …" },
  { ...fuzz, args: ["30"], says: "Unexpected argument '30'" },
  { ...fuzz, args: ["--minutes", "0"], says: "--minutes 0: a number above 0 expected" },
  { ...fuzz, args: ["--minutes", "soon"], says: "--minutes soon: a number above 0 expected" },
  { ...fuzz, args: ["--seed", "1.5"], says: "--seed 1.5: a whole number from 0 expected" },
  { ...fuzz, args: ["--target", "nothing"], says: 'there is no target "nothing"; there are ' },
  { ...fuzz, args: ["--input", "x"], says: "--input wants one --target" },
  { ...fuzz, args: ["--target", "http1", "--input", "no-such-file"], says: "there is no file no-such-file" },
  { ...soak, args: ["--minuts", "5"], says: "Unknown option '--minuts'; it takes --minutes …, --clients …" },
  { ...soak, args: ["--minutes", "half"], says: "--minutes half: a number above 0 expected" },
  { ...soak, args: ["--minutes="], says: "--minutes : a number above 0 expected" },
  { ...soak, args: ["--clients", "0"], says: "--clients 0: a whole number from 1 expected" },
  { ...soak, args: ["--way", "both"], says: "--way both: proxy or plugin expected" },
  { ...soak, args: ["--left", "no-such-folder"], says: "there is no folder no-such-folder" },
  { ...tlsfuzzer, args: ["--wirte"], says: "Unknown option '--wirte'; it takes --write, --list" },
  { ...tlsfuzzer, args: ["no-such-script"], says: "no script matches no-such-script" },
];

/** Commands whose flags are read, and what is said of one that there is not. */
const slips: readonly Refused[] = [
  ["audit", "scripts/supply-chain/audit.mjs", "none"],
  ["bench", "bench/src/run.mjs", "--quick, --results …"],
  ["interop", "e2e/interop/run.mjs", "--test …, --host …"],
  ["interop:bogo", "e2e/bogo/run.mjs", "--write, --list"],
  ["interop:certificates", "e2e/certificates/run.mjs", "--without …, --system-store"],
  ["interop:grpc", "e2e/grpc/run.mjs", "--write, --folder …, --list"],
  ["interop:h2", "e2e/h2/run.mjs", "--write, --folder …"],
  ["interop:run", "e2e/run/run.mjs", "--only …, --write, --list"],
  ["interop:sdks", "e2e/sdks/run.mjs", "--only …, --way …, --list"],
  ["interop:sdk-table", "e2e/sdks/table/run.mjs", "--only …, --major …"],
  ["interop:tshark", "e2e/tshark/cross-check.mjs", "--list"],
  ["interop:websocket", "e2e/websocket/run.mjs", "--write, --folder …, --list"],
  ["mutation", "scripts/mutation/run.mjs", "--package …, --sample …, --seed …"],
  ["release", "scripts/release/run.mjs", "--check, --core, --dry-run"],
  ["test:nodes", "scripts/test-nodes.mjs", "--quick, --here, --only …"],
].map(([command = "", script = "", takes = ""]) => ({
  ...{ command, script, args: ["--wirte"] },
  says: `Unknown option '--wirte'; it takes ${takes}`,
}));

function run(script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const ended = spawnSync(process.execPath, [join(root, script), ...args], {
    cwd: root,
    encoding: "utf8",
    timeout: 60_000,
    env: { ...process.env, ...env },
  });
  return { status: ended.status, said: ended.stderr, printed: ended.stdout };
}

describe("a command", () => {
  it.each([...refused, ...slips])("$command $args is refused: $says", ({ command, script, args, says }) => {
    const { status, said, printed } = run(script, args);
    expect(said).toContain(`${command}: ${says}`);
    expect(said.trimEnd().split("\n")).toHaveLength(1);
    expect([status, printed]).toEqual([2, ""]);
  });

  it("interop:tlsfuzzer says where tlsfuzzer is got where there is none", () => {
    const { status, said } = run(tlsfuzzer.script, [], { TLSFUZZER: "/no/such/checkout" });
    expect(status).toBe(2);
    expect(said).toContain("no tlsfuzzer in /no/such/checkout. Get it: git clone https://");
  });
});
