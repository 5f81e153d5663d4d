import { create } from "@bufbuild/protobuf";
import { checkOpen, connectionLimits, type Open, OpenSchema } from "@faultwire/connection-protocol";
import { describe, expect, it } from "vitest";

const open = (more: Partial<Open>): Open =>
  Object.assign(
    create(OpenSchema, {
      id: "a-1",
      minVersion: 1,
      maxVersion: 1,
      host: "api.test",
      port: 443,
      creditBytes: connectionLimits.creditBytes,
    }),
    more,
  );

describe("an open", () => {
  it("is taken where all of it is within the limits", () => {
    expect(checkOpen(open({}))).toBe(1);
    expect(checkOpen(open({ maxVersion: 7, host: "2001:db8::1", peer: "[::1]:50123", ageMs: 12.5 }))).toBe(1);
    expect(checkOpen(open({ host: "my_service.test" }))).toBe(1);
  });

  it("is refused with both ranges where no version is common", () => {
    expect(() => checkOpen(open({ minVersion: 2, maxVersion: 3 }))).toThrow(
      expect.objectContaining({
        code: "no-common-version",
        message:
          "the host speaks versions 2 to 3 of faultwire.connection.v1, this plugin 1 to 1; update the older one of the two",
      }),
    );
  });

  it.each<[string, Partial<Open>]>([
    ["versions", { minVersion: 0 }],
    ["versions", { minVersion: 1, maxVersion: 0 }],
    ["open.id", { id: "" }],
    ["open.id", { id: "x".repeat(connectionLimits.maxIdLength + 1) }],
    ["open.id", { id: "a b" }],
    ["open.host", { host: "" }],
    ["open.host", { host: "API.test" }],
    ["open.host", { host: "a/b" }],
    ["open.host", { host: "a\r\nb" }],
    ["open.host", { host: "x".repeat(connectionLimits.maxHostLength + 1) }],
    ["open.port", { port: 0 }],
    ["open.port", { port: 65_536 }],
    ["open.peer", { peer: "x".repeat(connectionLimits.maxPeerLength + 1) }],
    ["open.user_agent", { userAgent: "x".repeat(connectionLimits.maxTextLength + 1) }],
    ["open.age_ms", { ageMs: -1 }],
    ["open.age_ms", { ageMs: Number.NaN }],
    ["credit_bytes", { creditBytes: connectionLimits.minCreditBytes - 1 }],
    ["credit_bytes", { creditBytes: connectionLimits.maxCreditBytes + 1 }],
  ])("is refused for its %s: %o", (field, more) => {
    expect(() => checkOpen(open(more))).toThrow(
      expect.objectContaining({ code: "bad-message", message: expect.stringContaining(field) }),
    );
  });
});
