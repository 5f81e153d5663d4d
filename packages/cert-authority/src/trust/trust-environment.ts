import { X509Certificate } from "node:crypto";
import { delimiter, join, resolve } from "node:path";
import type { Environment } from "../store/home.ts";
import { bundlePem, machineRoots } from "./bundle.ts";
import { exportCertificate, type PublicCertificate, replaceFile, storeName } from "./export-certificate.ts";
import { withJavaProperties } from "./java-options.ts";
import { pkcs12TrustStore, trustStorePassword } from "./pkcs12.ts";

/** Files that make a process trust the CA. None is secret. */
export type TrustFiles = {
  /** The certificate alone. */
  readonly certificate: string;
  /** The certificate and the roots of this machine. */
  readonly bundle: string;
  /** The same as `bundle` for Java: PKCS #12, password "faultwire". */
  readonly trustStore: string;
  /** A folder with settings for PHP, which name `bundle`. */
  readonly phpSettings: string;
};

/** What a variable does with the roots that a program has already. */
export type TrustEffect = "adds" | "replaces";

/**
 * The variables that make programs trust a CA, with what each does: `adds` gets the certificate alone, `replaces` the
 * bundle, because everything else would become untrusted otherwise.
 */
export const trustVariables: Readonly<Record<string, TrustEffect>> = {
  /** Node.js, and what is built on it. */
  NODE_EXTRA_CA_CERTS: "adds",
  /** Deno. */
  DENO_CERT: "adds",
  /** OpenSSL, and with it Python, Ruby, PHP; Go; rustls-native-certs; httpx; uv. */
  SSL_CERT_FILE: "replaces",
  /** Python's requests. */
  REQUESTS_CA_BUNDLE: "replaces",
  /** curl, and requests as its second choice. */
  CURL_CA_BUNDLE: "replaces",
  /** AWS's command and SDKs. */
  AWS_CA_BUNDLE: "replaces",
  /** git over HTTPS. */
  GIT_SSL_CAINFO: "replaces",
  /** pip. */
  PIP_CERT: "replaces",
  /** cargo. */
  CARGO_HTTP_CAINFO: "replaces",
  /** LWP of Perl. */
  PERL_LWP_SSL_CA_FILE: "replaces",
  /** gRPC's C core: Python, Ruby, PHP, C++. */
  GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: "replaces",
};

const javaVariable = "JAVA_TOOL_OPTIONS";
const phpVariable = "PHP_INI_SCAN_DIR";
const effects: ReadonlyArray<readonly [string, TrustEffect]> = Object.entries(trustVariables);

/** Where {@link writeTrustFiles} puts its files. */
const trustFilesIn = (folder: string): TrustFiles => ({
  certificate: join(folder, "ca.pem"),
  bundle: join(folder, "bundle.pem"),
  trustStore: join(folder, "truststore.p12"),
  phpSettings: join(folder, "php"),
});

/** The files that the variables name already, a company's own roots for instance, apart from ours. */
const namedBefore = (environment: Environment, files: TrustFiles): string[] => [
  ...new Set(
    effects
      .map(([name]) => environment[name])
      .filter((path): path is string => Boolean(path))
      .map((path) => resolve(path))
      .filter((path) => path !== files.certificate && path !== files.bundle),
  ),
];

/**
 * Writes the {@link TrustFiles} into a folder, anew each time, since the roots of the machine may have changed. The
 * certificates of files that the environment names already go into the bundle.
 *
 * @throws {@link CertificateAuthorityError} `storage-failed`
 * @example
 * ```ts
 * const files = await writeTrustFiles(ca, "trust");
 * ```
 */
export async function writeTrustFiles(
  ca: PublicCertificate,
  folder: string,
  environment: Environment = process.env,
): Promise<TrustFiles> {
  const files = trustFilesIn(resolve(folder));
  const roots = await machineRoots(namedBefore(environment, files));
  await exportCertificate(ca, files.certificate);
  await replaceFile(files.bundle, Buffer.from(bundlePem(ca.certificatePem, roots)));
  const stored = roots.map((pem, at) => ({ name: `root-${at}`, der: new X509Certificate(pem).raw }));
  await replaceFile(
    files.trustStore,
    pkcs12TrustStore([{ name: storeName(ca), der: ca.certificate.raw }, ...stored]),
  );
  await replaceFile(join(files.phpSettings, "faultwire.ini"), Buffer.from(phpSettings(files.bundle)));
  return files;
}

/** Settings of PHP: its curl and its streams read no variable. A quoted value takes any path without quotes. */
const phpSettings = (bundle: string): string =>
  ["curl.cainfo", "openssl.cafile"].map((name) => `${name} = "${bundle}"\n`).join("");

/** The folders that PHP reads settings from: an empty name stands for those that were built in. */
function phpFolders(folder: string, before = ""): string {
  return before.split(delimiter).includes(folder) ? before : `${before}${delimiter}${folder}`;
}

/**
 * The variables that make one process, and what it starts, trust the CA: nothing on the system changes.
 *
 * A variable that adds a certificate and named another file before gets the bundle, which holds that file's
 * certificates, too. Java's options are put after those that are there, and in the place of a trust store that they name.
 *
 * @example spawn("python3", ["app.py"], { env: { ...process.env, ...trustEnvironment(files) } });
 */
export function trustEnvironment(
  files: TrustFiles,
  environment: Environment = process.env,
): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const [name, effect] of effects) {
    const before = environment[name];
    const isOurs = !before || resolve(before) === files.certificate;
    variables[name] = effect === "adds" && isOurs ? files.certificate : files.bundle;
  }
  variables[phpVariable] = phpFolders(files.phpSettings, environment[phpVariable]);
  variables[javaVariable] = withJavaProperties(environment[javaVariable], {
    "javax.net.ssl.trustStore": files.trustStore,
    "javax.net.ssl.trustStoreType": "PKCS12",
    "javax.net.ssl.trustStorePassword": trustStorePassword,
  });
  return variables;
}
