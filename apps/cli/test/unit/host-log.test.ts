/** What the reference host's events do to the log: each failure once, what is no failure never. */
import type { FaultHostEvent } from "@faultwire/fault-host";
import pino from "pino";
import { describe, expect, it } from "vitest";
import { HostLog } from "../../src/host-log.ts";

function logged(level: "debug" | "info" = "info") {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  const log = new HostLog(pino({ level, base: null, timestamp: false }, { write }));
  return { log, lines };
}
const [debug, warn] = [20, 40];

it("a client that asks for ever new names fills no more than a hundred lines", () => {
  const { log, lines } = logged();
  for (let at = 0; at < 1000; at++)
    log.tell({ type: "error", where: `${at}.invalid:443`, message: "no such name" });
  expect(lines).toHaveLength(100);
});

describe("an event of the host", () => {
  const plugin = { name: "p", url: "http://a:1" };
  const call = { type: "call", method: "Handle" } as const;
  const rows: readonly (readonly [object, object | undefined])[] = [
    [
      { type: "crashed", where: "a:1", reason: "EPIPE" },
      {
        level: warn,
        event: "host-crash",
        upstream: "a:1",
        reason: "EPIPE",
        msg: "the connection to a:1 is lost: EPIPE. The real Fault proxy ends here, with every connection",
      },
    ],
    [
      { type: "error", where: "a:1", message: "no such name" },
      {
        level: warn,
        event: "upstream-failed",
        upstream: "a:1",
        reason: "no such name",
        msg: "a:1: no such name",
      },
    ],
    [{ type: "tunnel-closed", target: "a:1" }, undefined],
    [
      { type: "tunnel-closed", target: "a:1", error: "reset" },
      {
        level: warn,
        event: "tunnel-broken",
        upstream: "a:1",
        reason: "reset",
        msg: "a connection to a:1 broke off: reset",
      },
    ],
    [
      { type: "plugin", plugin: { ...plugin, state: "enabled" } },
      { level: debug, event: "host-plugin", plugin: "http://a:1", state: "enabled", msg: "the host asks p" },
    ],
    [
      { type: "plugin", plugin: { ...plugin, state: "failed" } },
      {
        level: warn,
        event: "host-plugin",
        plugin: "http://a:1",
        state: "failed",
        msg: "the host does not ask p: it is failed",
      },
    ],
    [
      { type: "plugin", plugin: { ...plugin, name: "", state: "failed" } },
      {
        level: warn,
        event: "host-plugin",
        plugin: "http://a:1",
        state: "failed",
        msg: "the host does not ask http://a:1: it is failed",
      },
    ],
    [call, undefined],
    [{ ...call, failure: { code: 1, message: "cancelled" } }, undefined],
    [
      { ...call, failure: { code: 2, message: "broke" } },
      {
        level: warn,
        event: "host-call",
        method: "Handle",
        code: 2,
        reason: "broke",
        msg: "a call of the plugin's Handle failed: broke",
      },
    ],
    [{ type: "tunnel-opened" }, undefined],
    [{ type: "request" }, undefined],
  ];
  it.each(rows)("%j", (event, expected) => {
    const { log, lines } = logged("debug");
    log.tell(event as FaultHostEvent);
    expect(lines).toEqual(expected ? [expected] : []);
  });

  it("that fails again is for --verbose alone; another one is told", () => {
    const { log, lines } = logged("debug");
    for (const message of ["no", "no", "other"]) log.tell({ type: "error", where: "a:1", message });
    expect(lines.map(({ level }) => level)).toEqual([warn, debug, warn]);
  });

  it("says nothing once the host ends", () => {
    const { log, lines } = logged("debug");
    log.end();
    log.tell({ type: "error", where: "a:1", message: "no" });
    expect(lines).toEqual([]);
  });
});
