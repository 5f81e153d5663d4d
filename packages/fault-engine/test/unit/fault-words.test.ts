/** Times, places and reasons in words, as check, reports and logs have them: literal values, to the edge of each unit. */
import { expect, it } from "vitest";
import { describeUnread, UNREAD_REASONS } from "../../src/events/unread.ts";
import { forTime, ordinal, writeDuration, writeMs, writePlace } from "../../src/faults/fault-words.ts";

it.each([
  [0, "0 ms"],
  [1.234, "1.23 ms"],
  [999, "999 ms"],
  [1000, "1 s"],
  [1500, "1.5 s"],
  [59_999, "60 s"],
  [60_000, "1 min"],
  [90_000, "1.5 min"],
])("%d ms are %s", (ms, words) => {
  expect([writeMs(ms), forTime(ms)]).toEqual([words, `for ${words}`]);
});

it("for ever is no time", () => expect(forTime(null)).toBe("for ever"));

it.each([
  [1, "1st"],
  [2, "2nd"],
  [3, "3rd"],
  [4, "4th"],
  [10, "10th"],
  [11, "11th"],
  [12, "12th"],
  [13, "13th"],
  [14, "14th"],
  [21, "21st"],
  [111, "111th"],
  [122, "122nd"],
])("%i is the %s", (count, words) => expect(ordinal(count)).toBe(words));

it.each([
  [{ kind: "fixed", ms: 5 }, "5 ms"],
  [{ kind: "uniform", minMs: 5, maxMs: 2000 }, "5 ms to 2 s"],
  [{ kind: "normal", meanMs: 100, sdMs: 20 }, "100 ms ± 20 ms"],
  [{ kind: "lognormal", medianMs: 100, sigma: 1 }, "100 ms in the median, with a long tail"],
])("a random time is told as it is drawn: %j", (duration, words) => {
  expect(writeDuration(duration as Parameters<typeof writeDuration>[0])).toBe(words);
});

it.each([
  [{ kind: "moment", moment: "client-hello" }, "at the ClientHello"],
  [{ kind: "moment", moment: "server-hello" }, "at the ServerHello"],
  [{ kind: "moment", moment: "established" }, "when the handshake is done"],
  [{ kind: "moment", moment: "request" }, "at the request"],
  [{ kind: "moment", moment: "response-head" }, "at the head of the response"],
  [{ kind: "bytes", from: "client", bytes: 12 }, "after 12 bytes from the client"],
] as const)("a place: %j", (at, words) => expect(writePlace(at)).toBe(words));

it("each reason why something is not read has words of its own, which are no code", () => {
  const words = Object.entries(UNREAD_REASONS);
  expect(new Set(words.map(([, text]) => text)).size).toBe(words.length);
  for (const [reason, text] of words) {
    expect(text, reason).toMatch(/^(?:a|an|the|more|trailers|bytes|Content-Length)\b.* /);
    expect(describeUnread(reason)).toBe(text);
  }
  expect(describeUnread("of-a-newer-version")).toBe("of-a-newer-version");
  expect(describeUnread("toString")).toBe("toString");
});
