import { readFileSync } from "node:fs";
import { join } from "node:path";
import { certificateAuthorityLimits, invalidLeafKinds } from "@faultwire/cert-authority";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../openssl.ts";
import { serveTls } from "./serve-tls.ts";

const packageFile = (name: string): string => readFileSync(join(import.meta.dirname, "../..", name), "utf8");
const readme = packageFile("README.md");
/** The formatter pads the cells of tables. */
const cells = readme.replaceAll(/ +/g, " ");

describe("README.md", () => {
  it("shows the example that is run here", () => {
    expect(readme).toContain(`\`\`\`ts\n${packageFile("test/readme/serve-tls.ts")}\`\`\``);
  });

  it("shows an example that does what it says", async () => {
    const answers = await serveTls(temporaryFolder());
    expect(answers).toEqual(["trusted", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"]);
    expect(readme).toContain(`// ${JSON.stringify(answers).replace(",", ", ")}`);
  });

  it("tells every limit with its default", () => {
    for (const [name, value] of Object.entries(certificateAuthorityLimits))
      expect(cells).toContain(`| \`${name}\` | ${value.toLocaleString("en-US")} |`);
  });

  it("tells every error code", () => {
    const union = /CertificateAuthorityErrorCode =([^;]*);/.exec(
      packageFile("src/certificate-authority-error.ts"),
    );
    const codes = union?.[1]?.match(/(?<=")[a-z-]+(?=")/g) ?? [];
    expect(codes.length).toBeGreaterThan(15);
    for (const code of codes) expect(readme).toContain(`\`${code}\``);
  });

  it("tells every kind of bad leaf and what is wrong with it", () => {
    for (const [kind, what] of Object.entries(invalidLeafKinds))
      expect(cells).toContain(`| \`${kind}\` | ${what} |`);
  });
});
