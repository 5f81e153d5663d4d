import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CertificateAuthority, certificateAuthorityLimits, faultwireHome } from "@faultwire/cert-authority";
import { soon } from "@faultwire/testkit/soon";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../openssl.ts";

const targets = ["a.example"];
const environment = {};
const modeOf = (path: string): number => statSync(path).mode & 0o777;
const open = (directory: string, more = {}): Promise<CertificateAuthority> =>
  CertificateAuthority.loadOrCreate({ directory, targets, environment, ...more });

describe("the place of a CA", () => {
  it.each([
    [{ FAULTWIRE_HOME: "/x/y", XDG_DATA_HOME: "/z" }, "linux", "/x/y"],
    [{ XDG_DATA_HOME: "/z" }, "linux", "/z/faultwire"],
    [
      { XDG_DATA_HOME: "", FAULTWIRE_HOME: "" },
      "linux",
      expect.stringMatching(/\/\.local\/share\/faultwire$/),
    ],
    [{}, "darwin", expect.stringMatching(/\/Library\/Application Support\/Faultwire$/)],
    [{ LOCALAPPDATA: "/local" }, "win32", "/local/Faultwire"],
    // A relative folder would be another one in each place, and another user's or a repository's there.
    [{ XDG_DATA_HOME: "data" }, "linux", expect.stringMatching(/^\/.*\/\.local\/share\/faultwire$/)],
    [{ XDG_DATA_HOME: "./data" }, "linux", expect.stringMatching(/^\/.*\/\.local\/share\/faultwire$/)],
    [{ LOCALAPPDATA: "local" }, "win32", expect.stringMatching(/^\/.*AppData.Local.Faultwire$/)],
    [{}, "win32", expect.stringMatching(/AppData.Local.Faultwire$/)],
  ] as const)("with %j on %s is %s", (variables, platform, home) => {
    expect(faultwireHome(variables, platform)).toEqual(home);
  });

  it.each(["", "home", "."])(
    "of a user without a home, whose HOME is %j, is not in the folder it is started in",
    (HOME) => {
      const built = fileURLToPath(new URL("../../dist/index.js", import.meta.url));
      const script = `import { faultwireHome } from ${JSON.stringify(`file://${built}`)};
      let found;
      try { found = faultwireHome(); } catch (error) { found = error.code; }
      process.stdout.write(found);`;
      const { stdout } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
        cwd: temporaryFolder(),
        env: { PATH: process.env["PATH"], HOME },
        encoding: "utf8",
      });
      // A system whose list of users has none for this process has no home for it at all.
      expect(stdout === "storage-failed" || isAbsolute(stdout), stdout).toBe(true);
    },
  );

  it("is the environment's when nobody names one", async () => {
    const home = join(temporaryFolder(), "home");
    const ca = await CertificateAuthority.loadOrCreate({ targets, environment: { FAULTWIRE_HOME: home } });
    expect(ca.directory).toBe(home);
    expect(ca.certificatePath).toBe(join(home, "ca", "1", "certificate.pem"));
  });
});

describe("a stored CA", () => {
  it("is the same the next time", async () => {
    const home = temporaryFolder();
    const first = await open(home);
    const second = await open(home);
    expect(second.fingerprint256).toBe(first.fingerprint256);
    expect((await second.forHost("a.example")).certificate.verify(first.certificate.publicKey)).toBe(true);
  });

  it("is for its owner alone: folders 0700, key 0600, nothing else beside it", async () => {
    const home = join(temporaryFolder(), "deep", "home");
    await open(home);
    expect(modeOf(home)).toBe(0o700);
    expect(modeOf(join(home, "ca"))).toBe(0o700);
    expect(modeOf(join(home, "ca", "1"))).toBe(0o700);
    expect(modeOf(join(home, "ca", "1", "key.pem"))).toBe(0o600);
    expect(readdirSync(home)).toEqual(["ca"]);
    expect(readdirSync(join(home, "ca"))).toEqual(["1"]);
    expect(readdirSync(join(home, "ca", "1")).sort()).toEqual(["certificate.pem", "key.pem"]);
  });

  it.each([0o644, 0o640, 0o660, 0o604])(
    "is refused when its key has mode %o, with the command that mends it",
    async (mode) => {
      const home = temporaryFolder();
      const { keyPath = "" } = await open(home);
      chmodSync(keyPath, mode);
      await expect(open(home)).rejects.toMatchObject({
        code: "readable-by-others",
        message: expect.stringContaining(`chmod 600 ${keyPath}`),
      });
      chmodSync(keyPath, 0o600);
      await expect(open(home)).resolves.toBeInstanceOf(CertificateAuthority);
    },
  );

  it("is refused when others can write its folder", async () => {
    const home = temporaryFolder();
    await open(home);
    for (const folder of [join(home, "ca"), join(home, "ca", "1")]) {
      chmodSync(folder, 0o770);
      const refusal = { code: "writable-by-others", message: expect.stringMatching(`chmod 700 ${folder}$`) };
      await expect(open(home)).rejects.toMatchObject(refusal);
      chmodSync(folder, 0o700);
    }
  });

  it("is not put into a folder that others can write", async () => {
    const home = temporaryFolder();
    mkdirSync(join(home, "ca"));
    chmodSync(join(home, "ca"), 0o777);
    await expect(open(home)).rejects.toMatchObject({ code: "writable-by-others" });
    expect(readdirSync(join(home, "ca"))).toEqual([]);
  });

  it.each(["certificate.pem", "key.pem"])("is refused, not replaced, when its %s is gone", async (name) => {
    const home = temporaryFolder();
    await open(home);
    rmSync(join(home, "ca", "1", name));
    await expect(open(home)).rejects.toMatchObject({ code: "ca-incomplete" });
    expect(existsSync(join(home, "ca", "1", name))).toBe(false);
  });

  it("is one and the same for many who make it at once in one process", async () => {
    const home = join(temporaryFolder(), "home");
    const cas = await Promise.all(Array.from({ length: 12 }, () => open(home)));
    expect(new Set(cas.map((ca) => ca.fingerprint256)).size).toBe(1);
    expect(readdirSync(home)).toEqual(["ca"]);
  });

  it("is one and the same for processes that start at once", async () => {
    const home = join(temporaryFolder(), "home");
    const built = fileURLToPath(new URL("../../dist/index.js", import.meta.url));
    const program = `
      import { CertificateAuthority } from ${JSON.stringify(`file://${built}`)};
      process.stdout.write("ready\\n");
      process.stdin.once("data", async () => {
        const ca = await CertificateAuthority.loadOrCreate({ directory: ${JSON.stringify(home)}, targets: ["a.example"] });
        const leaf = await ca.forHost("a.example");
        process.stdout.write(ca.fingerprint256 + " " + leaf.certificate.verify(ca.certificate.publicKey) + "\\n");
        process.exit();
      });`;
    const children = Array.from({ length: 6 }, () =>
      spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["pipe", "pipe", "inherit"] }),
    );
    await Promise.all(children.map(({ stdout }) => once(stdout, "data")));
    const answers = children.map(async ({ stdin, stdout }) => {
      stdin.write("go\n");
      return String((await soon(once(stdout, "data"), "the event data of stdout", 45_000))[0]);
    });
    const [first = "", ...others] = await Promise.all(answers);
    expect(first).toMatch(/^[0-9A-F:]{95} true\n$/);
    expect(others).toEqual(others.map(() => first));
    expect(readdirSync(home)).toEqual(["ca"]);
  });

  it("has to permit the targets, or the message names the command for a new one", async () => {
    const home = temporaryFolder();
    await open(home);
    await expect(open(home, { targets: ["below.a.example"] })).resolves.toBeInstanceOf(CertificateAuthority);
    await expect(open(home, { targets: ["a.example", "b.example"] })).rejects.toMatchObject({
      code: "outside-constraint",
      message: expect.stringMatching(
        /constrained to a\.example; b\.example is outside.*`faultwire ca init --force --target a\.example --target b\.example`/,
      ),
    });
  });

  it.each([["127.0.0.1"], ["*"], ["*.test"]])(
    "and names no command that would itself be refused, as one for %s would",
    async (target) => {
      const home = temporaryFolder();
      await open(home);
      await expect(open(home, { targets: ["a.example", target] })).rejects.toMatchObject({
        code: "outside-constraint",
        message: expect.stringMatching(/instead: `faultwire ca init --force --ca-unconstrained`\.$/),
      });
    },
  );

  it("is made by create only where there is none", async () => {
    const home = temporaryFolder();
    const { fingerprint256 } = await CertificateAuthority.create({ directory: home, targets, environment });
    const again = CertificateAuthority.create({ directory: home, targets, environment });
    await expect(again).rejects.toMatchObject({ code: "ca-exists" });
    expect((await open(home)).fingerprint256).toBe(fingerprint256);
    expect(readdirSync(home)).toEqual(["ca"]);
  });

  it("stays when the one to replace it can't be made", async () => {
    const home = temporaryFolder();
    const { fingerprint256 } = await open(home);
    const replacing = CertificateAuthority.replace({ directory: home, targets: ["*"], environment });
    await expect(replacing).rejects.toMatchObject({ code: "bad-target" });
    expect((await open(home)).fingerprint256).toBe(fingerprint256);
  });

  it("is asked for by load, which makes none", async () => {
    const home = join(temporaryFolder(), "home");
    await expect(CertificateAuthority.load({ directory: home, targets, environment })).rejects.toMatchObject({
      code: "ca-missing",
    });
    expect(existsSync(home)).toBe(false);
  });

  it("is encrypted when there is a passphrase, and opens with it alone", async () => {
    const home = temporaryFolder();
    const environment = { FAULTWIRE_CA_PASSPHRASE: "correct horse" };
    const { keyPath = "" } = await open(home, { environment });
    expect(readFileSync(keyPath, "utf8")).toContain("BEGIN ENCRYPTED PRIVATE KEY");
    await expect(open(home, { environment })).resolves.toBeInstanceOf(CertificateAuthority);
    await expect(open(home)).rejects.toMatchObject({ code: "passphrase-missing" });
    await expect(open(home, { passphrase: "wrong" })).rejects.toMatchObject({ code: "passphrase-wrong" });
  });

  it("says so when the place can't be written", async () => {
    const home = temporaryFolder();
    const file = join(home, "file");
    writeFileSync(file, "");
    writeFileSync(join(home, "ca"), "");
    for (const place of [home, join(file, "home")])
      await expect(open(place)).rejects.toMatchObject({
        code: "storage-failed",
        message: expect.stringContaining("a part of this path is a file, not a folder (ENOTDIR)"),
      });
  });

  // Node's own way of making folders never comes back there.
  it.runIf(existsSync("/proc/self"))("says so in a place where no folder can be made", async () => {
    await expect(open("/proc/none/of/them")).rejects.toMatchObject({
      code: "storage-failed",
      message: expect.stringContaining("(ENOENT)"),
    });
  });

  it("is not read when a file is larger than any certificate", async () => {
    const home = temporaryFolder();
    mkdirSync(join(home, "ca"), { mode: 0o700 });
    writeFileSync(join(home, "ca", "certificate.pem"), "x".repeat(certificateAuthorityLimits.fileBytes + 1));
    await expect(open(home)).rejects.toMatchObject({ code: "storage-failed" });
  });
});
