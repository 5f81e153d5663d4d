import { connectionLimits } from "./connection-limits.ts";
import { ConnectionProtocolError } from "./connection-protocol-error.ts";
import { checkFirstCredit } from "./credit.ts";
import type { Open } from "./gen/faultwire/connection/v1/connection_pb.ts";
import { negotiateVersion } from "./negotiate.ts";

const visibleAscii = /^[\x21-\x7e]*$/;
/** As a name of DNS in lower case, or an address. */
const hostPattern = /^[\p{L}\p{N}:][\p{L}\p{N}._:-]*$/u;

/**
 * Holds a host's first message against what the proto asks for. The version comes first: what another version means by its
 * fields is not known.
 *
 * @returns the version that is spoken.
 * @throws ConnectionProtocolError `no-common-version`, `bad-message`
 * @example
 * ```ts
 * const version = checkOpen(message.open);
 * ```
 */
export function checkOpen(open: Open): number {
  const version = negotiateVersion(open.minVersion, open.maxVersion);
  const { maxIdLength, maxHostLength, maxPeerLength, maxTextLength } = connectionLimits;
  const wants = (isSo: boolean, field: string, found: string, expected: string): void => {
    if (!isSo)
      throw new ConnectionProtocolError("bad-message", `open.${field} has ${found}; ${expected} expected`);
  };
  const length = (text: string): string => `${text.length} characters`;
  const { id, host, port, peer, userAgent, ageMs } = open;
  wants(
    id.length > 0 && id.length <= maxIdLength && visibleAscii.test(id),
    "id",
    length(id),
    `1 to ${maxIdLength} of visible ASCII`,
  );
  wants(
    host.length <= maxHostLength && hostPattern.test(host) && host === host.toLowerCase(),
    "host",
    length(host),
    `a name in lower case or an address, 1 to ${maxHostLength} characters`,
  );
  wants(port >= 1 && port <= 65_535, "port", String(port), "1 to 65535");
  wants(peer.length <= maxPeerLength, "peer", length(peer), `up to ${maxPeerLength}`);
  wants(userAgent.length <= maxTextLength, "user_agent", length(userAgent), `up to ${maxTextLength}`);
  wants(Number.isFinite(ageMs) && ageMs >= 0, "age_ms", String(ageMs), "0 or more milliseconds");
  checkFirstCredit(open.creditBytes);
  return version;
}
