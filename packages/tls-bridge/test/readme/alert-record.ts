import { cipherSuiteProtection, KeylogLabel, parseKeylogLine, RecordSealer } from "@faultwire/tls-bridge";
import { AlertDescription, AlertLevel, ContentType, encodeAlert } from "@faultwire/tls-parser";

/** The record with which a TLS 1.3 server that has sent `sequenceNumber` records would end the session. */
export function accessDenied(
  keylog: readonly string[],
  cipherSuite: number,
  sequenceNumber: number,
): Uint8Array {
  const entries = keylog.map((line) => parseKeylogLine(line));
  const entry = entries.find((candidate) => candidate?.label === KeylogLabel.serverTrafficSecret0);
  const suite = cipherSuiteProtection(cipherSuite);
  if (entry === undefined || suite === undefined) throw new Error("this session can't be joined");
  const secrets = { version: "TLSv1.3", suite, trafficSecret: entry.secret, sequenceNumber } as const;
  const alert = { level: AlertLevel.fatal, description: AlertDescription.accessDenied };
  return new RecordSealer(secrets).seal(ContentType.alert, encodeAlert(alert));
}
