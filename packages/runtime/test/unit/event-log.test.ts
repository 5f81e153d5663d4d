import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EngineEvent, readEventLog } from "@faultwire/fault-engine";
import { afterAll, describe, expect, it } from "vitest";
import { EventLog, eventLogLimits } from "../../src/reports/event-log.ts";

const scratch = mkdtempSync(join(tmpdir(), "faultwire-events-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const end = (request: string): EngineEvent => ({ type: "end", atMs: 1, request, how: "complete" });

/** A file that writes when it is told to, or fails. */
function slowFile() {
  const written: string[] = [];
  let go = (): void => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  return {
    written,
    go,
    file: {
      appendFile: async (text: string): Promise<void> => {
        await gate;
        written.push(text);
      },
      close: async (): Promise<void> => {},
    },
  };
}

describe("an event log", () => {
  it("is a file of one event a line, in order, whole when it is closed", async () => {
    const path = join(scratch, "events.ndjson");
    const problems: string[] = [];
    const log = await EventLog.create(path, (problem) => problems.push(problem));
    const events = Array.from({ length: 5000 }, (_, at) => end(`r${at}`));
    for (const event of events) log.record(event);
    await log.close();
    expect(readEventLog(readFileSync(path, "utf8"))).toEqual({ events, unreadable: [] });
    expect(problems).toEqual([]);
  });

  it("is for its owner alone, also where a file open to others was there before", async () => {
    const path = join(scratch, "modes.ndjson");
    writeFileSync(path, "before\n", { mode: 0o644 });
    const log = await EventLog.create(path, () => {});
    await log.close();
    expect([statSync(path).mode & 0o777, readFileSync(path, "utf8")]).toEqual([0o600, ""]);
  });

  it("never takes the place of a pipe, nor of a file to which a link leads", async () => {
    const fifo = join(scratch, "fifo.ndjson");
    execFileSync("mkfifo", [fifo]);
    await expect(EventLog.create(fifo, () => {})).rejects.toThrow();
    const [other, link] = [join(scratch, "other"), join(scratch, "link.ndjson")];
    writeFileSync(other, "precious");
    symlinkSync(other, link);
    await expect(EventLog.create(link, () => {})).rejects.toThrow("a link");
    expect(readFileSync(other, "utf8")).toBe("precious");
  });

  it("is written while it goes on, for whoever looks at it or kills the process", async () => {
    const path = join(scratch, "going-on.ndjson");
    const log = await EventLog.create(path, () => {});
    log.record(end("r1"));
    await expect.poll(() => readFileSync(path, "utf8")).toContain("r1");
    log.record(end("r2"));
    await expect.poll(() => readFileSync(path, "utf8")).toContain("r2");
    await log.close();
  });

  it("keeps no more than its limit for a slow disk, and says that events are lost, once", async () => {
    const { file, go, written } = slowFile();
    const problems: string[] = [];
    const log = new EventLog(file, (problem) => problems.push(problem));
    const line = JSON.stringify(end("x".repeat(190))).length + 1;
    const fitting = Math.floor(eventLogLimits.maxWaiting / line);
    for (let at = 0; at < fitting + 10; at++) log.record(end("x".repeat(190)));
    expect(problems).toHaveLength(1);
    expect(log.lost).toBe(10);
    go();
    await log.close();
    expect(written.join("").length).toBe(fitting * line);
    expect(problems.at(-1)).toBe("10 events lost");
  });

  it("that can't be written says so once, and never throws", async () => {
    const problems: string[] = [];
    const full = Object.assign(new Error("no space"), { code: "ENOSPC" });
    const log = new EventLog(
      { appendFile: () => Promise.reject(full), close: () => Promise.reject(full) },
      (problem) => problems.push(problem),
    );
    for (let at = 0; at < 5; at++) log.record(end("r"));
    await expect.poll(() => problems).toEqual([expect.stringContaining("ENOSPC")]);
    log.record(end("r"));
    await log.close();
    expect(problems).toEqual([expect.stringContaining("ENOSPC"), "6 events lost"]);
  });
});
