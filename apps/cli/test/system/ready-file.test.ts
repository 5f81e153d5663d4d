/** `--ready-file`: a script that sees it can rely on it. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { launchFaultwire, runFaultwire, startFaultwire } from "../faultwire-process.ts";

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "faultwire-ready-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const ports = ["--port", "0", "--proxy-port", "0"];

describe("the ready file", () => {
  it.each([
    ["serve", "SIGTERM"],
    ["start", "SIGTERM"],
    ["start", "SIGINT"],
  ] as const)("of %s goes away with the process at %s", async (command, signal) => {
    const path = join(scratch(), "ready.json");
    const faultwire = await startFaultwire(command, "--ready-file", path);
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ pid: faultwire.pid });
    expect((await faultwire.stop(signal)).status).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  it("is there before the banner, and nothing is left beside it", async () => {
    const folder = scratch();
    const path = join(folder, "ready.json");
    const { child, closed } = launchFaultwire("start", ...ports, "--ready-file", path);
    let wasThere: boolean | undefined;
    child.stdout?.once("data", () => {
      wasThere = existsSync(path);
      child.kill("SIGTERM");
    });
    await closed;
    expect(wasThere).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ["of a run that is refused later", ["start", ...ports, "--config", "none.yaml"]],
    ["of a run with a wrong value before it", ["start", "--error-probability", "7"]],
    ["of a run with an unknown flag", ["serve", "--prot", "0"]],
  ])("%s is not the one that a run before has left", async (_name, args) => {
    const path = join(scratch(), "ready.json");
    for (const flag of [["--ready-file", path], [`--ready-file=${path}`]]) {
      writeFileSync(path, "{}");
      expect((await runFaultwire([...args, ...flag])).status).toBe(2);
      expect(existsSync(path)).toBe(false);
    }
  });

  it("of another run that has taken the name meanwhile stays", async () => {
    const path = join(scratch(), "ready.json");
    const first = await startFaultwire("serve", "--ready-file", path);
    const second = await startFaultwire("serve", "--ready-file", path);
    await first.stop();
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ pid: second.pid });
    await second.stop();
    expect(existsSync(path)).toBe(false);
  });

  it("that can't be written is refused at once, before a CA is made or a port taken", async () => {
    const folder = scratch();
    const [home, file, below] = [join(folder, "home"), join(folder, "file"), join(folder, "none", "r.json")];
    writeFileSync(file, "");
    mkdirSync(join(folder, "ready.json"));
    const refused = async (path: string): Promise<string> => {
      const { status, stderr } = await runFaultwire(["start", ...ports, "--ready-file", path], home);
      expect(status).toBe(2);
      expect(existsSync(home)).toBe(false);
      return stderr;
    };
    expect(await refused(below)).toBe(
      `faultwire: ready file ${below} can't be written (ENOENT: no such file or directory); check --ready-file\n`,
    );
    expect(await refused(join(folder, "ready.json"))).toContain("(it is a folder); check --ready-file");
    expect(await refused(join(file, "r.json"))).toContain("(ENOTDIR: a part of this path is a file");
  });
});
