/** HTTPS that `serve` opens: whom it believes upstream, and what it says to clients that don't believe it. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { CertificateAuthority } from "@faultwire/cert-authority";
import { type FaultHost, startFaultHost } from "@faultwire/fault-host";
import { type Origin, startByteOrigin } from "@faultwire/testkit/byte-origin";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type RunningFaultwire, startFaultwire } from "../faultwire-process.ts";
import { attemptTls, type TlsOutcome } from "../tunnel-client.ts";

const run = promisify(execFile);
const target = "api.anthropic.com";
const bystander = "other.example.com";
const scratch = mkdtempSync(join(tmpdir(), "faultwire-interception-"));
/** Vouches for the upstream, as a company's own CA would. */
let upstreamCa: CertificateAuthority;
let origin: Origin;
let host: FaultHost | undefined;
let faultwire: RunningFaultwire | undefined;

beforeAll(async () => {
  upstreamCa = await CertificateAuthority.ephemeral({ targets: [target, bystander] });
  writeFileSync(join(scratch, "upstream.pem"), upstreamCa.certificatePem);
  origin = await startByteOrigin({ tls: { SNICallback: upstreamCa.sniCallback } });
});
afterEach(async () => {
  await host?.close();
  await faultwire?.stop();
  host = undefined;
  faultwire = undefined;
});
afterAll(async () => {
  await origin.close();
  rmSync(scratch, { recursive: true, force: true });
});

async function serve(...flags: readonly string[]): Promise<void> {
  faultwire = await startFaultwire("serve", "--error-probability", "0", ...flags);
  host = await startFaultHost({ plugins: faultwire.ready.plugins, proxyPort: 0 });
}

const attempt = (servername: string, ca: string): Promise<TlsOutcome> =>
  attemptTls(host?.proxyUrl ?? "", `127.0.0.1:${origin.port}`, { servername, ca });
const ours = (): string => readFileSync(faultwire?.ready.caCert ?? "", "utf8");
const warnings = (event: string): Record<string, unknown>[] =>
  (faultwire?.stderr() ?? "")
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line["event"] === event);

describe("an upstream", () => {
  it("that nobody vouches for is not believed, and the client's handshake fails with it", async () => {
    await serve();
    expect(await attempt(target, ours())).toMatchObject({ secured: false, received: "" });
    expect(warnings("session-failed")).toHaveLength(1);
  });

  it("that --upstream-ca vouches for is, and other hosts stay closed", async () => {
    await serve("--upstream-ca", join(scratch, "upstream.pem"));
    expect((await attempt(target, ours())).received).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*hi/);
    expect((await attempt(bystander, upstreamCa.certificatePem)).received).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  it("is believed whoever it is with --upstream-insecure, which is said loudly", async () => {
    await serve("--upstream-insecure");
    expect((await attempt(target, ours())).received).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(warnings("upstream-insecure")[0]?.["msg"]).toContain("UPSTREAMS ARE NOT VERIFIED");
  });

  it("is the client's own matter with --intercept connection", async () => {
    await serve("--intercept", "connection");
    expect((await attempt(target, upstreamCa.certificatePem)).received).toMatch(/^HTTP\/1\.1 200 OK/);
  });
});

describe("a client that does not trust our CA", () => {
  it("is told of once, with what to do", async () => {
    await serve("--upstream-ca", join(scratch, "upstream.pem"));
    // curl sends an alert that says so; Node's client ends its connection without a word.
    for (let times = 0; times < 2; times++) {
      const asked = run("curl", [
        ...["-s", "--proxy", host?.proxyUrl ?? "", "--connect-to", `${target}:443:127.0.0.1:${origin.port}`],
        ...["--cacert", join(scratch, "upstream.pem"), `https://${target}/`],
      ]);
      await expect(asked).rejects.toMatchObject({ code: 60 });
    }
    await expect.poll(() => warnings("untrusted")).toHaveLength(1);
    expect(warnings("untrusted")[0]?.["msg"]).toContain('eval "$(faultwire ca env)"');
  });
});
