// Stops an operation on the CA of a home in front of its first access to files, on the next home in front of the second,
// and so on; then ends by SIGKILL, which leaves the homes as a process that was killed at that step leaves one.
// `node stop-at-every-step.mjs OPERATION HOME…` prints how many steps the operation has.
import { AsyncLocalStorage } from "node:async_hooks";
import { writeSync } from "node:fs";
import fs, { open } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { operations } from "./operations.mjs";

const running = new AsyncLocalStorage();
/** What stopped operations hold open; Node would close it and complain. */
const held = [];

/** Counts every call of these methods; the one that is to be the last never happens. */
function count(object, names) {
  for (const name of names) {
    const original = object[name];
    object[name] = function counted(...args) {
      const run = running.getStore();
      if (!run || ++run.step !== run.stopAt) return original.apply(this, args);
      held.push(this);
      run.stopped();
      return new Promise(() => {});
    };
  }
}

const handle = await open(process.execPath);
const { prototype } = handle.constructor;
await handle.close();
count(prototype, ["writeFile", "readFile", "sync", "stat", "close"]);
count(fs, ["mkdir", "mkdtemp", "rename", "rm", "unlink", "open", "stat", "lstat", "readdir", "readFile"]);
syncBuiltinESMExports();

const [operation, ...homes] = process.argv.slice(2);
let steps;
for (const [at, home] of homes.entries())
  await new Promise((resolve, reject) => {
    const run = { step: 0, stopAt: at + 1, stopped: resolve };
    running.run(run, () =>
      operations[operation](home).then(() => {
        steps ??= run.step;
        resolve();
      }, reject),
    );
  });
writeSync(1, `${steps ?? "more"}\n`);
process.kill(process.pid, "SIGKILL");
