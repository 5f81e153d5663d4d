/** A client whose offer can't be opened: its connection passes as it is, and that is told once with the reason. */
import { createPublicKey } from "node:crypto";
import { TlsMemoryPeer } from "@faultwire/testkit/tls-memory-peer";
import {
  ContentType,
  decodeClientHello,
  ExtensionType,
  encodeHandshake,
  encodeRecords,
  SignatureScheme,
} from "@faultwire/tls-parser";
import { describe, expect, it } from "vitest";
import { scriptedPolicy } from "../../../fault-session/test/support/scripted-policy.ts";
import { openedByTests } from "../../../fault-session/test/support/tls-peers.ts";
import { HttpsTunnel, ourAuthority } from "../support/https-tunnel.ts";
import { TunnelProbe } from "../support/tunnel-probe.ts";

const get = "GET / HTTP/1.1\r\nHost: api.test\r\n\r\n";
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine";
const tls12 = { maxVersion: "TLSv1.2" } as const;

const offers = [
  {
    what: "CCM alone in TLS 1.3",
    client: { ciphers: "TLS_AES_128_CCM_SHA256", minVersion: "TLSv1.3" },
    detail: /cipher suite.* in TLSv1\.3/,
  },
  {
    what: "CCM alone in TLS 1.2",
    client: { ciphers: "ECDHE-ECDSA-AES128-CCM", ...tls12 },
    detail: /cipher suite.* in TLSv1\.2/,
  },
  {
    what: "a finite field alone that is too large",
    client: { ecdhCurve: "ffdhe8192", minVersion: "TLSv1.3" },
    detail: /group.*ffdhe8192/,
  },
] as const;

describe.each(offers)("a client that offers $what", ({ client, detail }) => {
  it.each([37, 4096])(
    "passes through closed, in chunks of %i, and the event says why",
    async (chunkBytes) => {
      const tunnel = new HttpsTunnel({ policy: scriptedPolicy(), client, upstream: client, chunkBytes });
      tunnel.serve(() => ok);
      await tunnel.settle();
      expect(await tunnel.exchange(get)).toBe(ok);
      const told = tunnel.probe.events.map(({ type }) => type);
      expect(told.filter((type) => type === "not-opened" || type === "session-failed")).toEqual([
        "not-opened",
      ]);
      expect(told.filter((type) => type === "handshake")).toEqual(["handshake"]);
      expect(tunnel.probe.events).toContainEqual(
        expect.objectContaining({
          type: "not-opened",
          host: "api.test",
          why: "unsupported-offer",
          detail: expect.stringMatching(detail),
        }),
      );
    },
  );
});

it("a client that takes no certificate signed as ours are passes through closed, and the event says why", async () => {
  const flight = await TlsMemoryPeer.client({ servername: "api.test" }).take();
  const hello = decodeClientHello(flight.subarray(9));
  const cert = {
    type: ExtensionType.signatureAlgorithmsCert,
    kind: "signatureAlgorithmsCert",
    schemes: [SignatureScheme.rsa_pkcs1_sha256],
  } as const;
  const fragment = encodeHandshake({ ...hello, extensions: [...(hello.extensions ?? []), cert] });
  const bytes = encodeRecords({ type: ContentType.handshake, legacyVersion: 0x0301, fragment });
  const probe = new TunnelProbe({
    policy: scriptedPolicy(),
    intercept: openedByTests({ issuerKey: createPublicKey(ourAuthority().caPem) }),
  });
  probe.says("client", bytes);
  await probe.run(10);
  expect(probe.events).toContainEqual(
    expect.objectContaining({
      type: "not-opened",
      why: "unsupported-offer",
      detail: expect.stringContaining("takes no certificate that is signed by ecdsa_secp256r1_sha256"),
    }),
  );
  expect(Buffer.from(probe.got("server"))).toEqual(Buffer.from(bytes));
});
