// What tlsfuzzer talks to: `faultwire proxy`, which takes a client that names nobody for one of a target, opens its TLS with the
// bridge, and has an upstream that answers any request.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { connect } from "node:tls";
import { CertificateAuthority } from "@faultwire/cert-authority";

const name = "origin.test";
const command = join(import.meta.dirname, "../../apps/cli/bin/faultwire.js");

/** Starts both. @returns `port`, and `stop()`, which gives `bugs`, what the proxy said of errors of its own, and `closed`, how many connections it left to the upstream */
export async function startServer() {
  const home = mkdtempSync(join(tmpdir(), "faultwire-tlsfuzzer-"));
  const file = (of) => join(home, of);
  const authority = await CertificateAuthority.ephemeral({ targets: [name], keyType: "rsa-3072" });
  const leaves = [await authority.forHost(name), await authority.forHost(name, { keyType: "rsa-2048" })];
  const upstream = createServer(
    {
      key: leaves.map((leaf) => leaf.privateKeyPem()),
      cert: leaves.map((leaf) => leaf.certificateChainPem),
      minVersion: "TLSv1.2",
    },
    (_request, response) => response.end("hello from behind the bridge\n"),
  );
  upstream.on("tlsClientError", () => {});
  upstream.listen(0, "127.0.0.1");
  await once(upstream, "listening");
  // Most scripts verify RSA alone, also of the CA's own signature; by default our CA signs by ECDSA.
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=tlsfuzzer"],
      ...["-addext", "keyUsage=critical,keyCertSign", "-keyout", file("ca-key.pem"), "-out", file("ca.pem")],
    ],
    { stdio: "pipe" },
  );
  writeFileSync(file("upstream.pem"), authority.certificatePem);
  writeFileSync(file("faults.yaml"), `version: 1\ntargets: [${name}]\nrules: []\n`);
  const child = spawn(
    process.execPath,
    [
      ...[command, "proxy", "--port", "0", "--config", file("faults.yaml"), "--sni-default", name],
      // Lazy: what the client's handshake comes to is our own choice, and not the upstream's.
      ...["--upstream", "lazy"],
      ...["--upstream-ca", file("upstream.pem"), "--ca-cert", file("ca.pem"), "--ca-key", file("ca-key.pem")],
      ...["--ready-file", file("ready.json"), "--log-format", "json"],
      ...["--resolve", `${name}:443:127.0.0.1:${upstream.address().port}`],
    ],
    {
      env: { ...process.env, HOME: home, XDG_DATA_HOME: home, XDG_CONFIG_HOME: home },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let log = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => (log += text));
  const exited = once(child, "exit");
  while (!existsSync(file("ready.json"))) {
    if (child.exitCode !== null) throw new Error(`faultwire proxy has ended:\n${log}`);
    await pause(50);
  }
  const port = Number(new URL(JSON.parse(readFileSync(file("ready.json"), "utf8")).proxy).port);
  // The first client of each kind waits for a key, on a busy machine longer than tlsfuzzer does.
  for (const sigalgs of ["ecdsa_secp256r1_sha256", "rsa_pss_rsae_sha256"]) {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, sigalgs });
    await once(socket, "secureConnect");
    socket.destroy();
  }
  return {
    port,
    log: () => log,
    async stop() {
      child.kill("SIGTERM");
      await exited;
      upstream.close();
      upstream.closeAllConnections();
      rmSync(home, { recursive: true, force: true });
      const lines = log.split("\n");
      return {
        bugs: lines.filter((line) => /"event":"(?:bug|policy-bug)"/.test(line)),
        closed: lines.filter((line) => line.includes('"event":"not-opened"')).length,
      };
    },
  };
}
