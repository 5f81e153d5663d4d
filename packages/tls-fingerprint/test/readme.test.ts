import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { connect } from "node:tls";
import { describe, expect, it } from "vitest";
import { fingerprintsOf } from "./readme/fingerprints-of.ts";
import { referenceOf } from "./support/reference.ts";

const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
const notice = readFileSync(join(import.meta.dirname, "../NOTICE"), "utf8");

/** The first bytes that Node's TLS client sends: a whole ClientHello in one record. */
function nodeHello(): Promise<Uint8Array> {
  return new Promise((resolve) => {
    const wire = new Duplex({ read: () => {}, write: (chunk: Uint8Array) => resolve(chunk) });
    const client = connect({ socket: wire, servername: "api.example.com", ALPNProtocols: ["http/1.1"] });
    wire.once("close", () => client.destroy());
  });
}

describe("README.md", () => {
  it("shows the example that is run here", () => {
    const example = readFileSync(join(import.meta.dirname, "readme/fingerprints-of.ts"), "utf8");
    expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
  });

  it("shows an example that does what it says, on what Node's client sends", async () => {
    const bytes = await nodeHello();
    const expected = referenceOf(bytes.subarray(9));
    expect(fingerprintsOf(bytes)).toEqual({ ja3: expected.ja3, ja4: expected.ja4 });
    expect(expected.ja4).toMatch(/^t13d\d{4}h1_[0-9a-f]{12}_[0-9a-f]{12}$/);
    expect(fingerprintsOf(bytes.subarray(0, 100))).toBeUndefined();
    expect(fingerprintsOf(Uint8Array.of(22, 3, 1, 0, 4, 2, 0, 0, 0))).toBeUndefined();
  });

  it("tells the terms of JA4 and carries its notice", () => {
    expect(readme).toContain("BSD 3-Clause");
    expect(readme).toContain("(NOTICE)");
    expect(notice).toContain("Copyright (c) 2023 FoxIO");
    expect(notice).toContain("Redistributions in binary form must reproduce");
  });
});
