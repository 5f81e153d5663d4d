/** What is told becomes log lines: levels, names, words. */
import { PassThrough } from "node:stream";
import { type Logger, pino } from "pino";
import { describe, expect, it } from "vitest";
import { logEngineEvent, logSessionEvent } from "../../src/log-events.ts";

function logged(act: (logger: Logger) => void): Record<string, unknown>[] {
  const lines = new PassThrough();
  act(pino({ level: "trace" }, lines));
  const text = String(lines.read() ?? "");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

describe("what was not read", () => {
  it("is one warning, by the session's event alone", () => {
    const common = { type: "unread", from: "server", reason: "obs-fold" } as const;
    const lines = logged((logger) => {
      logSessionEvent(logger, { host: "api.test", ...common }, { tunnel: "t" });
      logEngineEvent(logger, { atMs: 0, connection: "c", client: "c", host: "api.test", ...common });
    });
    expect(lines).toMatchObject([
      {
        level: 40,
        event: "unread",
        tunnel: "t",
        reason: "obs-fold",
        from: "server",
        msg: "api.test: not read, no rule sees it: a header that is folded over two lines",
      },
    ]);
  });

  it("is told of a connection whose host is not known, too", () => {
    const lines = logged((logger) => {
      const reason = "no-server-name";
      logSessionEvent(logger, { type: "unread", host: undefined, from: "client", reason }, { socket: 1 });
    });
    expect(lines).toMatchObject([{ level: 40, msg: expect.stringContaining("names no host") }]);
  });
});
