import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";
import { text } from "node:stream/consumers";
import { connect, createServer } from "node:tls";
import { CertificateAuthority } from "@faultwire/cert-authority";
import { TestAuthority } from "@faultwire/testkit/test-authority";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { interceptor } from "./interceptor.ts";

const HOST = "origin.test";
/** A root's RSA key of 3,072 bits takes half a second to find, and on a machine that is busy a minute. */
const KEY_PATIENCE_MS = 240_000;
const upstreamAuthority = new TestAuthority("interceptor README");

/** Answers everything with 200 behind the request's end, so that a client may end its half first. */
const upstream = createServer({ ...upstreamAuthority.issue(HOST), allowHalfOpen: true }, (socket) => {
  socket.on("error", () => {});
  socket.resume().on("end", () => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
});
const proxies: Server[] = [];

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** The port of an interceptor in front of the upstream, which turns its 200 into a 503. */
async function intercepting(ca: CertificateAuthority, caPem: readonly string[]): Promise<number> {
  const proxy = interceptor(
    ca,
    { host: "127.0.0.1", port: (upstream.address() as AddressInfo).port, caPem },
    (plaintext) =>
      Buffer.from(Buffer.from(plaintext).toString("latin1").replace("200 OK", "503 Sorry"), "latin1"),
  );
  proxies.push(proxy);
  return await listen(proxy);
}

/** Says one request, ends its half, and hears the other one to its end. */
async function ask(
  port: number,
  options: { readonly ca: string; readonly sigalgs?: string },
): Promise<{ said: string; key: string | undefined }> {
  const client = connect({ host: "127.0.0.1", port, servername: HOST, ...options });
  await once(client, "secureConnect");
  const key = client.getPeerCertificate().asn1Curve;
  client.end("GET / HTTP/1.1\r\n\r\n");
  return { said: await text(client), key };
}

beforeAll(() => listen(upstream));
afterAll(() => upstream.close());
afterEach(() => {
  for (const proxy of proxies.splice(0)) proxy.close();
  vi.restoreAllMocks();
});

it("the README's interceptor answers a client that trusts its CA, half-closed as it is", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  const ca = await CertificateAuthority.ephemeral({ targets: [HOST] });
  const port = await intercepting(ca, [upstreamAuthority.caPem]);
  const { said, key } = await ask(port, { ca: ca.certificatePem });
  expect(said).toBe("HTTP/1.1 503 Sorry\r\ncontent-length: 0\r\n\r\n");
  expect(key).toBe("prime256v1");
  expect(log.mock.calls).toEqual([["origin.test in TLSv1.3"]]);
});

it(
  "the README's interceptor has an RSA certificate for a client that verifies nothing else",
  async () => {
    vi.spyOn(console, "log").mockImplementation(() => {});
    const ca = await CertificateAuthority.ephemeral({ targets: [HOST], keyType: "rsa-3072" });
    const port = await intercepting(ca, [upstreamAuthority.caPem]);
    const sigalgs = "rsa_pss_rsae_sha256:rsa_pkcs1_sha256";
    const { said, key } = await ask(port, { ca: ca.certificatePem, sigalgs });
    expect(said).toContain("503 Sorry");
    expect(key).toBeUndefined();
  },
  KEY_PATIENCE_MS,
);

it("the README's interceptor says why it has no session with an upstream that does not verify", async () => {
  const error = vi.spyOn(console, "error").mockImplementation(() => {});
  const ca = await CertificateAuthority.ephemeral({ targets: [HOST] });
  const port = await intercepting(ca, []);
  await expect(ask(port, { ca: ca.certificatePem })).rejects.toThrow();
  await expect.poll(() => error.mock.calls.flat().join("\n")).toContain("upstream-untrusted");
});
