import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CertificateAuthority } from "@faultwire/cert-authority";
import { soon } from "@faultwire/testkit/soon";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../openssl.ts";
import { nodeVerdict, startServer } from "../tls-pair.ts";

/** Runs a program without blocking this process, which is the server that it talks to. */
async function output(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      text += chunk;
    });
  await soon(once(child, "close"), "the event close of child", 45_000);
  return text;
}

describe("a server with our leaves", () => {
  it("is believed by Node, for each name that a client asks for", async () => {
    const ca = await CertificateAuthority.ephemeral({ targets: ["*.example.com", "bücher.example"] });
    const port = await startServer({ SNICallback: ca.sniCallback });
    for (const servername of ["a.example.com", "b.c.example.com", "example.com", "xn--bcher-kva.example"])
      expect(await nodeVerdict(port, { servername, ca: ca.certificatePem })).toBe("OK");
  });

  it("answers a name that it may not stand for with a failed handshake, and goes on", async () => {
    const ca = await CertificateAuthority.ephemeral({ targets: ["a.example"] });
    const port = await startServer({ SNICallback: ca.sniCallback });
    expect(await nodeVerdict(port, { servername: "b.example", ca: ca.certificatePem })).not.toBe("OK");
    expect(await nodeVerdict(port, { servername: "a.example", ca: ca.certificatePem })).toBe("OK");
  });

  it.each(["127.0.0.1", "localhost"])("is believed by curl as %s", async (host) => {
    const ca = await CertificateAuthority.ephemeral({ targets: ["*"], constrained: false });
    const leaf = await ca.forHost(host);
    const port = await startServer({ cert: leaf.certificateChainPem, key: leaf.privateKeyPem() });
    const rootPath = join(temporaryFolder(), "root.pem");
    writeFileSync(rootPath, ca.certificatePem);
    const args = ["-q", "-sS", "--noproxy", "*", "-4", "--cacert", rootPath, `https://${host}:${port}/`];
    expect(await output("curl", args)).toBe("hello");
  });

  it.each(["TLSv1.2", "TLSv1.3"] as const)(
    "serves a client that offers no ECDSA over %s",
    async (version) => {
      const ca = await CertificateAuthority.ephemeral({ targets: ["a.example"], keyType: "rsa-3072" });
      const leaf = await ca.forHost("a.example", { keyType: "rsa-2048" });
      const port = await startServer({
        secureContext: undefined,
        SNICallback: (_name, done) => done(null, leaf.secureContext()),
      });
      const client = {
        servername: "a.example",
        ca: ca.certificatePem,
        sigalgs: "rsa_pss_rsae_sha256:rsa_pkcs1_sha256",
        minVersion: version,
        maxVersion: version,
      };
      expect(await nodeVerdict(port, client)).toBe("OK");
    },
  );

  it("is believed by another Node that was told by NODE_EXTRA_CA_CERTS", async () => {
    const ca = await CertificateAuthority.ephemeral({ targets: ["localhost"] });
    const leaf = await ca.forHost("localhost");
    const port = await startServer({ cert: leaf.certificateChainPem, key: leaf.privateKeyPem() });
    const rootPath = join(temporaryFolder(), "root.pem");
    writeFileSync(rootPath, ca.certificatePem);
    const program = `fetch("https://localhost:${port}/").then((r) => r.text()).then(console.log, (e) => console.log(e.cause.code))`;
    const env = { PATH: process.env["PATH"] ?? "", NODE_OPTIONS: "--dns-result-order=ipv4first" };
    expect(await output(process.execPath, ["-e", program], env)).not.toBe("hello\n");
    expect(await output(process.execPath, ["-e", program], { ...env, NODE_EXTRA_CA_CERTS: rootPath })).toBe(
      "hello\n",
    );
  });
});
