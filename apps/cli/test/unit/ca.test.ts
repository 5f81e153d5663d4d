import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CertificateAuthority } from "@faultwire/cert-authority";
import { Command } from "commander";
import pc from "picocolors";
import { describe, expect, it, onTestFinished } from "vitest";
import { envFormats } from "../../src/commands/ca/env-format.ts";
import { caCommand } from "../../src/commands/ca.ts";

type Result = { readonly out: string; readonly err: string; readonly exitCode: number };

/** A home that is gone after the test, and `faultwire ca` in it. */
function inHome(variables: Record<string, string> = {}): {
  home: string;
  ca: (...args: string[]) => Promise<Result>;
} {
  const home = mkdtempSync(join(tmpdir(), "faultwire-cli-ca-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const ca = async (...args: string[]): Promise<Result> => {
    let [out, err, exitCode] = ["", "", 0];
    const command = caCommand({
      out: (data) => {
        out += typeof data === "string" ? data : Buffer.from(data).toString("latin1");
      },
      err: (text) => {
        err += text;
      },
      outIsTerminal: true,
      environment: { FAULTWIRE_HOME: home, HOME: home, PATH: "", ...variables },
      colors: pc.createColors(false),
      setExitCode: (code) => {
        exitCode = code;
      },
    });
    const program = new Command("faultwire").exitOverride().addCommand(command);
    await program.parseAsync(["ca", ...args], { from: "user" });
    return { out, err, exitCode };
  };
  return { home, ca };
}

const oneLine = /^[^\n]+\n$/;

describe("faultwire ca init", () => {
  it("makes a CA for api.anthropic.com and says what to do next", async () => {
    const { home, ca } = inHome();
    const { out, exitCode } = await ca("init");
    expect(exitCode).toBe(0);
    expect(out).toContain("good for     api.anthropic.com and names below; IP addresses excluded\n");
    expect(out).toContain('eval "$(faultwire ca env)"');
    expect(readdirSync(join(home, "ca", "1")).sort()).toEqual(["certificate.pem", "key.pem"]);
  });

  it("takes targets one by one or with commas, a key type, and no constraints when told", async () => {
    const one = inHome();
    await one.ca(
      "init",
      "--target",
      "a.example,b.example",
      "--target",
      "localhost",
      "--key-type",
      "rsa-3072",
    );
    const shown = JSON.parse((await one.ca("show", "--json")).out);
    expect(shown).toMatchObject({ permitted: ["a.example", "b.example", "localhost"], keyType: "RSA 3072" });
    const two = inHome();
    await two.ca("init", "--ca-unconstrained");
    const open = JSON.parse((await two.ca("show", "--json")).out);
    expect(open).toMatchObject({ permitted: "all", ipAddresses: "permitted" });
  });

  it("refuses to make a second one, and with --force tells how to get rid of the first", async () => {
    const { ca } = inHome();
    await ca("init");
    const second = await ca("init");
    expect(second).toMatchObject({ out: "", exitCode: 2 });
    expect(second.err).toMatch(/^faultwire ca init: There is a CA already: .*--force/);
    expect(second.err).toMatch(oneLine);
    const forced = await ca("init", "--force", "--target", "b.example");
    const retired = /faultwire ca untrust --certificate (.*)\n/.exec(forced.out)?.[1] ?? "";
    expect(new X509Certificate(readFileSync(retired)).subject).toContain("Faultwire test CA");
  });

  it.each(["*", "*.com", "127.0.0.1", "not a host"])(
    "refuses the target %s with one line and status 2",
    async (target) => {
      const { home, ca } = inHome();
      const { out, err, exitCode } = await ca("init", "--target", target);
      expect({ out, exitCode }).toEqual({ out: "", exitCode: 2 });
      expect(err).toMatch(oneLine);
      expect(readdirSync(home)).toEqual([]);
    },
  );
});

describe("faultwire ca show", () => {
  it("prints subject, fingerprint, constraints, validity and paths, and no secret", async () => {
    const { home, ca } = inHome();
    await ca("init");
    const { out } = await ca("show");
    const certificate = new X509Certificate(readFileSync(join(home, "ca", "1", "certificate.pem")));
    expect(out).toContain(certificate.fingerprint256);
    expect(out).toMatch(/^subject +O=Faultwire, CN=Faultwire test CA on /m);
    expect(out).toMatch(/^valid +\d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d \(7(29|30) days left\)$/m);
    expect(out).toContain(join(home, "ca", "1", "key.pem"));
    expect(out).not.toContain("PRIVATE");
  });

  it("says that there is none, and how to make one", async () => {
    const { ca } = inHome();
    const { err, exitCode } = await ca("show");
    expect(exitCode).toBe(2);
    expect(err).toMatch(/^faultwire ca show: There is no CA: .*faultwire ca init/);
  });

  it.each(["show", "env"])(
    "%s: a pipe in the key's place is the user's to mend, in one line",
    async (name) => {
      const { home, ca } = inHome();
      await ca("init");
      const key = join(home, "ca", "1", "key.pem");
      rmSync(key);
      execFileSync("mkfifo", ["-m", "600", key]);
      const { out, err, exitCode } = await ca(name);
      expect({ out, exitCode }).toEqual({ out: "", exitCode: 2 });
      expect(err).toBe(`faultwire ca ${name}: Can't read ${key}: it is a pipe, not a file.\n`);
    },
  );

  it("refuses a key that others can read, with the command that mends it", async () => {
    const { home, ca } = inHome();
    await ca("init");
    chmodSync(join(home, "ca", "1", "key.pem"), 0o644);
    const { err, exitCode } = await ca("show");
    expect(exitCode).toBe(2);
    expect(err).toContain(`chmod 600 ${join(home, "ca", "1", "key.pem")}`);
  });
});

describe("a CA that has expired", () => {
  const dayMs = 86_400_000;
  /** A home with a CA that was made so many days ago; it lasts 730. */
  async function madeDaysAgo(days: number, targets: readonly string[], constrained = true) {
    const { home, ca } = inHome();
    const now = (): number => Date.now() - days * dayMs;
    await CertificateAuthority.create({ directory: home, targets, constrained, environment: {}, now });
    return { home, ca };
  }

  it("is shown, with what it is and what to do", async () => {
    const { ca } = await madeDaysAgo(750, ["a.example", "b.example"]);
    const { out, err, exitCode } = await ca("show");
    expect({ err, exitCode }).toEqual({ err: "", exitCode: 0 });
    expect(out).toMatch(/^valid +\d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d \(expired (19|20) days ago\)$/m);
    expect(out).toContain("\n  faultwire ca init --force --target a.example --target b.example\n");
    const shown = JSON.parse((await ca("show", "--json")).out);
    expect(shown).toMatchObject({ validity: "expired", permitted: ["a.example", "b.example"] });
    expect(shown.daysLeft).toBeLessThan(0);
  });

  it("is shown as one for every name, and one that is not valid yet as such", async () => {
    const open = await madeDaysAgo(750, ["*"], false);
    expect((await open.ca("show")).out).toContain("faultwire ca init --force --ca-unconstrained\n");
    const early = await madeDaysAgo(-10, ["a.example"]);
    expect((await early.ca("show")).out).toMatch(/\(not valid before \d{4}-\d\d-\d\dT/);
  });

  it("is taken out of trust stores, but not put into them and not used", async () => {
    const { ca } = await madeDaysAgo(750, ["a.example"]);
    expect((await ca("untrust", "--dry-run")).exitCode).toBe(0);
    for (const command of [["trust", "--dry-run"], ["env"], ["export"], ["issue", "a.example"]]) {
      const { err, exitCode } = await ca(...command);
      expect(err).toMatch(/ expired on .*faultwire ca init --force/);
      expect(exitCode).toBe(2);
    }
  });

  it("is replaced by init --force", async () => {
    const { ca } = await madeDaysAgo(750, ["a.example"]);
    expect((await ca("init", "--force")).exitCode).toBe(0);
    expect((await ca("show")).out).toContain("days left");
  });
});

describe("faultwire ca export", () => {
  it("writes the certificate to standard output or to a file, in each format, never the key", async () => {
    const { home, ca } = inHome();
    await ca("init");
    const { raw } = new X509Certificate(readFileSync(join(home, "ca", "1", "certificate.pem")));
    const key = readFileSync(join(home, "ca", "1", "key.pem"), "latin1").split("\n")[1] ?? "";
    const keyDer = Buffer.from(
      readFileSync(join(home, "ca", "1", "key.pem"), "latin1").replaceAll(/-----[^-]+-----|\s/g, ""),
      "base64",
    );
    const pem = await ca("export");
    expect(new X509Certificate(pem.out).raw.equals(raw)).toBe(true);
    for (const format of ["pem", "der", "p12", "bundle"]) {
      const path = join(home, `out.${format}`);
      const { err } = await ca("export", "--format", format, "--out", path);
      expect(err).toBe(`Wrote ${path}\n`);
      const content = readFileSync(path);
      const found =
        format === "der" || format === "p12" ? content.includes(raw) : content.includes(pem.out.trim());
      expect(found, format).toBe(true);
      expect(content.includes(key), format).toBe(false);
      expect(content.includes(keyDer.subarray(36, 68)), format).toBe(false);
    }
  });

  it("does not spill binary into a terminal", async () => {
    const { ca } = inHome();
    await ca("init");
    expect(await ca("export", "--format", "der")).toMatchObject({ out: "", exitCode: 2 });
  });

  it("refuses a format that it does not know, as wrong usage", async () => {
    const { ca } = inHome();
    await expect(ca("export", "--format", "jks")).rejects.toMatchObject({
      code: "commander.invalidArgument",
    });
  });

  it("says which file could not be written, with status 1", async () => {
    const { home, ca } = inHome();
    await ca("init");
    const { err, exitCode } = await ca("export", "--out", join(home, "ca", "1", "key.pem", "x.pem"));
    expect(exitCode).toBe(1);
    expect(err).toMatch(oneLine);
  });
});

describe("faultwire ca trust and untrust", () => {
  it("run nothing in a dry run", async () => {
    const { ca } = inHome();
    await ca("init");
    for (const action of ["trust", "untrust"]) {
      const { out, exitCode } = await ca(action, "--dry-run");
      expect(exitCode).toBe(0);
      expect(out).not.toContain("done");
      // It says which stores there are, or that there is none: one of the two.
      expect(/^would run: /m.test(out)).toBe(!out.includes("There is no trust store to change.\n"));
    }
  });

  it("take another certificate by its file", async () => {
    const { home, ca } = inHome();
    await ca("init");
    await ca("export", "--out", join(home, "other.pem"));
    const { exitCode } = await ca("untrust", "--dry-run", "--certificate", join(home, "other.pem"));
    expect(exitCode).toBe(0);
    const { err, exitCode: refused } = await ca("untrust", "--certificate", join(home, "ca", "1", "key.pem"));
    expect(refused).toBe(2);
    expect(err).toMatch(oneLine);
  });
});

describe("faultwire ca env", () => {
  it.skipIf(process.platform === "win32")("names no trust folder that others may write", async () => {
    const { home, ca } = inHome();
    await ca("init");
    chmodSync(home, 0o755);
    const folder = join(home, "trust");
    mkdirSync(folder);
    chmodSync(folder, 0o777);
    const { out, err, exitCode } = await ca("env");
    expect({ out, exitCode }).toEqual({ out: "", exitCode: 2 });
    expect(err).toContain(`Mend it with: chmod 700 ${folder}`);
  });

  it("prints export lines for files that are there", async () => {
    const { home, ca } = inHome();
    await ca("init");
    const { out } = await ca("env");
    const lines = out.trim().split("\n");
    expect(lines).toContain(`export SSL_CERT_FILE='${join(home, "trust", "bundle.pem")}'`);
    for (const line of lines) expect(line).toMatch(/^export [A-Z_]+='[^']+'$/);
    expect(readFileSync(join(home, "trust", "ca.pem"), "utf8")).toBe(
      readFileSync(join(home, "ca", "1", "certificate.pem"), "utf8"),
    );
  });

  const proxyLines = async (
    variables: Record<string, string>,
    ...flags: string[]
  ): Promise<Record<string, string>> => {
    const { ca } = inHome(variables);
    await ca("init");
    const { out, exitCode } = await ca("env", "--format", "json", ...flags);
    expect(exitCode).toBe(0);
    return JSON.parse(out) as Record<string, string>;
  };

  it("prints with --proxy what leads a program to a proxy, and nothing of the user's own", async () => {
    const found = await proxyLines({ EDITOR: "vi" }, "--proxy", "http://127.0.0.1:4000");
    for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"])
      expect(found[name]).toBe("http://127.0.0.1:4000");
    expect(found).toMatchObject({
      NODE_USE_ENV_PROXY: "1",
      SSL_CERT_FILE: expect.stringContaining("bundle.pem"),
    });
    expect(found["JAVA_TOOL_OPTIONS"]).toContain("-Dhttps.proxyPort=4000");
    for (const name of ["EDITOR", "PATH", "HOME"]) expect(found).not.toHaveProperty(name);
  });

  it("keeps of NO_PROXY what is none of the CA's hosts, and prints it although it is set already", async () => {
    const before = { NO_PROXY: "intern.example,.anthropic.com" };
    const found = await proxyLines(before, "--proxy");
    expect(found["NO_PROXY"]).toBe("intern.example,localhost,127.0.0.1");
    expect(found["no_proxy"]).toBe(found["NO_PROXY"]);
    expect(found["HTTPS_PROXY"]).toBe("http://127.0.0.1:3180");
    expect(await proxyLines(found, "--proxy")).toMatchObject({ NO_PROXY: found["NO_PROXY"] });
  });

  it.each(["127.0.0.1:3180", "https://127.0.0.1:3180", "http://127.0.0.1:3180/x"])(
    "refuses %s as a proxy",
    async (url) => {
      await expect(inHome().ca("env", "--proxy", url)).rejects.toThrow("Expected http://HOST:PORT.");
    },
  );

  it.each([
    ["sh", "export A='/x y/it'\\''s'\n"],
    ["fish", "set -gx A '/x y/it\\'s'\n"],
    ["powershell", "$env:A = '/x y/it''s'\n"],
    ["dotenv", 'A="/x y/it\'s"\n'],
    ["json", '{\n  "A": "/x y/it\'s"\n}\n'],
  ] as const)("quotes for %s", (format, text) => {
    expect(envFormats[format]({ A: "/x y/it's" })).toBe(text);
  });
});

describe("faultwire ca issue", () => {
  it("writes a chain and a key that only its owner can read", async () => {
    const { home, ca } = inHome();
    await ca("init", "--target", "example.com");
    const { out } = await ca(
      "issue",
      "*.example.com",
      "example.com",
      "--out-dir",
      join(home, "out"),
      "--days",
      "7",
    );
    const [certificatePath, keyPath] = [
      join(home, "out", "_.example.com.pem"),
      join(home, "out", "_.example.com-key.pem"),
    ];
    expect(out).toContain(certificatePath);
    expect(statSync(keyPath).mode & 0o777).toBe(0o600);
    const certificate = new X509Certificate(readFileSync(certificatePath));
    expect(certificate.subjectAltName).toBe("DNS:*.example.com, DNS:example.com");
    expect(readFileSync(keyPath, "utf8")).toContain("BEGIN PRIVATE KEY");
    expect(out).not.toContain("PRIVATE");
  });

  it("closes a key file that was open to others before it writes into it", async () => {
    const { home, ca } = inHome();
    await ca("init", "--target", "example.com");
    await ca("issue", "example.com", "--out-dir", home);
    chmodSync(join(home, "example.com-key.pem"), 0o666);
    await ca("issue", "example.com", "--out-dir", home);
    expect(statSync(join(home, "example.com-key.pem")).mode & 0o777).toBe(0o600);
  });

  it("writes no key where a link of another's leads", async () => {
    const { home, ca } = inHome();
    await ca("init", "--target", "example.com");
    const [theirs, key] = [join(home, "theirs"), join(home, "example.com-key.pem")];
    writeFileSync(theirs, "", { mode: 0o666 });
    symlinkSync(theirs, key);
    await ca("issue", "example.com", "--out-dir", home);
    expect(readFileSync(theirs, "utf8")).toBe("");
    expect(readFileSync(key, "utf8")).toContain("BEGIN PRIVATE KEY");
    expect(lstatSync(key).mode & 0o777).toBe(0o600);
  });

  it("makes a bad one on request, for one host", async () => {
    const { home, ca } = inHome();
    await ca("init", "--target", "example.com");
    await ca("issue", "example.com", "--invalid", "expired", "--out-dir", home);
    const { validTo } = new X509Certificate(readFileSync(join(home, "example.com-expired.pem")));
    expect(Date.parse(validTo)).toBeLessThan(Date.now());
    const two = await ca("issue", "example.com", "a.example.com", "--invalid", "expired", "--out-dir", home);
    expect(two.exitCode).toBe(2);
  });

  it.each([
    [["issue", "other.example"], /outside|No client would take/],
    [["issue", "example.com", "--days", "398"], /at most 397/],
    [["issue", "exa mple.com"], /is no name for a certificate/],
  ])("refuses %j with one line and status 2", async (args, words) => {
    const { ca } = inHome();
    await ca("init", "--target", "example.com");
    const { err, exitCode } = await ca(...args);
    expect(exitCode).toBe(2);
    expect(err).toMatch(words);
    expect(err).toMatch(oneLine);
  });

  it("does not take --rsa or --days for a bad one, as wrong usage", async () => {
    const { ca } = inHome();
    for (const flag of [["--rsa"], ["--days", "7"]])
      await expect(ca("issue", "example.com", "--invalid", "expired", ...flag)).rejects.toMatchObject({
        code: "commander.conflictingOption",
      });
  });

  // Node's own way of making folders never comes back there.
  it.runIf(existsSync("/proc/self"))("says so in a place where no folder can be made", async () => {
    const { ca } = inHome();
    await ca("init");
    const { exitCode, err } = await ca("issue", "api.anthropic.com", "--out-dir", "/proc/none/of/them");
    expect(exitCode).toBe(1);
    expect(err).toMatch(/Can't write \/proc\/none\/of\/them\/\S+: no such file or directory \(ENOENT\)/);
  });

  it("refuses a number of days that is none, as wrong usage", async () => {
    const { ca } = inHome();
    await expect(ca("issue", "example.com", "--days", "soon")).rejects.toMatchObject({
      code: "commander.invalidArgument",
    });
  });
});
