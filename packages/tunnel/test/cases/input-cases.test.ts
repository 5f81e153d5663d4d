/** Inputs that showed a fault once, played through tunnels. */
import { describe, expect, it } from "vitest";
import { describeInputCases } from "../../../fault-session/test/support/describe-input-cases.ts";
import { runInputCase } from "../../../fault-session/test/support/input-case.ts";
import { unsentReason } from "../../src/ways.ts";
import { ticks } from "../support/ticks-carrier.ts";

describeInputCases(ticks);

describe("an upstream that closes at our question, or says nothing to it", () => {
  const name = "plain-injection-upstream-closes-on-question";

  it.each(["close", "ignore"] as const)(
    "leaves an answer of ours undone, and that is told (%s)",
    async (onQuestion) => {
      const { rig, answers } = await runInputCase(ticks, name, { onQuestion }, 9000);
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
    const { rig } = await runInputCase(ticks, name, {}, 100);
    expect(rig.told("undone")).toEqual([]);
    rig.link.close();
    expect(rig.told("undone").length).toBe(1);
    expect(rig.told("done")).toEqual([]);
  });

  it("is another thing than one that takes its time", async () => {
    const { rig, answers } = await runInputCase(ticks, name, { onQuestion: "slow" }, 9000);
    expect(answers[0]).toMatch(/^HTTP\/1\.1 529 /);
    await rig.run(5000);
    expect(rig.told("done").length).toBe(1);
    expect(rig.told("undone")).toEqual([]);
  });
});

describe("a cut behind which the upstream is silent", () => {
  const name = "cut-then-silence-https";

  it("ends at the point in HTTPS, by both directions, and is done then", async () => {
    const { rig, answers } = await runInputCase(ticks, name, {}, 100);
    expect(answers[0]).toContain('"delta":{"text":"a"}}\n\n');
    expect([...rig.link.ended].sort()).toEqual(["client", "server"]);
    expect(rig.hasCloseNotify).toBe(false);
    expect(rig.told("done")).toMatchObject([{ instead: "a FIN, the sockets being the host's" }]);
    await rig.run(12_000);
    expect(rig.told("undone")).toEqual([]);
  });

  it("is told of as undone where the host gives no way to end it: plain HTTP", async () => {
    const { rig, answers } = await runInputCase(ticks, name, { tls: false }, 300);
    expect(answers[0]).toContain('"delta":{"text":"a"}}\n\n');
    expect(rig.hasEnded).toBe(false);
    expect(rig.told("done")).toEqual([]);
    await rig.run(12_000);
    expect(rig.told("done")).toEqual([]);
    expect(rig.told("undone")).toMatchObject([{ reason: unsentReason }]);
  });
});

describe("a reset that a tunnel can only do as a FIN", () => {
  const name = "reset-is-a-fin";

  it.each([true, false])("is told as what it is, once it has come (TLS: %s)", async (tls) => {
    const { rig, answers } = await runInputCase(ticks, name, { tls }, 300);
    expect(answers).toEqual([""]);
    expect(rig.hasEnded).toBe(true);
    expect(rig.told("done")).toMatchObject([
      { fault: "connection.reset", instead: "a FIN, the sockets being the host's" },
    ]);
  });
});
