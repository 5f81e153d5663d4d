import { handshakeVectors } from "@faultwire/testkit/tls-vectors";
import { encodeRecord } from "@faultwire/tls-parser";
import { describe, expect, it } from "vitest";
import { RecordSealer } from "../../src/index.ts";
import { VectorOpener } from "../support/open-vector.ts";

const vectors = handshakeVectors()
  .map((vector) => ({ name: vector.name, facts: vector.facts, result: new VectorOpener(vector) }))
  .filter(({ result }) => result.openings.length > 0);

describe("the captured connections", () => {
  it("cover both versions, every AEAD, resumption, renegotiation, early data and key updates", () => {
    const suites = new Set(vectors.map(({ result }) => result.suiteName));
    for (const suite of [
      "TLS_AES_128_GCM_SHA256",
      "TLS_AES_256_GCM_SHA384",
      "TLS_CHACHA20_POLY1305_SHA256",
      "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
      "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    ])
      expect(suites).toContain(suite);
    const names = vectors.map(({ name }) => name);
    for (const name of [
      "rfc8448-3-simple",
      "rfc8448-4-resumed-early-data",
      "rfc8448-5-retry",
      "rfc8448-6-client-certificate",
      "rfc8448-7-compatibility",
      "tls12-renegotiated",
      "tls12-resumed-by-id",
      "tls13-early-data-accepted",
      "tls13-key-updated",
    ])
      expect(names).toContain(name);
    expect(vectors.length).toBeGreaterThanOrEqual(38);
  });
});

describe.each(vectors)("the captured connection $name", ({ name, result }) => {
  it("opens to its last protected record", () => {
    const closed = result.openings.filter(({ opened }) => opened === undefined);
    // The key log of a server that rejects early data has no secret for it.
    expect(closed).toHaveLength(name === "tls13-early-data-rejected" ? 1 : 0);
  });

  it("is sealed again as it was: to the byte where the nonce is no choice, else to the length", () => {
    for (const { record, opened, secrets } of result.openings) {
      if (opened === undefined || secrets === undefined) continue;
      const { contentType, plaintext, paddingBytes } = opened;
      const sealed = new RecordSealer(secrets).seal(contentType, plaintext, { paddingBytes });
      if (secrets.suite.explicitNonceBytes > 0) expect(sealed.length).toBe(record.byteLength);
      else
        expect(Buffer.from(sealed).toString("hex")).toBe(Buffer.from(encodeRecord(record)).toString("hex"));
    }
  });
});
