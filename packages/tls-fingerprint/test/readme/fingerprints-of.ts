import { ja3, ja4 } from "@faultwire/tls-fingerprint";
import { ClientHelloReader } from "@faultwire/tls-parser";

/** JA3 and JA4 of a client, from the first bytes that it sent; undefined where they hold no whole ClientHello. */
export function fingerprintsOf(bytes: Uint8Array): { ja3: string; ja4: string } | undefined {
  const result = new ClientHelloReader({ malformedExtensions: "keep" }).push(bytes);
  if (result.status !== "done") return undefined;
  return { ja3: ja3(result.clientHello), ja4: ja4(result.clientHello) };
}
