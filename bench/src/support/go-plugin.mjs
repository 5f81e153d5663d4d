// A plugin over grpc-go that lets every byte pass: the peer that plugins are compared with. Built by `go` when it is needed.
import { spawnSync } from "node:child_process";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { programOnPath, startProgram } from "./processes.mjs";

const folder = fileURLToPath(new URL("../../go-plugin", import.meta.url));
const buf = fileURLToPath(new URL("../../../packages/fault-protocol/node_modules/.bin", import.meta.url));

/** Builds the plugin to `binary`. Throws where there is no `go`, and what `go` says where it fails. */
export function buildGoPlugin(binary) {
  if (!programOnPath("go"))
    throw new Error(
      "no go on PATH, which the pass-through plugin is built by; leave it out with --without go",
    );
  const env = { ...process.env, PATH: `${buf}${delimiter}${process.env.PATH}` };
  for (const [command, ...args] of [
    ["buf", "generate"],
    ["go", "build", "-o", binary, "."],
  ]) {
    const { status, stdout, stderr, error } = spawnSync(command, args, {
      cwd: folder,
      env,
      encoding: "utf8",
    });
    if (status !== 0)
      throw new Error(`${command} ${args.join(" ")} in ${folder}: ${error?.message ?? stdout + stderr}`);
  }
}

/** Starts the plugin for some sides; `urls` are its addresses, in their order. */
export async function startGoPlugin(scratch, sides) {
  const program = startProgram(join(scratch, "go-plugin"), sides);
  const lines = [];
  let waiting = () => {};
  let rest = "";
  program.child.stdout.on("data", (data) => {
    const parts = `${rest}${data}`.split("\n");
    rest = parts.pop();
    lines.push(...parts);
    waiting();
  });
  program.child.on("exit", () => waiting());
  const until = async (condition) => {
    while (!condition()) {
      if (!program.isAlive) throw new Error(`the Go plugin has ended: ${program.output}`);
      await new Promise((resolve) => {
        waiting = resolve;
      });
    }
  };
  const ports = () => lines.map((line) => /^ready \w+ (\d+)$/.exec(line)?.[1]).filter(Boolean);
  await until(() => ports().length === sides.length);
  return {
    ready: { urls: ports().map((port) => `http://127.0.0.1:${port}`) },
    cpuMs: () => program.cpuMs(),
    /** Calls so far: `client read`, `server write` and so on. */
    async calls() {
      lines.length = 0;
      program.child.stdin.write("calls\n");
      await until(() => lines.includes("end"));
      return Object.fromEntries(
        lines.flatMap((line) => {
          const [, side, reads, writes] = /^calls (\w+) (\d+) (\d+)$/.exec(line) ?? [];
          if (side === undefined) return [];
          return [
            [`${side} read`, Number(reads)],
            [`${side} write`, Number(writes)],
          ];
        }),
      );
    },
    stop: () => program.stop(),
  };
}
