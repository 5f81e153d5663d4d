import { afterEach, expect, it, vi } from "vitest";
import { systemClock } from "../../src/clock.ts";

afterEach(() => {
  vi.useRealTimers();
});

it("waits as long as a rule says, also beyond what one timer holds", () => {
  vi.useFakeTimers();
  const dayMs = 86_400_000;
  const action = vi.fn();
  systemClock.after(30 * dayMs, action);
  vi.advanceTimersByTime(30 * dayMs - 1);
  expect(action).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(action).toHaveBeenCalledTimes(1);
  systemClock.after(30 * dayMs, action)();
  expect(vi.getTimerCount()).toBe(0);
});

it("counts up from an origin of its own", () => {
  const [first, second] = [systemClock.now(), systemClock.now()];
  expect(second).toBeGreaterThanOrEqual(first);
  expect(first).toBeGreaterThan(0);
});
