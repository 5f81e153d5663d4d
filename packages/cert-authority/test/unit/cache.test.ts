import { CertificateAuthority, certificateAuthorityLimits } from "@faultwire/cert-authority";
import { describe, expect, it } from "vitest";

const dayMs = 86_400_000;

describe("the leaves of a CA", () => {
  it("are made once for all who ask at the same time", async () => {
    const ca = await CertificateAuthority.ephemeral({ targets: ["a.example"] });
    const leaves = await Promise.all(Array.from({ length: 20 }, () => ca.forHost("a.example")));
    expect(new Set(leaves).size).toBe(1);
  });

  it("are kept for who asks later, one per host and key type", async () => {
    const ca = await CertificateAuthority.ephemeral({ targets: ["a.example"] });
    const first = await ca.forHost("a.example");
    expect(await ca.forHost("a.example")).toBe(first);
    expect(await ca.forHost("b.a.example")).not.toBe(first);
    const rsa = await ca.forHost("a.example", { keyType: "rsa-2048" });
    expect(rsa.keyType).toBe("rsa-2048");
    expect(await ca.forHost("a.example", { keyType: "rsa-2048" })).toBe(rsa);
    const bad = await ca.issueInvalid("expired", "a.example");
    expect(bad).not.toBe(first);
    expect(await ca.issueInvalid("expired", "a.example")).toBe(bad);
    expect(await ca.forHost("a.example")).toBe(first);
  });

  it("are no more than was said: the least recently used goes first", async () => {
    const ca = await CertificateAuthority.ephemeral({ targets: ["a.example"], maxCachedLeaves: 2 });
    const one = await ca.forHost("1.a.example");
    const two = await ca.forHost("2.a.example");
    expect(await ca.forHost("1.a.example")).toBe(one);
    await ca.forHost("3.a.example");
    expect(await ca.forHost("1.a.example")).toBe(one);
    expect(await ca.forHost("2.a.example")).not.toBe(two);
  });

  it.each([0, -1, 1.5, Number.NaN])("can't be %d at most", async (maxCachedLeaves) => {
    const making = CertificateAuthority.ephemeral({ targets: ["a.example"], maxCachedLeaves });
    await expect(making).rejects.toMatchObject({ code: "bad-option" });
  });

  it("are replaced well before they expire", async () => {
    let now = Date.UTC(2027, 0, 1);
    const ca = await CertificateAuthority.ephemeral({ targets: ["a.example"], now: () => now });
    const first = await ca.forHost("a.example");
    now += 50 * dayMs;
    expect(await ca.forHost("a.example")).toBe(first);
    now += 20 * dayMs;
    const second = await ca.forHost("a.example");
    expect(second).not.toBe(first);
    expect(first.notAfter.getTime()).toBeGreaterThan(now);
    expect(second.notAfter.getTime()).toBeGreaterThan(first.notAfter.getTime());
  });

  it("share one key, which is replaced after a day", async () => {
    let now = Date.UTC(2027, 0, 1);
    const ca = await CertificateAuthority.ephemeral({ targets: ["a.example"], now: () => now });
    const [one, two] = await Promise.all([ca.forHost("1.a.example"), ca.forHost("2.a.example")]);
    expect(one.privateKey).toBe(two.privateKey);
    now += dayMs;
    const three = await ca.forHost("3.a.example");
    expect(three.privateKey.equals(one.privateKey)).toBe(false);
    expect(await ca.forHost("1.a.example")).toBe(one);
  });

  it("do not stay when issuing failed: the next who asks gets a fresh try", async () => {
    const ca = await CertificateAuthority.ephemeral({ targets: ["a.example"] });
    const failures = await Promise.allSettled([ca.forHost("b.example"), ca.forHost("b.example")]);
    expect(failures.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await expect(ca.forHost("b.example")).rejects.toMatchObject({ code: "outside-constraint" });
  });

  it("have as many secure contexts as the limit says: the least recently used is made again", async () => {
    const { secureContexts } = certificateAuthorityLimits;
    const ca = await CertificateAuthority.ephemeral({ targets: ["a.example"] });
    const first = await ca.forHost("a.example");
    const context = first.secureContext();
    const others = (from: number, count: number) =>
      Promise.all(Array.from({ length: count }, (_, at) => ca.forHost(`${from + at}.a.example`)));
    for (const leaf of await others(0, secureContexts - 1)) leaf.secureContext();
    expect(first.secureContext()).toBe(context);
    for (const leaf of await others(secureContexts, secureContexts)) leaf.secureContext();
    expect(first.secureContext()).not.toBe(context);
  });

  it("give the same secure context each time", async () => {
    const ca = await CertificateAuthority.ephemeral({ targets: ["a.example"] });
    const leaf = await ca.forHost("a.example");
    expect(leaf.secureContext()).toBe(leaf.secureContext());
  });
});
