// Lints by the standards that bind us: RFC 5280 and its kin. The CA/Browser Forum's rules are for public CAs, and ask
// for revocation services and policies that a CA for tests does not have.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Field, openField } from "./servers.ts";
import { isLeftOut } from "./tools.ts";
import { output } from "./verifiers.ts";

let field: Field;

beforeAll(async () => {
  field = await openField();
});
afterAll(() => field.close());

const pathOf = (kind: string): string =>
  kind === "root" ? field.rootPath : (field.servers.find((server) => server.kind === kind)?.chainPath ?? "");

/** What zlint finds that is not "pass" or "does not apply", as `name: result`. */
async function zlint(kind: string, sources: string): Promise<string[]> {
  const { text } = await output("zlint", ["-includeSources", sources, pathOf(kind)]);
  const results = JSON.parse(text) as Record<string, { result: string }>;
  return Object.entries(results)
    .filter(([, { result }]) => !["pass", "NA", "NE", "info"].includes(result))
    .map(([name, { result }]) => `${name}: ${result}`);
}

const rfcs = "RFC5280,RFC5480,RFC5891,RFC8813";

describe.skipIf(isLeftOut("zlint"))("zlint, by the RFCs,", () => {
  it.each(["root", "good", "good-rsa"])("finds nothing in the %s certificate", async (kind) => {
    expect(await zlint(kind, rfcs)).toEqual([]);
  });

  it("finds the one fault of the leaf that lives too long, which no verifier on Linux minds", async () => {
    const extra = async (kind: string): Promise<string[]> => zlint(kind, "CABF_BR");
    const good = new Set(await extra("good"));
    const added = (await extra("too-long-lived")).filter((line) => !good.has(line));
    expect(added).toContainEqual(expect.stringMatching(/valid_time_longer_than_825_days: error/));
  });
});

describe.skipIf(isLeftOut("pkilint"))("pkilint, by RFC 5280,", () => {
  it.each(["root", "good", "good-rsa"])("finds nothing in the %s certificate", async (kind) => {
    const { status, text } = await output("lint_pkix_cert", ["lint", "-s", "NOTICE", pathOf(kind)]);
    expect({ status, text: text.trim() }).toEqual({ status: 0, text: "" });
  });
});
