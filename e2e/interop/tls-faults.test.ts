/** Faults of TLS itself, as clients on two TLS libraries name them: curl (OpenSSL) and wget (GnuTLS). */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LlmMock } from "@faultwire/llm-mock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { outputOf } from "../../apps/cli/test/suite/intercept/client.ts";
import { openField } from "../../apps/cli/test/suite/intercept/field.ts";
import {
  apiHost,
  createUpstreamAuthority,
  startApi,
  type UpstreamAuthority,
} from "../../apps/cli/test/suite/intercept/upstream.ts";
import { hosts } from "./hosts.ts";
import { isLeftOut } from "./tools.ts";

/** A fault as a rule file has it; what curl says of it, with its exit status; and what wget says. */
const faults = [
  {
    fault: "alert: handshake_failure",
    curl: [35, "alert handshake failure"],
    wget: "received alert [40]: Handshake failed",
  },
  {
    fault: "alert: { description: internal_error, at: established }",
    curl: [56, "alert internal error"],
    wget: "A TLS fatal alert has been received",
  },
  {
    fault: "certificate: expired",
    curl: [60, "certificate has expired"],
    wget: "The certificate has expired",
  },
  {
    fault: "certificate: wrong-host",
    curl: [60, "no alternative certificate subject name matches"],
    wget: "does not match hostname",
  },
  {
    fault: "certificate: untrusted-root",
    curl: [60, "self-signed certificate in certificate chain"],
    wget: "doesn't have a known issuer",
  },
  {
    fault: "certificate: self-signed",
    curl: [60, "self-signed certificate"],
    wget: "doesn't have a known issuer",
  },
  {
    fault: "badMac: { afterRecords: 0 }",
    curl: [56, "decryption failed or bad record mac"],
    wget: "Decryption has failed",
  },
  {
    fault: "oversizedRecord: { afterRecords: 0 }",
    curl: [56, "packet length too long"],
    wget: "packet with invalid length",
  },
  {
    fault: "garbage: { afterRecords: 0 }",
    curl: [56, "wrong version number"],
    wget: "An unexpected TLS packet was received",
  },
  { fault: "truncate: { afterRecords: 0 }", curl: [52, "Empty reply from server"], wget: "" },
  { fault: "truncate: { afterRecords: 1 }", curl: [18, "transfer closed with"], wget: "" },
] as const;

describe.each(hosts)("through the $name", ({ carriedBy }) => {
  let folder: string;
  let upstream: UpstreamAuthority;
  let api: LlmMock;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "faultwire-tls-faults-"));
    upstream = await createUpstreamAuthority();
    api = await startApi(upstream);
  });
  afterAll(async () => {
    await api.close();
    upstream.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(faults)("tls: { $fault }", async ({ fault, curl, wget }) => {
    const rules = join(folder, "rules.yaml");
    writeFileSync(rules, `version: 1\nrules: [{ name: tls, fault: { tls: { ${fault} } } }]\n`);
    const flags = ["--config", rules];
    const field = await openField({ carriedBy, originPort: api.port, upstream, flags });
    try {
      const url = `https://${apiHost}/v1/models`;
      const key = ["--header", "x-api-key: test", "--header", "anthropic-version: 2023-06-01"];
      if (!isLeftOut("curl")) {
        const command = ["curl", "-q", "--silent", "--show-error", ...key, url];
        const { status, stderr } = await outputOf(command, field.environment);
        expect([status, stderr]).toEqual([curl[0], expect.stringContaining(curl[1])]);
      }
      if (!isLeftOut("wget")) {
        const quiet = ["--no-config", "--no-verbose", "--tries=1", "--no-hsts", "-O", "/dev/null"];
        const trust = `--ca-certificate=${field.caFile}`;
        const { status, stderr } = await outputOf(["wget", ...quiet, trust, ...key, url], field.environment);
        expect([status !== 0, stderr]).toEqual([true, expect.stringContaining(wget)]);
      }
    } finally {
      await field.close();
    }
  });
});
