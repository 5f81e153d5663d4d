import {
  AlertDescription,
  type ClientHello,
  ContentType,
  decodeAlert,
  decodeClientHello,
  HandshakeReader,
  HandshakeType,
} from "@faultwire/tls-parser";
import type { ClientOffer } from "../handshake/client-offer.ts";
import { joinBytes } from "../session/byte-queue.ts";
import { alertFailure, BridgeFailed, recordFailed } from "./bridge-failure.ts";
import { type HandshakePort, takeFrom } from "./handshake-port.ts";
import { tlsBridgeLimits } from "./tls-bridge-limits.ts";

/** A ClientHello as it came. */
export interface ReceivedHello {
  readonly hello: ClientHello;
  /** The records that it came in. */
  readonly bytes: Uint8Array;
}

/**
 * Reads a ClientHello, in as many records as it takes.
 *
 * @param before - what the first hello offered, where a HelloRetryRequest has asked for a second one: then 0-RTT data and
 *   a ChangeCipherSpec may precede it (RFC 8446 section 4.2.10 and appendix D.4)
 * @throws {@link BridgeFailed} `record`, `limit`, `client-alert`, `client-rejects-certificate`
 */
export async function readClientHello(port: HandshakePort, before?: ClientOffer): Promise<ReceivedHello> {
  const messages = new HandshakeReader({ maxMessageBytes: tlsBridgeLimits.clientHelloBytes });
  const records: Uint8Array[] = [];
  for (;;) {
    const hello = await takeFrom(
      port,
      "client",
      ({ type, fragment, bytes }) => {
        const isEarlyData = type === ContentType.applicationData && before?.hasEarlyData;
        const isMeaningless = type === ContentType.changeCipherSpec && before !== undefined;
        if (isEarlyData || isMeaningless) return undefined;
        if (type === ContentType.alert) throw new BridgeFailed(alertFailure("client", decodeAlert(fragment)));
        if (type !== ContentType.handshake) throw unexpected(`a record of type ${type}`);
        records.push(bytes);
        for (const message of messages.push(fragment)) {
          if (message.type !== HandshakeType.clientHello)
            throw unexpected(`a message of type ${message.type}`);
          return decodeClientHello(message.body, { malformedExtensions: "keep" });
        }
        return undefined;
      },
      "clientHelloBytes",
    );
    if (hello !== undefined) return { hello, bytes: joinBytes(records) };
  }
}

function unexpected(found: string): BridgeFailed {
  return recordFailed("client", `${found} where a ClientHello belongs`, AlertDescription.unexpectedMessage);
}
