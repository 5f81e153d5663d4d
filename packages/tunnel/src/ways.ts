/** What tunnels can do to their connections, and what they do instead. The documentation's tables are made from this. */

import type { Fault, Way } from "@faultwire/fault-engine";
import { abilitiesOf, ofLayers } from "@faultwire/fault-engine/internal";
import {
  closedTlsExceptions,
  connectedAlready,
  grpcNeedsHttp2,
  noTls,
  notHttp2,
} from "@faultwire/fault-session/internal";

const wholeChunks = "after bytes, in place of the chunk that the point is in (4096 bytes at the most)";
const withNext =
  "instead: behind so many messages as asked for; what is due at a time goes with the upstream's next bytes";
const fin = "instead: a FIN, the sockets being the host's";

/** Why a fault is not done though it was carried out here. */
export const unsentReason =
  "the client can't have got it: its tunnel speaks to it only when the upstream speaks";

/** What a tunnel does in place of a fault: it can't reset a connection. */
export function insteadInTunnel(fault: Fault): string | undefined {
  const isReset = fault.kind === "connection.reset" || ("stop" in fault && fault.stop === "reset");
  return isReset ? fin.slice("instead: ".length) : undefined;
}

/** Points of a WebSocket: bytes go to the client only when the upstream speaks. */
const atNextBytes = {
  "websocket.close": withNext,
  "websocket.cut": `${withNext}; a reset is a FIN`,
  "websocket.stall": withNext,
  "websocket.garbage": withNext,
};

/** HTTPS that stays closed, in a tunnel that the host has wrapped on both sides. */
export const opaqueWay: Way = {
  name: "opaque tunnel",
  abilities: abilitiesOf({
    ...closedTlsExceptions,
    "connection.close": `instead: at a moment as asked for; ${wholeChunks}`,
    "connection.reset": fin,
  }),
};

/** HTTPS that is opened in a tunnel. */
export const decryptedWay: Way = {
  name: "decrypted tunnel",
  abilities: abilitiesOf({
    "connect.refuse": connectedAlready,
    ...ofLayers(["grpc"], grpcNeedsHttp2),
    "connection.close": `instead: at a moment, or after bytes of one response, as asked for; of a whole connection, ${wholeChunks}`,
    "connection.reset": `${fin}, and without close_notify`,
    "tls.version": "instead: of TLS 1.2 and TLS 1.3 only; others are never spoken here",
    "tls.alpn": "instead: refused as asked for; nothing but http/1.1 can be forced",
    ...ofLayers(["http2"], notHttp2),
    ...atNextBytes,
    "tls.truncate": "instead: in the first response as asked for, which is the connection's last in any case",
  }),
};

/** HTTP/1.1 in clear in a tunnel that the host has wrapped on both sides. */
export const plainWay: Way = {
  name: "plain HTTP in a tunnel",
  abilities: abilitiesOf({
    "connect.refuse": connectedAlready,
    ...ofLayers(["tls"], noTls),
    ...ofLayers(["grpc"], grpcNeedsHttp2),
    ...ofLayers(["http2"], notHttp2),
    "connection.close": `instead: at a request or its response, or after bytes of one response, as asked for; of a whole connection, ${wholeChunks}`,
    "connection.reset": fin,
    "connection.stall": "instead: as asked for, but at the moments of a handshake, which there is none",
    ...atNextBytes,
  }),
};

/** The ways of tunnels, in the order of the documentation. */
export const tunnelWays: readonly Way[] = [opaqueWay, decryptedWay, plainWay];
