import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { after, every, pause } from "../../src/index.ts";

const dayMs = 86_400_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("after", () => {
  it.each([0, 1, 1000, 2 ** 31 - 1, 2 ** 31, 25 * dayMs, 400 * dayMs])(
    "fires once, after %i ms",
    (delayMs) => {
      const action = vi.fn();
      after(delayMs, action);
      if (delayMs > 0) {
        vi.advanceTimersByTime(delayMs - 1);
        expect(action).not.toHaveBeenCalled();
      }
      vi.advanceTimersByTime(1);
      expect(action).toHaveBeenCalledTimes(1);
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  it("asks Node for no more than it can hold", () => {
    const asked = vi.spyOn(globalThis, "setTimeout");
    after(400 * dayMs, () => {});
    after(Number.POSITIVE_INFINITY, () => {});
    vi.advanceTimersByTime(500 * dayMs);
    // 17 for 400 days; 21 for as much of the other as has passed.
    expect(asked).toHaveBeenCalledTimes(38);
    for (const [, delayMs] of asked.mock.calls) expect(delayMs).toBeLessThan(2 ** 31);
    asked.mockRestore();
  });

  it("never fires where the wait has no end, and at once where it is none", () => {
    const never = vi.fn();
    after(Number.POSITIVE_INFINITY, never);
    const soon = vi.fn();
    for (const delayMs of [-5, Number.NaN, Number.NEGATIVE_INFINITY]) after(delayMs, soon);
    vi.advanceTimersByTime(1);
    expect(soon).toHaveBeenCalledTimes(3);
    vi.advanceTimersByTime(100 * dayMs);
    expect(never).not.toHaveBeenCalled();
  });

  it("is taken back, whichever of its timers runs", () => {
    for (const passedMs of [0, dayMs, 25 * dayMs, 60 * dayMs]) {
      const action = vi.fn();
      const takeBack = after(61 * dayMs, action);
      vi.advanceTimersByTime(passedMs);
      takeBack();
      expect(vi.getTimerCount()).toBe(0);
      vi.advanceTimersByTime(100 * dayMs);
      expect(action).not.toHaveBeenCalled();
    }
  });

  it("keeps the process only where it is to", () => {
    vi.useRealTimers();
    const unref = vi.spyOn(Object.getPrototypeOf(setTimeout(() => {}, 0)) as NodeJS.Timeout, "unref");
    after(1e12, () => {}, { keepsAlive: false })();
    expect(unref).toHaveBeenCalledTimes(1);
    after(1e12, () => {})();
    expect(unref).toHaveBeenCalledTimes(1);
    unref.mockRestore();
  });
});

describe("every", () => {
  it("fires again and again, until it is ended, also by what it calls", () => {
    const action = vi.fn();
    const end = every(30 * dayMs, action);
    vi.advanceTimersByTime(90 * dayMs);
    expect(action).toHaveBeenCalledTimes(3);
    end();
    vi.advanceTimersByTime(90 * dayMs);
    expect(action).toHaveBeenCalledTimes(3);
    const endItself = every(10, () => endItself());
    vi.advanceTimersByTime(10);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("pause", () => {
  it("resolves after its time", async () => {
    let isOver = false;
    const paused = pause(30 * dayMs).then(() => {
      isOver = true;
    });
    await vi.advanceTimersByTimeAsync(30 * dayMs - 1);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await paused;
  });

  it("is ended by its signal, before and while it waits", async () => {
    const before = pause(1000, AbortSignal.abort("no"));
    await expect(before).rejects.toBe("no");
    const gone = new AbortController();
    const paused = pause(30 * dayMs, gone.signal);
    gone.abort("gone");
    await expect(paused).rejects.toBe("gone");
    expect(vi.getTimerCount()).toBe(0);
  });
});
