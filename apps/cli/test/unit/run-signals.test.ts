/** Which signals go on to a command, and when a Ctrl-C means that it is to end whatever it does. */
import { describe, expect, it } from "vitest";
import { hurryLimits, SignalPasser } from "../../src/run/pass-signals.ts";

function passer(isInForeground: boolean): {
  readonly passer: SignalPasser;
  readonly done: string[];
  readonly wait: (ms: number) => void;
} {
  const done: string[] = [];
  let now = 0;
  return {
    passer: new SignalPasser({
      pass: (signal) => done.push(signal),
      hurry: (signal) => done.push(`all ${signal}`),
      isInForeground: () => isInForeground,
      now: () => now,
    }),
    done,
    wait: (ms) => {
      now += ms;
    },
  };
}

describe("signals of another process", () => {
  it("go on to the command, each once", () => {
    const { passer: signals, done } = passer(false);
    for (const signal of ["SIGTERM", "SIGHUP", "SIGQUIT", "SIGINT", "SIGUSR1", "SIGUSR2"] as const)
      signals.take(signal);
    expect(done).toEqual(["SIGTERM", "SIGHUP", "SIGQUIT", "SIGINT", "SIGUSR1", "SIGUSR2"]);
  });

  // `timeout` sends SIGTERM to its child and then to its group.
  it("that come twice in a moment are one", () => {
    const { passer: signals, done, wait } = passer(false);
    signals.take("SIGTERM");
    wait(hurryLimits.sameSignalMs);
    signals.take("SIGTERM");
    wait(hurryLimits.sameSignalMs + 1);
    signals.take("SIGTERM");
    expect(done).toEqual(["SIGTERM", "SIGTERM"]);
  });

  it("ask for an end, but for those that programs use as they like", () => {
    const { passer: signals } = passer(false);
    signals.take("SIGUSR1");
    signals.take("SIGUSR2");
    expect(signals.askedBy).toBeUndefined();
    signals.take("SIGTERM");
    signals.take("SIGINT");
    expect(signals.askedBy).toBe("SIGTERM");
  });
});

describe("signals of a terminal", () => {
  it("are the command's already", () => {
    const { passer: signals, done } = passer(true);
    for (const signal of ["SIGINT", "SIGQUIT", "SIGHUP"] as const) signals.take(signal);
    expect(done).toEqual([]);
    expect(signals.askedBy).toBe("SIGINT");
  });

  it("end all at the second Ctrl-C in a row, and kill at the third", () => {
    const { passer: signals, done, wait } = passer(true);
    signals.take("SIGINT");
    wait(hurryLimits.hurryMs);
    signals.take("SIGINT");
    expect(done).toEqual(["all SIGTERM"]);
    wait(hurryLimits.hurryMs);
    signals.take("SIGINT");
    expect(done).toEqual(["all SIGTERM", "all SIGKILL"]);
  });

  it("don't, where the one before is long ago: an interactive program lives with Ctrl-C", () => {
    const { passer: signals, done, wait } = passer(true);
    for (let at = 0; at < 3; at++) {
      signals.take("SIGINT");
      wait(hurryLimits.hurryMs + 1);
    }
    expect(done).toEqual([]);
  });
});
