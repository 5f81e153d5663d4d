/** Inputs that showed a fault once, as they were: see the folders. */
import { unsentReason } from "@faultwire/fault-session";
import { describe, expect, it } from "vitest";
import { runInputCase } from "../support/input-case.ts";

describe("two equal Content-Lengths in a response", () => {
  const name = "silent-after-equal-content-lengths";

  it.each([true, false])("keep no rule from the next request (TLS: %s)", async (tls) => {
    const { rig, answers } = await runInputCase(name, { tls });
    expect(answers[0]).toBe("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello");
    expect(answers[1]).toMatch(/^HTTP\/1\.1 529 /);
    expect(rig.told("unread")).toEqual([]);
  });
});

describe("chunk sizes with spaces behind them", () => {
  const name = "padded-chunk-size-loses-body";

  it.each([true, false])("keep no fault from the body (TLS: %s)", async (tls) => {
    const { rig, answers } = await runInputCase(name, { tls });
    expect(answers[0]).toContain('data: {"type":"message_start"}\n\n');
    expect(answers[0]).toContain('"delta":{"text":"a"}}\n\n');
    expect(answers[0]).not.toContain("message_stop");
    expect(rig.told("done").length).toBe(1);
    expect(rig.told("undone")).toEqual([]);
  });
});

describe("an upstream that closes at our question, or says nothing to it", () => {
  const name = "plain-injection-upstream-closes-on-head";

  it.each(["close", "ignore"] as const)(
    "leaves an answer of ours undone, and that is told (%s)",
    async (onHead) => {
      const { rig, answers } = await runInputCase(name, { onHead }, 9000);
      expect(answers).toEqual([""]);
      expect(rig.told("done")).toEqual([]);
      expect(rig.told("response")).toEqual([]);
      await rig.run(3000);
      expect(rig.told("done")).toEqual([]);
      expect(rig.told("undone")).toMatchObject([{ fault: "http.error", reason: unsentReason }]);
      expect(rig.told("end")).toMatchObject([{ how: "failed" }]);
    },
  );

  it("is told of when the connection is forgotten before", async () => {
    const { rig } = await runInputCase(name, {}, 100);
    expect(rig.told("undone")).toEqual([]);
    rig.probe.tunnels.close();
    expect(rig.told("undone").length).toBe(1);
    expect(rig.told("done")).toEqual([]);
  });

  it("is another thing than one that takes its time", async () => {
    const { rig, answers } = await runInputCase(name, { onHead: "slow" }, 9000);
    expect(answers[0]).toMatch(/^HTTP\/1\.1 529 /);
    await rig.run(5000);
    expect(rig.told("done").length).toBe(1);
    expect(rig.told("undone")).toEqual([]);
  });
});

describe("a cut behind which the upstream is silent", () => {
  const name = "cut-then-silence-https";

  it("ends at the point in HTTPS, by both directions, and is done then", async () => {
    const { rig, answers } = await runInputCase(name, {}, 100);
    expect(answers[0]).toContain('"delta":{"text":"a"}}\n\n');
    expect([...rig.probe.ended].sort()).toEqual(["client", "server"]);
    expect(rig.hasCloseNotify).toBe(false);
    expect(rig.told("done")).toMatchObject([{ instead: "a FIN, the sockets being the host's" }]);
    await rig.run(12_000);
    expect(rig.told("undone")).toEqual([]);
  });

  it("is told of as undone where the host gives no way to end it: plain HTTP", async () => {
    const { rig, answers } = await runInputCase(name, { tls: false }, 300);
    expect(answers[0]).toContain('"delta":{"text":"a"}}\n\n');
    expect(rig.hasFin).toBe(false);
    expect(rig.told("done")).toEqual([]);
    await rig.run(12_000);
    expect(rig.told("done")).toEqual([]);
    expect(rig.told("undone")).toMatchObject([{ reason: unsentReason }]);
  });
});

describe("a reset that a tunnel can only do as a FIN", () => {
  const name = "reset-is-a-fin";

  it.each([true, false])("is told as what it is, once it has come (TLS: %s)", async (tls) => {
    const { rig, answers } = await runInputCase(name, { tls }, 300);
    expect(answers).toEqual([""]);
    expect(rig.hasFin).toBe(true);
    expect(rig.told("done")).toMatchObject([
      { fault: "connection.reset", instead: "a FIN, the sockets being the host's" },
    ]);
  });
});
