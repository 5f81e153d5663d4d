/** Examples of docs/faults.md as a user runs them: `faultwire start`, curl, and what the page says of it. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { startFaultwire } from "../faultwire-process.ts";
import { galleryExamples, galleryRequest } from "../gallery.ts";

const scratch = mkdtempSync(join(tmpdir(), "faultwire-gallery-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

interface Seen {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function curl(args: readonly string[]): Promise<Seen> {
  return new Promise((resolve) => {
    execFile("curl", args, { encoding: "utf8" }, (error, stdout, stderr) =>
      resolve({ status: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
    );
  });
}

/** Runs one example; what curl prints ends with the HTTP status and the seconds that it took. */
async function run(kind: string, yaml: string): Promise<Seen> {
  const config = join(scratch, `${kind}.yaml`);
  writeFileSync(config, yaml);
  const faultwire = await startFaultwire("start", "--config", config);
  const { proxy = "", caCert } = faultwire.ready;
  const headers = ["x-api-key: test", "anthropic-version: 2023-06-01", "content-type: application/json"];
  const seen = await curl([
    ...["-sS", "-N", "--max-time", "30", "--proxy", proxy, "--cacert", caCert],
    ...headers.flatMap((header) => ["-H", header]),
    ...["-d", galleryRequest(kind), "-w", "\n%{http_code} %{time_total}"],
    "https://api.anthropic.com/v1/messages",
  ]);
  const { stderr } = await faultwire.stop();
  // What the log of a process without a terminal says of it.
  expect(stderr + faultwire.stdout()).toContain(`"fault":"${kind}"`);
  return seen;
}

/** What else the page says of some: a part of what curl prints, or the least time that it takes. */
const more: Readonly<Record<string, (seen: Seen) => void>> = {
  "connection.close": () => {},
  "connection.reset": ({ stderr }) => expect(stderr).toContain("Connection reset by peer"),
  "connection.slice": (seen) => expect(secondsOf(seen)).toBeGreaterThan(1.4),
  "tls.alert": ({ stderr }) => expect(stderr).toContain("handshake failure"),
  "tls.certificate": ({ stderr }) => expect(stderr).toContain("expired"),
  "tls.bad-mac": ({ stderr }) => expect(stderr).toContain("bad record mac"),
  "tls.truncate": (seen) => expect(secondsOf(seen)).toBeLessThan(15),
  "http.error": ({ stdout }) => expect(stdout).toMatch(/"overloaded_error".*\n529 /s),
  "http.empty": ({ stderr }) => expect(stderr).toContain("Empty reply"),
  "http.malformed": () => {},
  "http.truncate": ({ stderr }) => expect(stderr).toMatch(/closed with \d+ bytes remaining/),
  "stream.error-event": ({ stdout }) =>
    expect(stdout).toMatch(/event: error\ndata: .*overloaded_error.*\n\n\n200 /),
  "stream.cut": ({ stdout }) => expect(stdout).not.toContain("message_stop"),
  "stream.pace": (seen) => expect(secondsOf(seen)).toBeGreaterThan(2),
  "stream.damage": ({ stdout }) =>
    expect(() => stdout.match(/(?<=^data: ).*$/gm)?.map((data) => JSON.parse(data))).toThrow(),
  "model.garble-tool-input": ({ stdout }) => expect(stdout).toContain('"input":{"garbled":true}'),
};

const secondsOf = ({ stdout }: Seen): number => Number(/[\d.]+$/.exec(stdout)?.[0]);

describe("an example of the gallery, with curl", () => {
  const examples = galleryExamples().filter(({ kind }) => kind in more);

  it.concurrent.each(examples)("$kind", async ({ kind, yaml, status }) => {
    const seen = await run(kind, yaml);
    expect([kind, seen.status, seen.stderr]).toEqual([kind, status, seen.stderr]);
    more[kind]?.(seen);
  });

  it("is there for all of those", () => {
    expect(examples.length).toBe(Object.keys(more).length);
  });
});
