import { writeMs } from "../faults/fault-words.ts";
import type { Expectation } from "../rules/rule.ts";
import { writeCount, writeTimes } from "../write-count.ts";

type Demands = Required<Omit<Expectation, "rule">>;

function retries({ min = 0, max }: Demands["retries"]): string {
  if (max === undefined) return `asks again at least ${writeTimes(min)}`;
  if (max === 0) return "does not ask again";
  if (min === max) return `asks again ${writeTimes(min)}`;
  return min === 0 ? `asks again ${writeTimes(max)} at the most` : `asks again ${min} to ${max} times`;
}

/** Each demand, as what a client does. */
const words: { readonly [Key in keyof Demands]: (value: Demands[Key]) => string } = {
  retries,
  honoursRetryAfter: (isWanted) => `${isWanted ? "waits" : "does not wait"} as long as retry-after says`,
  waitsAtLeastMs: (ms) => `waits ${writeMs(ms)} or more before it asks again`,
  backsOff: (isWanted) => `${isWanted ? "waits" : "does not wait"} longer from retry to retry`,
  noticesCut: (isWanted) => `${isWanted ? "notices" : "does not notice"} that a stream was cut`,
  stopsAfter: (count) => `stops after ${writeCount(count, "failing request")}`,
  endsWith: (end) => `ends with ${end}`,
};

/** What is expected of a client that a rule hit, in words: `asks again at least 2 times; ends with success`. */
export function describeExpectation(expectation: Expectation): string {
  const parts = Object.entries(words).flatMap(([key, describe]) => {
    const value = expectation[key as keyof Demands];
    return value === undefined ? [] : [(describe as (value: unknown) => string)(value)];
  });
  return parts.join("; ");
}
