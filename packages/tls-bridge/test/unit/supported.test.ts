/** What the bridge negotiates at all. */
import { expect, it } from "vitest";
import { supportedSuites } from "../../src/handshake/supported.ts";

it("only suites whose keys no private key opens later, with authenticated encryption", () => {
  for (const name of supportedSuites.values())
    expect(name).toMatch(/^(?:TLS_|ECDHE-|DHE-).*(?:GCM|POLY1305)/);
});
