/** Timers that wait as long as they are told to. */

export { after, longestWaitMs, type TimerOptions } from "./after.ts";
export { every } from "./every.ts";
export { pause } from "./pause.ts";
