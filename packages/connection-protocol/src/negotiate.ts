import { connectionLimits } from "./connection-limits.ts";
import { ConnectionProtocolError } from "./connection-protocol-error.ts";

/**
 * The version that both ends speak: the highest of those.
 *
 * @throws ConnectionProtocolError `no-common-version`, `bad-message` for a range that is none
 * @example
 * ```ts
 * const version = negotiateVersion(1, 1);
 * ```
 */
export function negotiateVersion(minVersion: number, maxVersion: number): number {
  const ours = connectionLimits;
  if (minVersion < 1 || maxVersion < minVersion)
    throw new ConnectionProtocolError(
      "bad-message",
      `open has the versions ${minVersion} to ${maxVersion}; 1 or higher expected, the lowest first`,
    );
  const version = Math.min(maxVersion, ours.maxVersion);
  if (version < Math.max(minVersion, ours.minVersion))
    throw new ConnectionProtocolError(
      "no-common-version",
      `the host speaks versions ${minVersion} to ${maxVersion} of faultwire.connection.v1, this plugin ${ours.minVersion} to ${ours.maxVersion}; update the older one of the two`,
    );
  return version;
}
