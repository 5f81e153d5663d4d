import { isTls13Version, ProtocolVersion } from "@faultwire/tls-parser";
import type { HandshakeState, Offer } from "./handshake-state.ts";
import type { Answer, Observation } from "./observation.ts";
import type { ViolationCode } from "./violation.ts";

const NOTHING: readonly ViolationCode[] = [];

/** What is wrong with a ServerHello or HelloRetryRequest, held against what the client offered. */
export function helloViolations(state: HandshakeState, seen: Observation): readonly ViolationCode[] {
  if (state.name !== "wait-server-hello") return NOTHING;
  if (seen.sees !== "serverHello" && seen.sees !== "helloRetryRequest") return NOTHING;
  const { offer, retrySuite } = state;
  const { answer } = seen;
  const found: ViolationCode[] = [];
  // What a server takes of a hello that is encrypted can't be held against the one around it.
  const isHidden = offer.encrypted && isTls13Version(answer.version);
  if (!isVersionOffered(offer, answer)) found.push("unoffered-version");
  if (!isHidden && !isSuiteOffered(offer, answer, seen)) found.push("unoffered-cipher-suite");
  if (!isHidden && answer.selectedPsk !== undefined && !offer.psk) found.push("unoffered-psk");
  if (isDowngraded(offer, answer)) found.push("downgrade");
  if (retrySuite && seen.sees === "serverHello" && retrySuite !== answer.cipherSuite)
    found.push("changed-after-retry");
  return found.length === 0 ? NOTHING : found;
}

/** A HelloRetryRequest of drafts before 19 names no suite. */
function isSuiteOffered({ cipherSuites }: Offer, { cipherSuite }: Answer, { sees }: Observation): boolean {
  return cipherSuites.includes(cipherSuite) || (cipherSuite === 0 && sees === "helloRetryRequest");
}

/** A hello without `supported_versions` offers its version and all older ones (RFC 5246 appendix E.1). */
function isVersionOffered({ versions }: Offer, { version }: Answer): boolean {
  const only = versions.length === 1 ? versions[0] : undefined;
  if (only !== undefined && only <= ProtocolVersion.tls12) return version <= only;
  return versions.includes(version);
}

function isDowngraded({ versions }: Offer, { version, downgrade }: Answer): boolean {
  if (downgrade === undefined) return false;
  // A server of TLS 1.3 says so to the client of a draft as well, which is no downgrade for it.
  if (!isTls13Version(version) && versions.includes(ProtocolVersion.tls13)) return true;
  return downgrade === "tls11" && version < ProtocolVersion.tls12 && versions.includes(ProtocolVersion.tls12);
}
