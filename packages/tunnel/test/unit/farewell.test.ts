import { describe, expect, it } from "vitest";
import { Farewell, farewellLimits } from "../../src/farewell.ts";

const { restMs } = farewellLimits;

describe("the end of a tunnel when the plugin is about to go", () => {
  it("closes nothing before", () => {
    const farewell = new Farewell();
    farewell.heard("server", 0);
    expect(farewell.heard("client", restMs)).toBe(false);
    expect(farewell.heard("server", 10 * restMs)).toBe(false);
  });

  it("closes, of a tunnel that rests, what its client begins", () => {
    const farewell = new Farewell();
    farewell.heard("server", 0);
    farewell.begin("new");
    expect(farewell.heard("client", restMs)).toBe(true);
  });

  it.each([
    ["the client goes on soon behind the upstream: a handshake", ["server", "client"], restMs - 1],
    ["the client goes on with what it says", ["client", "client"], 10 * restMs],
    ["the upstream answers", ["client", "server"], 10 * restMs],
    ["the upstream goes on with its stream", ["server", "server"], 10 * restMs],
  ] as const)("closes nothing where %s", (_what, [first, second], afterMs) => {
    const farewell = new Farewell();
    farewell.begin("new");
    expect(farewell.heard(first, 0)).toBe(false);
    expect(farewell.heard(second, afterMs)).toBe(false);
  });

  it("closes nothing of a tunnel that has only begun", () => {
    const farewell = new Farewell();
    farewell.begin("new");
    expect(farewell.heard("client", 10 * restMs)).toBe(false);
  });

  it("closes everything in the end, and goes on with that", () => {
    const farewell = new Farewell();
    farewell.begin("all");
    farewell.begin("new");
    expect(farewell.heard("client", 0)).toBe(true);
    expect(farewell.heard("server", 0)).toBe(true);
  });

  it("closes what comes behind a close", () => {
    const farewell = new Farewell();
    farewell.heard("client", 0);
    farewell.begin("new");
    farewell.closed();
    expect(farewell.heard("server", 1)).toBe(true);
  });

  describe("is waited for", () => {
    const waiting = { maxRestMs: 1000, forAnswers: true };

    it("while a peer spoke a short time ago", () => {
      const farewell = new Farewell();
      expect(farewell.isAwaited(0, waiting)).toBe(false);
      farewell.heard("server", 0);
      expect(farewell.isAwaited(999, waiting)).toBe(true);
      expect(farewell.isAwaited(1000, waiting)).toBe(false);
    });

    it("while its client has no answer, where answers are waited for", () => {
      const farewell = new Farewell();
      farewell.heard("client", 0);
      expect(farewell.isAwaited(100_000, waiting)).toBe(true);
      expect(farewell.isAwaited(100_000, { ...waiting, forAnswers: false })).toBe(false);
    });

    it("until it was closed", () => {
      const farewell = new Farewell();
      farewell.heard("client", 0);
      farewell.closed();
      expect(farewell.isAwaited(0, waiting)).toBe(false);
      expect(farewell.isOver).toBe(true);
    });
  });
});
