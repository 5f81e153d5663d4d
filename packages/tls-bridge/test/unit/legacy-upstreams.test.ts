/** Certificates of upstreams that current clients refuse: so does the bridge, and whoever must can have them taken. */
import type { SecureVersion } from "node:tls";
import { type LegacyTrait, TestAuthority } from "@faultwire/testkit/test-authority";
import { describe, expect, it } from "vitest";
import type { UpstreamTrust } from "../../src/index.ts";
import { bridged, type Told } from "../support/bridged.ts";
import { carry, deliverRest, MemoryPeer } from "../support/memory-peers.ts";

const authority = new TestAuthority("legacy upstreams");
const HOST = "api.origin.test";
const versions: readonly SecureVersion[] = ["TLSv1.2", "TLSv1.3"];
const traits: Readonly<Record<LegacyTrait, { readonly reason: RegExp; readonly words: RegExp }>> = {
  "common-name-only": { reason: /^ERR_TLS_CERT_ALTNAME_INVALID$/, words: /in its common name alone/ },
  "partial-wildcard": {
    reason: /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    words: /by a wildcard for a part of a label alone/,
  },
  "rsa-1024": { reason: /./, words: /key too weak, and no current client/ },
  // OpenSSL would take it.
  "rsa-2040": {
    reason: /^RSA_KEY_TOO_SMALL$/,
    words: /RSA key has 2040 bits, which is too weak, and no current client/,
  },
  "sha-1": { reason: /./, words: /digest algorithm too weak, and no current client/ },
  "issuer-rsa-1024": { reason: /./, words: /key too weak, and no current client/ },
  "issuer-sha-1": { reason: /./, words: /digest algorithm too weak, and no current client/ },
};

async function meet(
  version: SecureVersion,
  trait: LegacyTrait,
  trust: UpstreamTrust = {},
): Promise<{ client: MemoryPeer; told: Told }> {
  const client = MemoryPeer.client({
    ca: authority.caPem,
    servername: HOST,
    minVersion: version,
    maxVersion: version,
  });
  const server = MemoryPeer.server({ ...authority.issueLegacy(HOST, trait), ciphers: "DEFAULT:@SECLEVEL=0" });
  const { bridge, told } = bridged(authority, {
    identityFor: async ({ keyType }) => authority.issue(HOST, keyType),
    upstream: { caPem: [authority.caPem], ...trust },
  });
  await carry(client, bridge, server);
  await deliverRest(client, bridge, server);
  return { client, told };
}

describe.each(versions)("an upstream of %s", (version) => {
  it.each(Object.entries(traits) as [LegacyTrait, (typeof traits)[LegacyTrait]][])(
    "with %s is refused, as current clients do, and its client learns of it by an alert",
    async (trait, { reason, words }) => {
      const { client, told } = await meet(version, trait);
      expect(told.events).toEqual(["upstream-untrusted"]);
      const { failure } = told;
      expect(failure).toMatchObject({ code: "upstream-untrusted", host: HOST });
      expect(failure?.code === "upstream-untrusted" && failure.reason).toMatch(reason);
      expect(failure?.code === "upstream-untrusted" && failure.words).toMatch(words);
      expect(client.error?.code).toMatch(/ALERT_BAD_CERTIFICATE$/);
    },
  );

  it.each(Object.keys(traits) as LegacyTrait[])(
    "with %s is taken where legacy upstreams are",
    async (trait) => {
      expect((await meet(version, trait, { legacy: true })).told.events).toEqual(["established"]);
    },
  );

  it("with anything else wrong is refused all the same", async () => {
    const trust = { legacy: true, caPem: [] };
    expect((await meet(version, "rsa-1024", trust)).told.events).toEqual(["upstream-untrusted"]);
  });

  it("that is not verified at all may have any certificate", async () => {
    for (const trait of Object.keys(traits) as LegacyTrait[])
      expect((await meet(version, trait, { insecure: true })).told.events).toEqual(["established"]);
  });
});
