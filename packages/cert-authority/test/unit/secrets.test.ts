import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { CertificateAuthority, type Leaf } from "@faultwire/cert-authority";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../openssl.ts";

/** Everything that a log could make of a value. */
const writtenForms = (value: unknown): string =>
  [
    inspect(value, {
      depth: 20,
      showHidden: true,
      getters: true,
      maxStringLength: null,
      maxArrayLength: null,
    }),
    JSON.stringify(value),
    String(value),
    JSON.stringify(Object.entries(value as object)),
    inspect(structuredClone(JSON.parse(JSON.stringify(value)))),
  ].join("\n");

/** Pieces of a key that no text may hold: PEM headers, and its private part in base64 and hexadecimal. */
function piecesOf(keyPem: string): string[] {
  const body = keyPem.replaceAll(/-----[^-]+-----|\s/g, "");
  const der = Buffer.from(body, "base64");
  // The private number of a P-256 key in PKCS #8 starts after 36 bytes of what every such key begins with.
  const secret = der.subarray(36, 36 + 32);
  return [
    "PRIVATE KEY-----",
    body.slice(48, 80),
    secret.toString("hex"),
    secret.toString("base64").slice(2, 30),
    [...secret.subarray(0, 8)].join(", "),
  ];
}

/** A CA in a folder of its own, and its key. */
async function storedAuthority(): Promise<{ ca: CertificateAuthority; keyPem: string }> {
  const ca = await CertificateAuthority.loadOrCreate({
    directory: temporaryFolder(),
    targets: ["a.example"],
    environment: {},
  });
  return { ca, keyPem: readFileSync(ca.keyPath ?? "", "utf8") };
}

describe("private keys", () => {
  it("do not show in what a log makes of a CA", async () => {
    const { ca, keyPem } = await storedAuthority();
    const text = writtenForms(ca);
    expect(text).toContain(ca.fingerprint256);
    for (const piece of piecesOf(keyPem)) expect(text).not.toContain(piece);
  });

  it("do not show in what a log makes of a leaf, even after they were used", async () => {
    const ca = await CertificateAuthority.ephemeral({ targets: ["a.example"] });
    const leaf: Leaf = await ca.forHost("a.example");
    leaf.secureContext();
    const text = writtenForms(leaf);
    expect(text).toContain("a.example");
    for (const piece of piecesOf(leaf.privateKeyPem())) expect(text).not.toContain(piece);
  });

  it("are not copied along with a leaf or a CA", async () => {
    const ca = await CertificateAuthority.ephemeral({ targets: ["a.example"] });
    const leaf = await ca.forHost("a.example");
    expect(Object.keys(Object.assign({}, leaf))).toEqual([]);
    expect(Object.keys(Object.assign({}, ca))).toEqual(["sniCallback"]);
  });

  it("of the root are given to nobody", async () => {
    const ca = await CertificateAuthority.ephemeral({ targets: ["a.example"] });
    const members = Object.getOwnPropertyNames(CertificateAuthority.prototype);
    expect(members.filter((name) => /private|secret/i.test(name) || name === "key")).toEqual([]);
    for (const name of members.filter((name) => name !== "constructor")) {
      const value: unknown = Reflect.get(ca, name);
      if (typeof value !== "function") expect(inspect(value, { depth: 20 })).not.toMatch(/private/i);
    }
  });

  it("do not show in errors about hosts", async () => {
    const { ca, keyPem } = await storedAuthority();
    const failures = await Promise.allSettled([
      ca.forHost("b.example"),
      ca.forHost("..."),
      ca.issue({ hosts: [] }),
    ]);
    for (const failure of failures) {
      if (failure.status !== "rejected") throw new Error("an error was expected");
      const text = inspect(failure.reason, { depth: 20, showHidden: true });
      for (const piece of piecesOf(keyPem)) expect(text).not.toContain(piece);
    }
  });
});
