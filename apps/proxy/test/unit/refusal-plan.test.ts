/** A connection plugin's refusals, and what is said at the start of a plugin that is elsewhere. */
import { create } from "@bufbuild/protobuf";
import { connectionLimits, RefuseSchema } from "@faultwire/connection-protocol";
import { describe, expect, it } from "vitest";
import { refusalPlan } from "../../src/plugin/refusal-plan.ts";
import { runProxy } from "../support/running-proxy.ts";

const answer = { status: 503, headers: [], body: new Uint8Array(0), socksReply: 1, afterMs: 0 };
const refusal = (more: object) =>
  create(RefuseSchema, { how: { case: "answer", value: { ...answer, ...more } } });

describe("a refusal", () => {
  it("is what the front carries out", () => {
    const headers = [{ name: "retry-after", value: "7" }];
    expect(refusalPlan(refusal({ headers, body: Buffer.from("no"), afterMs: 5 }))).toMatchObject({
      kind: "answer",
      response: { status: 503, headers: [["retry-after", "7"]] },
      socksReply: 1,
      afterMs: 5,
    });
    expect(refusalPlan(create(RefuseSchema, { how: { case: "unresolved", value: {} } }))).toEqual({
      kind: "unresolved",
      marker: null,
    });
    expect(refusalPlan(create(RefuseSchema, { how: { case: "reset", value: {} } }))).toEqual({
      kind: "reset",
    });
    expect(refusalPlan(create(RefuseSchema, { how: { case: "silence", value: { forMs: 9 } } }))).toEqual({
      kind: "silence",
      forMs: 9,
    });
    expect(refusalPlan(create(RefuseSchema, { how: { case: "silence", value: {} } }))).toEqual({
      kind: "silence",
      forMs: null,
    });
  });

  it.each<[string, object]>([
    ["status", { status: 199 }],
    ["status", { status: 600 }],
    ["SOCKS reply", { socksReply: 0 }],
    ["header fields", { headers: Array(connectionLimits.maxHeaders + 1).fill({ name: "a", value: "b" }) }],
    ["body", { body: new Uint8Array(connectionLimits.maxBytes + 1) }],
    ["header field", { headers: [{ name: "a\r\nb", value: "c" }] }],
    ["header field", { headers: [{ name: "a", value: "b\r\nSet-Cookie: c" }] }],
    ["time", { afterMs: -1 }],
    ["time", { afterMs: Number.NaN }],
  ])("that can't be sent is none, for its %s", (what, more) => {
    expect(() => refusalPlan(refusal(more))).toThrow(
      expect.objectContaining({ code: "bad-message", message: expect.stringContaining(what) }),
    );
  });
});

it("warns at the start of a plugin that is not on this machine, and not of one that is", async () => {
  const elsewhere = await runProxy("[]", { connectionPlugin: "http://192.0.2.1:50051" });
  expect(elsewhere.logged("connection-plugin-remote")).toMatchObject([
    { plugin: "http://192.0.2.1:50051", msg: expect.stringContaining("reads what clients say in clear") },
  ]);
  const here = await runProxy("[]", { connectionPlugin: "http://[::1]:50051" });
  expect(here.logged("connection-plugin-remote")).toEqual([]);
});
