// Who says hello, and how: one ClientHello per row.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { captureHello, startProgram } from "./loopback.mjs";

const HOST = "origin.test";
const firstLine = (command, ...args) => {
  try {
    return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).split(
      "\n",
    )[0];
  } catch {
    return undefined;
  }
};

/** Debian's configuration refuses the old versions; the library's own defaults do not. */
const plainConfiguration = { OPENSSL_CONF: "/dev/null" };
const weak = (ciphers) => `${ciphers}:@SECLEVEL=0`;

const node = (name, options) => ({
  name: `node ${name}`,
  program: `node ${process.versions.node}, OpenSSL ${process.versions.openssl}`,
  start(port) {
    const socket = connect({
      host: "127.0.0.1",
      port,
      servername: HOST,
      rejectUnauthorized: false,
      ...options,
    });
    socket.on("error", () => {});
    return () => socket.destroy();
  },
});

const program =
  (version, prefix, command, argumentsFor, env) =>
  (name, ...args) => ({
    name: `${prefix} ${name}`,
    program: version,
    start(port) {
      const running = startProgram(command, argumentsFor(port, args), { env, input: "" });
      return running.stop;
    },
  });

function rows() {
  const opensslVersion = firstLine("openssl", "version");
  const curlVersion = firstLine("curl", "--version");
  const gnutlsVersion = firstLine("gnutls-cli", "--version");
  const chromiumVersion = firstLine("chromium", "--version");
  const openssl = program(
    opensslVersion,
    "openssl s_client",
    "openssl",
    (port, args) => ["s_client", "-connect", `127.0.0.1:${port}`, ...args],
    plainConfiguration,
  );
  const sni = ["-servername", HOST];
  const curl = program(
    curlVersion?.split(" (")[0],
    "curl",
    "curl",
    (port, args) => ["-sk", "--max-time", "5", "--connect-to", `${HOST}:443:127.0.0.1:${port}`, ...args],
    plainConfiguration,
  );
  const gnutls = program(gnutlsVersion, "gnutls-cli", "gnutls-cli", (port, args) => [
    "--insecure",
    "--port",
    `${port}`,
    ...args,
    "127.0.0.1",
  ]);
  const families = {
    "RSA key exchange": "kRSA",
    "DHE with DSS certificates": "kDHE+aDSS",
    DHE: "kDHE",
    ECDHE: "kECDHE",
    anonymous: "aNULL",
    "pre-shared keys": "PSK",
    "DHE and pre-shared key": "kDHEPSK",
    "ECDHE and pre-shared key": "kECDHEPSK",
    "RSA and pre-shared key": "kRSAPSK",
    password: "SRP",
    "no encryption": "eNULL",
    Camellia: "CAMELLIA",
    ARIA: "ARIA",
    CCM: "AESCCM",
    "CCM with short tags": "AESCCM8",
    ChaCha20: "CHACHA20",
    "everything there is": "ALL:COMPLEMENTOFALL",
  };
  const found = [
    node("by default", {}),
    node("with ALPN", { ALPNProtocols: ["h2", "http/1.1"] }),
    node("without a server name", { servername: "" }),
    node("TLS 1.2 only", { maxVersion: "TLSv1.2" }),
    node("TLS 1.3 only", { minVersion: "TLSv1.3" }),
    node("TLS 1.0 only", { minVersion: "TLSv1", maxVersion: "TLSv1", ciphers: weak("DEFAULT") }),
    node("TLS 1.1 only", { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: weak("DEFAULT") }),
    node("asking for a stapled response", { requestOCSP: true }),
    node("with three groups", { ecdhCurve: "X25519:P-256:P-384" }),
    curl("by default", `https://${HOST}/`),
    curl("HTTP/1.1 only", "--http1.1", `https://${HOST}/`),
    curl("up to TLS 1.2", "--tls-max", "1.2", `https://${HOST}/`),
    curl("up to TLS 1.0", "--tlsv1.0", "--tls-max", "1.0", "--ciphers", weak("DEFAULT"), `https://${HOST}/`),
    openssl("by default", ...sni),
    openssl("without a server name", "-noservername"),
    openssl("TLS 1.0", "-tls1", "-cipher", weak("DEFAULT"), ...sni),
    openssl("TLS 1.1", "-tls1_1", "-cipher", weak("DEFAULT"), ...sni),
    openssl("TLS 1.2", "-tls1_2", ...sni),
    openssl("TLS 1.3", "-tls1_3", ...sni),
    openssl("TLS 1.0 to 1.3", "-min_protocol", "TLSv1", "-cipher", weak("DEFAULT"), ...sni),
    openssl("TLS 1.2 without a session ticket", "-tls1_2", "-no_ticket", ...sni),
    openssl("with a fallback signal", "-tls1_2", "-fallback_scsv", ...sni),
    ...Object.entries(families).map(([name, list]) =>
      openssl(
        name,
        "-tls1_2",
        "-cipher",
        weak(list),
        "-psk",
        "00",
        ...(list === "SRP" ? ["-srpuser", "user"] : []),
      ),
    ),
    ...["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"].map((suite) =>
      openssl(suite, "-tls1_3", "-ciphersuites", suite, ...sni),
    ),
    openssl(
      "TLS_AES_128_CCM_SHA256 and CCM_8",
      "-tls1_3",
      "-ciphersuites",
      "TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256",
    ),
    openssl("TLS 1.3 with an external key", "-tls1_3", "-psk", "0011223344556677"),
    openssl("with everything optional", "-alpn", "h2,http/1.1", "-status", "-maxfraglen", "1024", ...sni),
    openssl("with the protocol before ALPN", "-tls1_2", "-nextprotoneg", "http/1.1", ...sni),
    openssl("with SRTP", "-use_srtp", "SRTP_AES128_CM_SHA1_80", ...sni),
    openssl("with finite field groups", "-groups", "ffdhe2048:ffdhe3072:x448", ...sni),
    openssl("with old signatures", "-sigalgs", "ECDSA+SHA256:RSA+SHA1:rsa_pss_pss_sha256", ...sni),
    openssl("asking to authenticate later", "-enable_pha", ...sni),
    openssl("without compatibility", "-tls1_3", "-no_middlebox", ...sni),
  ];
  if (gnutlsVersion)
    found.push(
      gnutls("by default", "--sni-hostname", HOST),
      gnutls("with ALPN", "--alpn", "h2", "--alpn", "http/1.1", "--sni-hostname", HOST),
      gnutls("TLS 1.0", "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.0:%VERIFY_ALLOW_SIGN_WITH_SHA1"),
      gnutls("TLS 1.2", "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.2", "--sni-hostname", HOST),
      gnutls("TLS 1.3", "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.3", "--sni-hostname", HOST),
      gnutls("padded for dumb firewalls", "--priority", "NORMAL:%DUMBFW", "--sni-hostname", HOST),
      gnutls("with raw public keys", "--priority", "NORMAL:+CTYPE-CLI-ALL:+CTYPE-SRV-ALL"),
      gnutls(
        "with Camellia, CCM and ARCFOUR",
        "--priority",
        "NORMAL:+CAMELLIA-128-CBC:+AES-128-CCM:+ARCFOUR-128",
      ),
      gnutls("with post-handshake authentication", "--post-handshake-auth", "--sni-hostname", HOST),
    );
  if (chromiumVersion) {
    const profile = mkdtempSync(join(tmpdir(), "capture-chromium-"));
    const quiet = [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--no-first-run",
    ];
    const chromium = program(chromiumVersion.trim(), "chromium", "chromium", (port, args) => [
      ...quiet,
      `--user-data-dir=${profile}`,
      "--ignore-certificate-errors",
      "--proxy-server=direct://",
      `--host-resolver-rules=MAP ${HOST} 127.0.0.1`,
      ...args,
      `https://${HOST}:${port}/`,
    ]);
    found.push(chromium("by default"), chromium("up to TLS 1.2", "--ssl-version-max=tls1.2"));
    process.once("exit", () => rmSync(profile, { recursive: true, force: true }));
  }
  return found;
}

/** Captures them all, one after the other; those whose program refuses its arguments are named in `missing`. */
export async function captureHellos(log) {
  const hellos = [];
  const missing = [];
  for (const row of rows()) {
    const { name, program: by } = row;
    try {
      const bytes = await captureHello((port) => row.start(port));
      hellos.push({ name, program: by, hex: bytes.toString("hex") });
      log(`${name}: ${bytes.length} bytes`);
    } catch (error) {
      missing.push(name);
      log(`${name}: ${error.message}`);
    }
  }
  return { hellos, missing };
}
