/** A client asks a proxy for a connection: who is asked, what the client gets, and what is told of it. */
import type { ConnectVerdict, Fault } from "@faultwire/fault-engine";
import { expect, it } from "vitest";
import { connectedAlready } from "../../src/connected-already.ts";
import type { FaultPolicy } from "../../src/index.ts";
import { meetConnect } from "../../src/internal.ts";
import { decisionOf, scriptedPolicy } from "../support/scripted-policy.ts";

const asked = { host: "api.test", port: 443, userAgent: undefined };
const facts = { connection: "c1", client: "test", host: "api.test" };

function meet(fault: Fault | null) {
  const policy = scriptedPolicy();
  const verdict: ConnectVerdict = { isTaken: true, decision: fault && decisionOf(fault, 1) };
  const asking: FaultPolicy = { ...policy, connect: () => ({ facts, verdict }) };
  return { policy, verdict, met: meetConnect({ policy: asking, now: () => 0, openedAtMs: 0 }, asked) };
}

it("is nothing where no rule is for that moment", () => {
  const policy: FaultPolicy = scriptedPolicy();
  for (const each of [policy, { ...policy, connect: () => undefined }])
    expect(meetConnect({ policy: each, now: () => 0, openedAtMs: 0 }, asked)).toBeUndefined();
});

it("keeps the verdict of rules that let the client be, for the question about its connection", () => {
  const { met, verdict } = meet(null);
  expect(met).toEqual({ verdict, refused: undefined });
});

it("keeps the verdict, and refuses nothing, where the fault is none of that moment", () => {
  const { met, verdict, policy } = meet({ kind: "tls.certificate", defect: "expired" });
  expect(met).toEqual({ verdict, refused: undefined });
  expect(policy.events.at(-1)).toMatchObject({ type: "undone", reason: connectedAlready });
});

it.each([
  [{ kind: "reset" }, { kind: "reset" }],
  [
    { kind: "silence", forMs: null },
    { kind: "silence", forMs: null },
  ],
  [{ kind: "dns" }, { kind: "unresolved", marker: "rule-1" }],
] as const)("refuses by %j as %j", (refusal, plan) => {
  const { met, verdict } = meet({ kind: "connect.refuse", refusal });
  expect(met?.verdict).toBe(verdict);
  expect(met?.refused?.plan).toEqual(plan);
});
