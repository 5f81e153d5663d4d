/** A client whose offer can't be opened: its connection passes as it is, and that is told once with the reason. */
import { describe, expect, it } from "vitest";
import { scriptedPolicy } from "../../../fault-session/test/support/scripted-policy.ts";
import { HttpsTunnel } from "../support/https-tunnel.ts";

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
