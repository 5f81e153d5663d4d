import { expect, it } from "vitest";
import { manualTimers } from "../src/manual-timers.ts";

it("runs what falls due in order of time, also what is armed meanwhile", () => {
  const timers = manualTimers();
  const ran: string[] = [];
  timers.after(20, () => ran.push(`b ${timers.now()}`));
  timers.after(10, () => {
    ran.push(`a ${timers.now()}`);
    timers.after(5, () => ran.push(`c ${timers.now()}`));
  });
  timers.advance(30);
  expect([ran, timers.now(), timers.armed]).toEqual([["a 10", "c 15", "b 20"], 30, 0]);
});

it("says that timers arm each other for one moment, in place of never coming back", () => {
  const timers = manualTimers();
  const again = (): void => {
    timers.after(0, again);
  };
  again();
  expect(() => timers.advance(1)).toThrow("each arms another one for the same moment");
  const beats = manualTimers();
  let count = 0;
  const beat = (): void => {
    count++;
    beats.after(1, beat);
  };
  beat();
  beats.advance(200_000);
  expect(count).toBe(200_001);
});
