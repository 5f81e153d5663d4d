/** A command and all that it has started: found also where its parents have gone, asked to end, and ended. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { soon } from "@faultwire/testkit/soon";
import { describe, expect, it, onTestFinished } from "vitest";
import { isOfRun, processesOfRun, runVariable, TreeEnder } from "../../src/run/process-tree.ts";

/** A shell that runs this script, and says `ready` when it wants to be looked at; gives what it has said. */
async function started(script: string, run: string): Promise<ChildProcess & { readonly pid: number }> {
  const child = spawn("sh", ["-c", script], {
    env: { ...process.env, [runVariable]: run },
    stdio: ["ignore", "pipe", "ignore"],
    // A group of its own, so that all of it can be ended.
    detached: true,
  });
  onTestFinished(() => {
    try {
      process.kill(-(child.pid as number), "SIGKILL");
    } catch {
      // All of it has gone.
    }
  });
  await soon(once(child.stdout as NodeJS.ReadableStream, "data"), "the event data of child.stdout", 45_000);
  return child as ChildProcess & { readonly pid: number };
}

const namesOf = async (run: string): Promise<string[]> =>
  (await processesOfRun(run)).map(({ name }) => name).sort();

describe.runIf(process.platform === "linux")("a command's processes", () => {
  it("are those that were started with its variable, and no other", async () => {
    const run = randomUUID();
    const child = await started("sleep 1000 & echo ready; wait", run);
    expect(isOfRun(child.pid, run)).toBe(true);
    expect(isOfRun(child.pid, randomUUID())).toBe(false);
    expect(isOfRun(2 ** 22 + 1, run)).toBe(false);
    // A process that was forked has its own name once it has executed its program.
    await expect.poll(() => namesOf(run)).toEqual(["sh", "sleep"]);
    const ended = once(child, "exit");
    await new TreeEnder(child.pid, run).end(10_000);
    expect((await soon(ended, "the end of the command"))[1]).toBe("SIGTERM");
    await expect.poll(() => namesOf(run)).toEqual([]);
  });

  it("that do not end when they are asked to are ended behind the time that they have", async () => {
    const run = randomUUID();
    const child = await started("trap '' TERM; echo ready; while :; do sleep 1; done", run);
    const ended = once(child, "exit");
    await new TreeEnder(child.pid, run).end(50);
    expect((await soon(ended, "the end of the command"))[1]).toBe("SIGKILL");
  });

  it("are ended where their parent has gone without them", async () => {
    const run = randomUUID();
    const child = await started("(sleep 1000 &) ; echo ready", run);
    if (child.exitCode === null) await soon(once(child, "exit"), "the event exit of child", 45_000);
    await expect.poll(() => namesOf(run)).toEqual(["sleep"]);
    await new TreeEnder(child.pid, run).end(10_000);
    await expect.poll(() => namesOf(run)).toEqual([]);
  });
});
