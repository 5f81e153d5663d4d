/** Inputs that showed a fault once, played through two sockets. */
import { describe, expect, it } from "vitest";
import { describeInputCases } from "../support/describe-input-cases.ts";
import { runInputCase } from "../support/input-case.ts";
import { sockets } from "../support/socket-pair.ts";

describeInputCases(sockets);

describe.each([true, false])("with sockets (TLS: %s)", (tls) => {
  it("an answer of ours needs nothing of the upstream", async () => {
    const { rig, answers } = await runInputCase(sockets, "plain-injection-upstream-closes-on-head", { tls });
    expect(answers[0]).toMatch(/^HTTP\/1\.1 529 /);
    expect(rig.upstreamText).toBe("");
    expect(rig.told("done").length).toBe(1);
  });

  it("a cut behind which the upstream is silent comes at once", async () => {
    const { rig, answers } = await runInputCase(sockets, "cut-then-silence-https", { tls }, 50);
    expect(answers[0]).toContain('"delta":{"text":"a"}}\n\n');
    expect([rig.clientEnd, rig.told("done").length]).toEqual(["reset", 1]);
  });

  it("a reset is a reset", async () => {
    const { rig, answers } = await runInputCase(sockets, "reset-is-a-fin", { tls }, 50);
    expect(answers).toEqual([""]);
    expect(rig.clientEnd).toBe("reset");
    expect(rig.told("done")).toMatchObject([{ fault: "connection.reset" }]);
    expect(rig.told("done")[0]).not.toHaveProperty("instead");
  });
});
