/** What a carrier with sockets of its own can do to its connections, and what it does instead. */
import type { FaultKind, TrafficWay, Way } from "@faultwire/fault-engine";
import { abilitiesOf, ofLayers } from "@faultwire/fault-engine/internal";
import { connectedAlready } from "./connected-already.ts";
import { noTls } from "./exchange-options.ts";
import { grpcNeedsHttp2 } from "./http/request-plan.ts";
import { insteadOfKinds } from "./http2/http2-way.ts";
import { notHttp2, noWebSocket } from "./not-http2.ts";
import { notOpened } from "./tls-strike.ts";

/** What a connection whose HTTPS stays closed can't do, or does otherwise, whoever carries it. */
export const closedTlsExceptions: Partial<Readonly<Record<FaultKind, string>>> = {
  "connect.refuse": connectedAlready,
  ...ofLayers(["http", "stream", "model", "websocket", "grpc", "http2"], notOpened),
  "tls.alert": "instead: in clear, so at client-hello and server-hello only",
  "tls.certificate": notOpened,
  "tls.version": notOpened,
  "tls.cipher": notOpened,
  "tls.alpn": notOpened,
  "tls.bad-mac": notOpened,
  "tls.oversized-record": notOpened,
  "tls.garbage": notOpened,
  "tls.truncate": notOpened,
};

/** HTTPS that stays closed. */
const opaque: Way = {
  name: "opaque",
  abilities: abilitiesOf(closedTlsExceptions),
};

const ofOpenedTls: Partial<Readonly<Record<FaultKind, string>>> = {
  "connect.refuse": connectedAlready,
  "tls.version": "instead: of TLS 1.2 and TLS 1.3 only; others are never spoken here",
  "tls.alpn": "instead: refused as asked for; nothing but http/1.1 can be forced",
};

/** HTTPS that is opened, with HTTP/1.1 inside. */
const decrypted: Way = {
  name: "opened",
  abilities: abilitiesOf({
    ...ofOpenedTls,
    ...ofLayers(["grpc"], grpcNeedsHttp2),
    ...ofLayers(["http2"], notHttp2),
  }),
};

/** HTTP/2, inside of HTTPS that is opened; in clear the same, but for TLS. */
export const http2Way: Way = {
  name: "HTTP/2",
  abilities: abilitiesOf({
    ...ofOpenedTls,
    ...ofLayers(["websocket"], noWebSocket),
    ...insteadOfKinds,
  }),
};

/** HTTP/1.1 in clear. */
const plain: Way = {
  name: "plain",
  abilities: abilitiesOf({
    "connect.refuse": connectedAlready,
    ...ofLayers(["tls"], noTls),
    ...ofLayers(["grpc"], grpcNeedsHttp2),
    ...ofLayers(["http2"], notHttp2),
    "connection.close": "instead: as asked for, but at the moments of a handshake, which there is none",
    "connection.reset": "instead: as asked for, but at the moments of a handshake, which there is none",
    "connection.stall": "instead: as asked for, but at the moments of a handshake, which there is none",
  }),
};

/** The ways of a carrier with sockets of its own, by how the traffic reaches it. */
export const socketWays: Readonly<Record<TrafficWay, Way>> = { opaque, decrypted, plain };
