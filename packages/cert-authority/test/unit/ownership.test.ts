/** Whose the files of a CA are: what another user could change is refused with the command that mends it. */
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, cpSync, mkdirSync, readdirSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { CertificateAuthority } from "@faultwire/cert-authority";
import { describe, expect, it } from "vitest";
import { refuseFolder } from "../../src/store/ownership.ts";
import { temporaryFolder } from "../openssl.ts";

const open = (directory: string, environment = {}): Promise<CertificateAuthority> =>
  CertificateAuthority.loadOrCreate({ directory, targets: ["a.example"], environment });

/** A home with a CA in it, in a folder that any user may look into. */
async function madeHome(): Promise<{ home: string; folder: string; key: string; certificate: string }> {
  const above = temporaryFolder();
  chmodSync(above, 0o755);
  const home = join(above, "home");
  await open(home);
  const folder = join(home, "ca", "1");
  return { home, folder, key: join(folder, "key.pem"), certificate: join(folder, "certificate.pem") };
}

/** The built package, for processes of their own. */
const built = join(import.meta.dirname, "../../dist/index.js");
const isRoot = process.geteuid?.() === 0;
const other = 12_345;

it("a folder that is not there is no other user's: what is missing in it is told by whoever needs it", async () => {
  await expect(refuseFolder(join(temporaryFolder(), "none"), {})).resolves.toBeUndefined();
});

describe("links", () => {
  it.each(["key", "certificate", "folder"] as const)(
    "a %s that leads out of the home is refused",
    async (what) => {
      const made = await madeHome();
      const elsewhere = join(temporaryFolder(), "elsewhere");
      renameSync(made[what], elsewhere);
      symlinkSync(elsewhere, made[what]);
      await expect(open(made.home)).rejects.toMatchObject({
        code: "outside-home",
        message: expect.stringContaining(elsewhere),
      });
    },
  );

  it("the home itself may be one: its user has put it there", async () => {
    const { home } = await madeHome();
    const link = join(temporaryFolder(), "link");
    symlinkSync(home, link);
    const ca = await open(link);
    expect(ca.fingerprint256).toBe((await open(home)).fingerprint256);
  });
});

describe("a home", () => {
  it.each([0o770, 0o757, 0o1777])("that others may write is refused with the command (%o)", async (mode) => {
    const { home } = await madeHome();
    chmodSync(home, mode);
    const refusal = { code: "writable-by-others", message: expect.stringContaining(`chmod 700 ${home}`) };
    await expect(open(home)).rejects.toMatchObject(refusal);
  });

  it.each([0o777, 0o757])("is refused in a user's home that everybody may write (%o)", async (mode) => {
    const user = temporaryFolder();
    const home = join(user, ".local", "share", "faultwire");
    const environment = { HOME: user };
    const { fingerprint256 } = await open(home, environment);
    chmodSync(user, mode);
    const refusal = { code: "writable-by-others", message: expect.stringContaining(`chmod go-w ${user}`) };
    await expect(open(home, environment)).rejects.toMatchObject(refusal);
    await expect(open(join(user, "new"), environment)).rejects.toMatchObject(refusal);
    // Where users' own folders are each other's neighbours, nobody can replace another's.
    chmodSync(user, 0o1777);
    expect((await open(home, environment)).fingerprint256).toBe(fingerprint256);
    chmodSync(user, mode);
    const elsewhere = await open(home, { HOME: join(user, "other") });
    expect(elsewhere.fingerprint256).toBe(fingerprint256);
    chmodSync(user, 0o755);
    expect((await open(home, environment)).fingerprint256).toBe(fingerprint256);
  });

  it("is not filled where others may write it", async () => {
    const home = join(temporaryFolder(), "open");
    mkdirSync(home);
    chmodSync(home, 0o777);
    await expect(open(home)).rejects.toMatchObject({ code: "writable-by-others" });
    expect(readdirSync(home)).toEqual([]);
  });
});

describe.runIf(isRoot)("as root", () => {
  it.each(["home", "folder", "key", "certificate"] as const)(
    "a %s of another user is refused, with the command",
    async (what) => {
      const made = await madeHome();
      chownSync(made[what], other, other);
      await expect(open(made.home)).rejects.toMatchObject({
        code: "owned-by-other",
        message: expect.stringMatching(new RegExp(`user ${other}.*chown.* 0 ${made[what]}`, "s")),
      });
    },
  );

  it("by sudo, it is told whose home that is, and both ways out", async () => {
    const made = await madeHome();
    chownSync(made.home, other, other);
    const said = open(made.home, { SUDO_UID: String(other), SUDO_USER: "ada" });
    await expect(said).rejects.toThrow(/root, by sudo, with the home of ada/);
    await expect(open(made.home, { SUDO_UID: String(other), SUDO_USER: "ada" })).rejects.toThrow(/sudo -H/);
  });

  it("makes no CA in a folder of another user, where that user would find files of root", async () => {
    const above = temporaryFolder();
    const home = join(above, "data", "faultwire");
    mkdirSync(join(above, "data"));
    chownSync(join(above, "data"), other, other);
    await expect(open(home)).rejects.toMatchObject({ code: "owned-by-other" });
    expect(readdirSync(join(above, "data"))).toEqual([]);
  });

  it("reads a CA of the user's own only where its key is root's", async () => {
    const made = await madeHome();
    chownSync(made.key, other, other);
    const own = {
      certificatePath: made.certificate,
      keyPath: made.key,
      targets: ["a.example"],
      environment: {},
    };
    await expect(CertificateAuthority.load(own)).rejects.toMatchObject({ code: "owned-by-other" });
  });

  /** Opens the CA as a normal user. @returns its fingerprint, or the code of the error. */
  const asUser = (home: string): string => {
    const script = `const { CertificateAuthority } = await import(${JSON.stringify(built)});
      process.setegid(${other}); process.seteuid(${other});
      const options = { directory: ${JSON.stringify(home)}, targets: ["a.example"], environment: {} };
      process.stdout.write(await CertificateAuthority.load(options).then((ca) => ca.fingerprint256, (error) => error.code + " " + error.message));`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      encoding: "utf8",
    });
    return stdout || stderr;
  };

  it("a normal user opens a CA of their own, and none of another user", async () => {
    const { home } = await madeHome();
    const { fingerprint256 } = await open(home);
    for (const path of [
      home,
      join(home, "ca"),
      join(home, "ca/1"),
      join(home, "ca/1/key.pem"),
      join(home, "ca/1/certificate.pem"),
    ])
      chownSync(path, other, other);
    expect(asUser(home)).toBe(fingerprint256);
    const theirs = join(home, "..", "theirs");
    cpSync(home, theirs, { recursive: true });
    for (const path of [theirs, join(theirs, "ca"), join(theirs, "ca/1")]) {
      chownSync(path, 4321, 4321);
      chmodSync(path, 0o755);
    }
    expect(asUser(theirs)).toContain("owned-by-other");
  });
});
