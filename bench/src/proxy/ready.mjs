// From the start of `faultwire proxy` to its ready file, its CA already there; beside a bare server of Node.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { faultwireProxy } from "./contenders.mjs";

async function readyMs(file, args, env, path) {
  const before = performance.now();
  const child = spawn(process.execPath, [file, ...args, path], { env, stdio: "ignore" });
  const exited = once(child, "exit");
  while (!existsSync(path)) {
    if (child.exitCode !== null) throw new Error(`${file} has ended with ${child.exitCode}`);
    await pause(1);
  }
  const took = performance.now() - before;
  child.kill("SIGTERM");
  await exited;
  rmSync(path, { force: true });
  return took;
}

/** Times until both are ready, in ms, round by round; a first round, which makes the CA, does not count. */
export async function faultwireReady({ scratch, caFile }, rounds) {
  const { file, args, env } = faultwireProxy(join(scratch, "start"), caFile);
  const bare = fileURLToPath(new URL("../support/bare-server.mjs", import.meta.url));
  const path = join(scratch, "start", "ready.json");
  const found = { faultwire: [], "bare server": [] };
  for (let round = 0; round <= rounds; round++) {
    const ours = await readyMs(file, [...args, "--ready-file"], env, path);
    const floor = await readyMs(bare, [], env, path);
    if (round === 0) continue;
    found.faultwire.push({ ms: ours });
    found["bare server"].push({ ms: floor });
  }
  return found;
}
