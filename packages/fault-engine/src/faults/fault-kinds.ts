/** The kinds of faults, apart from their words: what carries faults out needs no more of them. */
import type { Fault, FaultKind } from "./fault.ts";

/** Whether a fault changes the length of a body. A kind whose faults differ in that says which do. */
type Answer<F extends Fault> = boolean | ((fault: F) => boolean);

/** A row for each kind, in the order of the documentation. The compiler asks for one that is missing. */
const CHANGES_LENGTH: { readonly [Kind in FaultKind]: Answer<Extract<Fault, { readonly kind: Kind }>> } = {
  "connect.refuse": false,
  "connection.close": false,
  "connection.reset": false,
  "connection.stall": false,
  "connection.latency": false,
  "connection.throttle": false,
  "connection.slice": false,
  "connection.corrupt": false,
  "tls.alert": false,
  "tls.certificate": false,
  "tls.version": false,
  "tls.cipher": false,
  "tls.alpn": false,
  "tls.handshake-stall": false,
  "tls.handshake-slow": false,
  "tls.bad-mac": false,
  "tls.oversized-record": false,
  "tls.garbage": false,
  "tls.truncate": false,
  "http.error": false,
  "http.empty": false,
  "http.malformed": false,
  "http.delay": false,
  "http.headers": false,
  "http.truncate": false,
  "http.rate-limit": false,
  "stream.error-event": ({ stop }) => stop === "clean" || stop === "none",
  "stream.cut": ({ stop }) => stop === "clean",
  "stream.stall": ({ pingEveryMs }) => pingEveryMs !== null,
  "stream.pace": false,
  "stream.drop": true,
  "stream.duplicate": true,
  // An unfinished last event is completed before another one goes behind it.
  "stream.reorder": true,
  "stream.split": false,
  "stream.damage": true,
  "model.stop-reason": true,
  "model.empty-content": true,
  "model.garble-tool-input": true,
  "model.fallback": true,
  "websocket.close": false,
  "websocket.cut": false,
  "websocket.stall": false,
  "websocket.pace": false,
  "websocket.drop": false,
  "websocket.duplicate": false,
  "websocket.garbage": false,
  "websocket.no-pong": false,
  "grpc.status": true,
  "grpc.cut": true,
  "grpc.garbage": false,
  "http2.reset": false,
  "http2.goaway": false,
  "http2.settings": false,
  "http2.window": false,
  "http2.ping": false,
  "http2.frame": false,
  "http2.headers": false,
};

/** Every fault kind, in the order of the documentation. */
export const FAULT_KINDS: readonly FaultKind[] = Object.keys(CHANGES_LENGTH) as FaultKind[];

/**
 * Whether a fault's machine may add or leave out bytes of a body that still ends whole, so that a content-length would
 * be wrong.
 */
export function changesLength(fault: Fault): boolean {
  const answer = CHANGES_LENGTH[fault.kind] as Answer<Fault>;
  return typeof answer === "boolean" ? answer : answer(fault);
}
