// Starts host.mjs, and ends it with everything that it started when a test file takes too long.
import { fork } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

export class VitestHost {
  #child;
  #sandbox;
  #project;
  #handle = () => {};
  /** The test files of the project. */
  files = [];

  constructor(sandbox, project) {
    this.#sandbox = sandbox;
    this.#project = project;
    this.reachedFolder = join(sandbox.path, ".reached");
    this.temporary = join(sandbox.path, ".tmp");
    mkdirSync(this.reachedFolder, { recursive: true });
    mkdirSync(this.temporary, { recursive: true });
  }

  async start() {
    const child = fork(
      join(this.#sandbox.path, "scripts/mutation/host.mjs"),
      [this.#sandbox.path, this.#project, this.reachedFolder],
      {
        cwd: this.#sandbox.path,
        // A group of its own: what tests start goes with it.
        detached: true,
        env: { ...process.env, NODE_ENV: "test", VITEST: "true", TMPDIR: this.temporary, NO_COLOR: "1" },
        stdio: ["ignore", "ignore", "pipe", "ipc"],
      },
    );
    this.#child = child;
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text) => (said = (said + text).slice(-4000)));
    await new Promise((resolve, reject) => {
      child.on("message", (message) => {
        if (message.ready) {
          if (this.files.length === 0) this.files = message.files;
          resolve();
        } else this.#handle(message);
      });
      child.on("exit", (status) => {
        reject(new Error(`the tests could not be started (${status}): ${said}`));
        if (this.#child === child) this.#handle({ ended: said || `status ${status}` });
      });
    });
  }

  /**
   * Runs these files until one fails; of a file that `only` names, the tests whose ids stand there. Gives of the last of them
   * `{ state, file, message, failed, ms, tests }`: `passed`, `failed`, or `hung`, when a test ran into its limit or a file into
   * `fileMs`; the ids of the tests that failed, and what each took where all passed.
   */
  async run(files, { changed = [], timeoutMs, fileMs, only = {} }) {
    if (!this.#child) await this.start();
    const done = withResolvers();
    let current;
    let watch;
    let last = { state: "passed" };
    this.#handle = (message) => {
      clearTimeout(watch);
      if (message.error || message.ended)
        done.resolve({
          state: "failed",
          file: current,
          message: message.error ?? message.ended,
          broken: true,
        });
      else if (message.started) {
        current = message.started;
        watch = setTimeout(
          () =>
            done.resolve({
              state: "hung",
              file: current,
              message: `no end after ${Math.round(fileMs / 1000)} s`,
              broken: true,
            }),
          fileMs,
        );
      } else if (message.finished) done.resolve(last);
      else last = message;
    };
    this.#child.send({ files, changed, timeoutMs, only });
    const result = await done.promise;
    this.#handle = () => {};
    if (result.broken) this.stop();
    return result;
  }

  /** Ends the process and its group. */
  stop() {
    const child = this.#child;
    this.#child = undefined;
    if (!child?.pid) return;
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch (error) {
      if (error.code !== "ESRCH") throw error;
    }
  }
}

function withResolvers() {
  let resolve;
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve };
}
