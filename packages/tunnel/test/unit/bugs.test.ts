/** What happens to traffic when we throw where we must not: it passes, or its connection ends; nothing hangs. */

import { HttpExchanges, TlsFollower } from "@faultwire/fault-session/internal";
import { handshakeVectors } from "@faultwire/testkit/tls-vectors";
import { describe, expect, it, vi } from "vitest";
import { errorFault, scriptedPolicy } from "../../../fault-session/test/support/scripted-policy.ts";
import { TunnelProbe } from "../support/tunnel-probe.ts";

const get = "GET / HTTP/1.1\r\nHost: api.test\r\n\r\n";
const bugs = (probe: TunnelProbe): number => probe.events.filter(({ type }) => type === "bug").length;

describe("an error of ours", () => {
  it("in a connection that stays closed lets every byte pass, the chunk of the error included", async () => {
    const broken = vi.spyOn(TlsFollower.prototype, "see").mockImplementation(() => {
      throw new Error("a bug");
    });
    const [vector] = handshakeVectors();
    const probe = new TunnelProbe({ policy: scriptedPolicy({ isTarget: () => true }) });
    let fromServer = 0;
    for (const { from, bytes } of vector?.chunks ?? []) {
      probe.says(from, bytes);
      if (from === "server") fromServer += bytes.length;
      await probe.run(20);
    }
    broken.mockRestore();
    expect(bugs(probe)).toBe(1);
    expect(probe.got("client").length).toBe(fromServer);
    expect([...probe.ended]).toEqual([]);
  });

  it("in a request that nothing has changed yet lets it pass", async () => {
    const broken = vi.spyOn(HttpExchanges.prototype, "fromClient").mockImplementation(() => {
      throw new Error("a bug");
    });
    const probe = new TunnelProbe({ policy: scriptedPolicy() });
    probe.says("client", get);
    await probe.run(20);
    broken.mockRestore();
    expect(bugs(probe)).toBe(1);
    expect(probe.take("server")).toBe(get);
  });

  it("behind an answer of ours ends the connection", async () => {
    const policy = scriptedPolicy({ request: () => errorFault("anthropic/api_error") });
    const probe = new TunnelProbe({ policy });
    probe.says("client", get);
    await probe.run(20);
    const broken = vi.spyOn(HttpExchanges.prototype, "fromServer").mockImplementation(() => {
      throw new Error("a bug");
    });
    probe.says("server", "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
    await probe.run(20);
    probe.says("server", "x");
    await probe.run(20);
    broken.mockRestore();
    expect(bugs(probe)).toBe(1);
    expect([...probe.ended]).toContain("server");
  });

  it("of a policy lets everything pass, and is told once for each question", async () => {
    const policy = scriptedPolicy();
    const fails = (): never => {
      throw new Error("a bug");
    };
    const probe = new TunnelProbe({
      policy: { ...policy, request: fails, connection: fails, record: fails },
    });
    for (let request = 0; request < 3; request++) {
      probe.says("client", get);
      await probe.run(20);
      expect(probe.take("server")).toBe(get);
    }
    const told = probe.events.filter((event) => event.type === "policy-bug");
    expect(told.map(({ question }) => question).sort()).toEqual(["connection", "record", "request"]);
    expect(told[0]).toMatchObject({ tunnel: "t", message: expect.stringContaining("a bug") });
  });
});
