import { join } from "node:path";
import {
  CertificateAuthority,
  type CommandResult,
  installTrust,
  type TrustHost,
} from "@faultwire/cert-authority";
import { stepText, trustPlan } from "@faultwire/cert-authority/internal";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../openssl.ts";

let ca: CertificateAuthority;
let path: string;
let name: string;

beforeAll(async () => {
  ca = await CertificateAuthority.ephemeral({ targets: ["a.example"] });
  path = "/home/me/ca.pem";
  name = `faultwire-${ca.fingerprint256.replaceAll(":", "").slice(0, 8).toLowerCase()}`;
});

/** A machine with these files and programs. */
const host = (
  platform: NodeJS.Platform,
  files: readonly string[],
  programs: readonly string[],
): TrustHost => ({
  platform,
  homeDirectory: "/home/me",
  isRoot: false,
  exists: (file) => files.some((one) => one === file || one.startsWith(`${file}/`)),
  list: (folder) => [
    ...new Set(
      files
        .filter((one) => one.startsWith(`${folder}/`))
        .map((one) => one.slice(folder.length + 1).split("/")[0] ?? ""),
    ),
  ],
  hasProgram: (program) => programs.includes(program),
});

const texts = (action: "trust" | "untrust", machine: TrustHost): string[] =>
  trustPlan(action, { certificate: ca.certificate, certificatePath: path }, machine).steps.map((step) =>
    stepText(step),
  );

describe("the plan", () => {
  it.each([
    ["Debian", "/usr/local/share/ca-certificates", "crt", "update-ca-certificates", "", " --fresh"],
    ["Fedora", "/etc/pki/ca-trust/source/anchors", "pem", "update-ca-trust", " extract", " extract"],
    ["Arch", "/etc/ca-certificates/trust-source/anchors", "crt", "update-ca-trust", "", ""],
    ["openSUSE", "/etc/pki/trust/anchors", "pem", "update-ca-certificates", "", ""],
  ])(
    "for %s copies the certificate and takes it away again",
    (_system, folder, suffix, program, trust, untrust) => {
      const machine = host("linux", [folder], [program]);
      const file = `${folder}/${name}.${suffix}`;
      expect(texts("trust", machine)).toEqual([
        `sudo install -m 0644 ${path} ${file}`,
        `sudo ${program}${trust}`,
      ]);
      expect(texts("untrust", machine)).toEqual([`sudo rm -f ${file}`, `sudo ${program}${untrust}`]);
    },
  );

  it("for browsers on Linux changes each NSS database that is there, without root", () => {
    const databases = [
      ".pki/nssdb",
      ".mozilla/firefox/x.default",
      "snap/firefox/common/.mozilla/firefox/y z",
    ].map((folder) => join("/home/me", folder));
    const files = [
      ...databases.map((folder) => `${folder}/cert9.db`),
      "/home/me/.mozilla/firefox/profiles.ini",
    ];
    const machine = host("linux", files, ["certutil"]);
    const quoted = databases.map((folder) => (folder.includes(" ") ? `'sql:${folder}'` : `sql:${folder}`));
    expect(texts("trust", machine)).toEqual(
      quoted.map((database) => `certutil -A -t C,, -i ${path} -d ${database} -n ${name}`),
    );
    expect(texts("untrust", machine)).toEqual(
      quoted.map((database) => `certutil -D -d ${database} -n ${name}`),
    );
  });

  it("says when a browser can't be reached because certutil is missing", () => {
    const machine = host("linux", ["/home/me/.pki/nssdb/cert9.db"], []);
    const plan = trustPlan("trust", { certificate: ca.certificate, certificatePath: path }, machine);
    expect(plan.steps).toEqual([]);
    expect(plan.notes.join()).toContain("libnss3-tools");
  });

  it("for macOS trusts it for TLS in the login keychain", () => {
    const machine = host("darwin", [], []);
    const keychain = "/home/me/Library/Keychains/login.keychain-db";
    const sha1 = ca.certificate.fingerprint.replaceAll(":", "");
    expect(texts("trust", machine)).toEqual([
      `security add-trusted-cert -r trustRoot -p ssl -k ${keychain} ${path}`,
    ]);
    expect(texts("untrust", machine)).toEqual([
      `security remove-trusted-cert ${path}`,
      `security delete-certificate -Z ${sha1} ${keychain}`,
    ]);
  });

  it("for Windows adds it to the user's roots and deletes it by its fingerprint", () => {
    const machine = host("win32", [], []);
    const sha1 = ca.certificate.fingerprint.replaceAll(":", "");
    expect(texts("trust", machine)).toEqual([`certutil -user -addstore -f Root ${path}`]);
    expect(texts("untrust", machine)).toEqual([`certutil -user -delstore Root ${sha1}`]);
  });

  it("says when there is no store that it knows", () => {
    const plan = trustPlan(
      "trust",
      { certificate: ca.certificate, certificatePath: path },
      host("linux", [], []),
    );
    expect(plan.steps).toEqual([]);
    expect(plan.notes.join()).toContain("faultwire ca env");
  });
});

describe("installing trust", () => {
  const machine = host(
    "linux",
    ["/usr/local/share/ca-certificates", "/home/me/.pki/nssdb/cert9.db"],
    ["update-ca-certificates", "certutil"],
  );
  const subject = (): Pick<CertificateAuthority, "certificate" | "certificatePath"> => ({
    certificate: ca.certificate,
    certificatePath: path,
  });
  /** A runner that notes what it is given and answers with `result`. */
  const recorder = (
    result: CommandResult = { exitCode: 0, output: "" },
  ): { ran: string[]; run: (command: readonly string[]) => Promise<CommandResult> } => {
    const ran: string[] = [];
    return {
      ran,
      run: async (command) => {
        ran.push(command.join(" "));
        return result;
      },
    };
  };

  it("changes the user's stores and leaves the system's to a person", async () => {
    const { ran, run } = recorder();
    const report = await installTrust(subject(), { host: machine, run });
    expect(ran).toEqual([expect.stringMatching(/^certutil -A /)]);
    expect(report.done).toHaveLength(1);
    expect(report.toDo.map((step) => stepText(step))).toEqual([
      expect.stringMatching(/^sudo install /),
      "sudo update-ca-certificates",
    ]);
  });

  it("changes the system when told to, with sudo unless it is root", async () => {
    const { ran, run } = recorder();
    await installTrust(subject(), { host: machine, run, system: true });
    expect(ran.slice(0, 2)).toEqual([expect.stringMatching(/^sudo install /), "sudo update-ca-certificates"]);
    const asRoot = recorder();
    await installTrust(subject(), { host: { ...machine, isRoot: true }, run: asRoot.run, system: true });
    expect(asRoot.ran.slice(0, 2)).toEqual([expect.stringMatching(/^install /), "update-ca-certificates"]);
  });

  it("runs nothing in a dry run", async () => {
    const { ran, run } = recorder();
    const report = await installTrust(subject(), { host: machine, run, system: true, dryRun: true });
    expect(ran).toEqual([]);
    expect(report.toDo).toHaveLength(3);
  });

  it("says which command failed, and what it said", async () => {
    const { run } = recorder({ exitCode: 255, output: "certutil: database is locked\n" });
    await expect(installTrust(subject(), { host: machine, run })).rejects.toMatchObject({
      code: "trust-failed",
      message: expect.stringMatching(/^`certutil -A .*` ended with 255: certutil: database is locked$/),
    });
  });

  it("takes it for done when there is nothing to take out", async () => {
    const { run } = recorder({ exitCode: 255, output: "certutil: could not find certificate named" });
    const report = await installTrust(subject(), { host: machine, run, action: "untrust" });
    expect(report.done).toHaveLength(1);
    await expect(installTrust(subject(), { host: machine, run })).rejects.toMatchObject({
      code: "trust-failed",
    });
  });

  it("takes a program that can't be started for one that failed", async () => {
    const broken = { ...machine, hasProgram: () => true, homeDirectory: temporaryFolder() };
    const report = installTrust(subject(), {
      host: { ...broken, exists: (file) => file.startsWith(broken.homeDirectory) },
      run: async () => ({ exitCode: 127, output: "spawn certutil ENOENT" }),
    });
    await expect(report).rejects.toThrow("ENOENT");
  });

  it("needs a file, which an ephemeral CA does not have", async () => {
    await expect(installTrust(ca, { host: machine })).rejects.toMatchObject({ code: "bad-option" });
  });
});
