/** The API behind the host, and the CA that vouches for it, which no client of an intercepted tunnel trusts. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CertificateAuthority, exportCertificate } from "@faultwire/cert-authority";
import { type LlmMock, type LlmMockOptions, type LoggedRequest, startLlmMock } from "@faultwire/llm-mock";

/** The name that clients ask for. */
export const apiHost = "api.anthropic.com";

/** A CA for the upstream's side of the host. */
export interface UpstreamAuthority {
  readonly authority: CertificateAuthority;
  /** Its certificate (PEM): what goes into `--upstream-ca`. */
  readonly caFile: string;
  close(): void;
}

/** Makes a CA that lives until `close`. */
export async function createUpstreamAuthority(): Promise<UpstreamAuthority> {
  const folder = mkdtempSync(join(tmpdir(), "faultwire-upstream-"));
  const caFile = join(folder, "ca.pem");
  const authority = await CertificateAuthority.ephemeral({ targets: [apiHost] });
  await exportCertificate(authority, caFile);
  return { authority, caFile, close: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Starts the mock API as {@link apiHost}; its clock stands still, so that two of them answer alike. */
export function startApi(
  { authority }: UpstreamAuthority,
  options: Pick<LlmMockOptions, "eventDelayMs" | "reply"> = {},
): Promise<LlmMock> {
  return startLlmMock({
    ...options,
    now: () => 1_795_000_000_000,
    tls: { secureContextFor: async (name) => (await authority.forHost(name)).secureContext() },
  });
}

/** The requests that a plugin sends itself to be given a moment to answer in: they cost the API's owner nothing. */
export const isTick = ({ method, path, headers }: LoggedRequest): boolean =>
  method === "OPTIONS" && path === "/" && /^faultwire\//.test(headers["user-agent"] ?? "");
