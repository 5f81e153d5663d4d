import { join } from "node:path";
import type { CertificateAuthority } from "../certificate-authority.ts";
import { storeName } from "./export-certificate.ts";
import type { TrustHost } from "./trust-host.ts";

/** Into the trust stores or out of them. */
export type TrustAction = "trust" | "untrust";

/** One command, as it would be typed; no shell takes part. */
export type TrustStep = {
  /** The store that it changes, for people. */
  readonly store: string;
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** Whether it changes the whole system and so needs root. */
  readonly needsRoot: boolean;
};

/** What has to be done on a machine, and what can't be. */
export type TrustPlan = {
  /** Whether trust is given or taken back. */
  readonly action: TrustAction;
  /** Commands, in the order in which they are to be run. */
  readonly steps: readonly TrustStep[];
  /** What a person should know: stores that were found but can't be changed from here, and why. */
  readonly notes: readonly string[];
};

/** The certificate to trust and the file that it is in. */
export type TrustSubject = Pick<CertificateAuthority, "certificate"> & {
  /** The file with the certificate, PEM. */
  readonly certificatePath: string;
};

/** A Linux system store: a folder for certificates and the program that takes them in. */
type SystemStore = {
  readonly store: string;
  readonly folder: string;
  /** update-ca-certificates passes over names that do not end in .crt. */
  readonly suffix: string;
  readonly program: string;
  /** The arguments after a certificate was put in, and after one was taken away. */
  readonly refresh: Readonly<Record<TrustAction, readonly string[]>>;
};

/** The first whose folder and program are there is the machine's. */
const systemStores: readonly SystemStore[] = [
  {
    store: "system store (Fedora, RHEL)",
    folder: "/etc/pki/ca-trust/source/anchors",
    suffix: ".pem",
    program: "update-ca-trust",
    refresh: { trust: ["extract"], untrust: ["extract"] },
  },
  {
    store: "system store (Arch)",
    folder: "/etc/ca-certificates/trust-source/anchors",
    suffix: ".crt",
    program: "update-ca-trust",
    refresh: { trust: [], untrust: [] },
  },
  {
    store: "system store (openSUSE)",
    folder: "/etc/pki/trust/anchors",
    suffix: ".pem",
    program: "update-ca-certificates",
    refresh: { trust: [], untrust: [] },
  },
  {
    store: "system store (Debian, Ubuntu, Alpine)",
    folder: "/usr/local/share/ca-certificates",
    suffix: ".crt",
    program: "update-ca-certificates",
    // Without --fresh the links to a certificate that is gone stay in /etc/ssl/certs.
    refresh: { trust: [], untrust: ["--fresh"] },
  },
];

const linuxSystem = (action: TrustAction, subject: TrustSubject, host: TrustHost): TrustStep[] => {
  const found = systemStores.find(({ folder, program }) => host.exists(folder) && host.hasProgram(program));
  if (!found) return [];
  const { store, folder, program } = found;
  const file = join(folder, storeName(subject) + found.suffix);
  const change =
    action === "trust" ? ["install", "-m", "0644", subject.certificatePath, file] : ["rm", "-f", file];
  return [change, [program, ...found.refresh[action]]].map((command) => ({
    store,
    command,
    needsRoot: true,
  }));
};

/** Folders below the home folder with a Firefox profile in each of their folders. */
const firefoxRoots: readonly string[] = [
  ".mozilla/firefox",
  "snap/firefox/common/.mozilla/firefox",
  ".var/app/org.mozilla.firefox/.mozilla/firefox",
];
/** Chromium's databases below the home folder. */
const chromiumFolders: readonly string[] = [".pki/nssdb", "snap/chromium/current/.pki/nssdb"];

/** The NSS databases of a user: browsers on Linux look there and not into the system's store. */
function nssDatabases(host: TrustHost): { store: string; folder: string }[] {
  const at = (...parts: string[]): string => join(host.homeDirectory, ...parts);
  const profiles = firefoxRoots.flatMap((root) => host.list(at(root)).map((profile) => at(root, profile)));
  return [
    ...chromiumFolders.map((folder) => ({ store: "Chromium's NSS database", folder: at(folder) })),
    ...profiles.map((folder) => ({ store: "Firefox profile", folder })),
  ].filter(({ folder }) => host.exists(join(folder, "cert9.db")));
}

const linuxNss = (action: TrustAction, subject: TrustSubject, host: TrustHost): TrustStep[] =>
  nssDatabases(host).map(({ store, folder }) => {
    const what = action === "trust" ? ["-A", "-t", "C,,", "-i", subject.certificatePath] : ["-D"];
    return {
      store: `${store} (${folder})`,
      command: ["certutil", ...what, "-d", `sql:${folder}`, "-n", storeName(subject)],
      needsRoot: false,
    };
  });

const sha1Of = ({ certificate }: TrustSubject): string => certificate.fingerprint.replaceAll(":", "");

function macKeychain(action: TrustAction, subject: TrustSubject, host: TrustHost): TrustStep[] {
  const keychain = join(host.homeDirectory, "Library/Keychains/login.keychain-db");
  const path = subject.certificatePath;
  const commands =
    action === "trust"
      ? [["security", "add-trusted-cert", "-r", "trustRoot", "-p", "ssl", "-k", keychain, path]]
      : [
          ["security", "remove-trusted-cert", path],
          ["security", "delete-certificate", "-Z", sha1Of(subject), keychain],
        ];
  return commands.map((command) => ({ store: "login keychain", command, needsRoot: false }));
}

function windowsRoots(action: TrustAction, subject: TrustSubject): TrustStep[] {
  const what =
    action === "trust"
      ? ["-addstore", "-f", "Root", subject.certificatePath]
      : ["-delstore", "Root", sha1Of(subject)];
  return [{ store: "the user's trusted roots", command: ["certutil", "-user", ...what], needsRoot: false }];
}

/**
 * The commands that put a CA into a machine's trust stores, or take it out: the plan for `untrust` undoes the one for
 * `trust`. Nothing is run.
 *
 * Known are the system stores of Debian, Ubuntu, Alpine, Fedora, RHEL, Arch and openSUSE, the NSS databases of Firefox
 * and Chromium on Linux, the login keychain of macOS and the user's roots on Windows.
 *
 * @example for (const step of trustPlan("trust", subject, thisHost()).steps) console.log(step.command.join(" "));
 */
export function trustPlan(action: TrustAction, subject: TrustSubject, host: TrustHost): TrustPlan {
  if (host.platform === "darwin")
    return {
      action,
      steps: macKeychain(action, subject, host),
      notes: [
        "Firefox takes the keychain's roots when security.enterprise_roots.enabled is true (its default).",
      ],
    };
  if (host.platform === "win32") return { action, steps: windowsRoots(action, subject), notes: [] };
  return linuxPlan(action, subject, host);
}

function linuxPlan(action: TrustAction, subject: TrustSubject, host: TrustHost): TrustPlan {
  const system = linuxSystem(action, subject, host);
  const nss = linuxNss(action, subject, host);
  const notes: string[] = [];
  if (system.length === 0)
    notes.push("No system store was found that Faultwire knows; `faultwire ca env` works without one.");
  if (nss.length === 0 || host.hasProgram("certutil")) return { action, steps: [...system, ...nss], notes };
  notes.push(
    `${nss.length} browser database(s) were found but no certutil; ` +
      "install it (libnss3-tools on Debian, nss-tools on Fedora, nss on Arch) and run this again.",
  );
  return { action, steps: system, notes };
}
