// A part of a benchmark in a process of its own, so that its CPU and its memory are its own.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/**
 * Starts a file as a child; resolves with what it said when it was ready.
 *
 * @returns `pid`, `ready`, `ask(question, ...facts)`, `cpuMs()` used so far, `memory()` after a collection, `stop()`
 */
export function startChild(url, ...args) {
  return attach(fork(fileURLToPath(url), args, { execArgv: ["--expose-gc"] }), args.join(" "));
}

/** The same of a child that was forked already; `name` stands in errors. */
export async function attach(child, name) {
  const waiting = new Map();
  let next = 0;
  let failure;
  child.on("message", ({ id, value, error }) => {
    const { resolve, reject } = waiting.get(id) ?? {};
    waiting.delete(id);
    if (error === undefined) resolve?.(value);
    else reject?.(new Error(error));
  });
  child.on("exit", (code, signal) => {
    failure = new Error(`${name} has ended (${code ?? signal})`);
    for (const { reject } of waiting.values()) reject(failure);
    waiting.clear();
  });
  const ask = (question, ...facts) =>
    new Promise((resolve, reject) => {
      if (failure) {
        reject(failure);
        return;
      }
      const id = next++;
      waiting.set(id, { resolve, reject });
      child.send({ id, question, facts });
    });
  return {
    pid: child.pid,
    ready: await ask("ready"),
    ask,
    cpuMs: () => ask("cpuMs"),
    memory: () => ask("memory"),
    stop: () => child.disconnect(),
  };
}

/** The child's end: `ready` is what its parent waits for, `answers` are functions by question. */
export function answerParent(ready, answers = {}) {
  const known = {
    ready: () => ready,
    cpuMs() {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
    memory() {
      // Twice: the first collection only queues what has a finalizer.
      globalThis.gc();
      globalThis.gc();
      return process.memoryUsage();
    },
    ...answers,
  };
  const reply = async ({ id, question, facts }) => {
    try {
      process.send({ id, value: await known[question](...facts) });
    } catch (error) {
      process.send({ id, error: error.stack });
    }
  };
  process.on("message", (message) => void reply(message));
  process.on("disconnect", () => process.exit());
}
