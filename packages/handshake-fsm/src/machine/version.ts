import { ProtocolVersion } from "@faultwire/tls-parser";

/** Whether a version number is that of TLS 1.3, or of one of its drafts (0x7fNN). */
export function isTls13(version: number): boolean {
  return version === ProtocolVersion.tls13 || version >> 8 === 0x7f;
}
