/** What can be done behind a `fetch`, and why not the rest. */
import { FAULT_KINDS, type Fault, type FaultKind, type Way } from "@faultwire/fault-engine";
import { abilitiesOf, ofLayers } from "@faultwire/fault-engine/internal";

const runtimesTls = "TLS is the runtime's, below fetch";
const ofBody = "instead: of a response's body alone";
const asError = "instead: fetch, or the body's stream, fails as undici's does";

const tlsKinds = FAULT_KINDS.filter((kind) => kind.startsWith("tls."));

/** The way of a `fetch` that is wrapped: whole messages, before the runtime's connection and behind it. */
export const fetchWay: Way = {
  name: "fetch",
  abilities: abilitiesOf({
    ...(Object.fromEntries(tlsKinds.map((kind) => [kind, runtimesTls])) as Partial<
      Record<FaultKind, string>
    >),
    ...ofLayers(["websocket"], "fetch opens no WebSocket"),
    ...ofLayers(["grpc"], "fetch gives no trailers, so no gRPC call is made with it"),
    ...ofLayers(["http2"], "frames of HTTP/2 are the runtime's, below fetch"),
    "connect.refuse": "the connection is the runtime's, below fetch",
    "connection.close": `${asError}; bytes are those of the response's body`,
    "connection.reset": `${asError}; bytes are those of the response's body`,
    "connection.stall":
      "instead: a moment of the handshake is before the request; bytes are those of the response's body",
    "connection.throttle": ofBody,
    "connection.slice": ofBody,
    "connection.corrupt": ofBody,
  }),
};

/** What is done in place of a fault, in words; `undefined` where it is done as asked for. */
export function insteadInFetch(fault: Fault): string | undefined {
  switch (fault.kind) {
    case "connection.close":
    case "connection.reset":
      return fault.at.kind === "bytes" ? "counted in bytes of the response's body" : undefined;
    case "connection.stall":
      if (fault.at.kind === "bytes") return "counted in bytes of the response's body";
      return isOfHandshake(fault.at.moment)
        ? "before the request: the handshake is the runtime's"
        : undefined;
    case "connection.throttle":
    case "connection.slice":
    case "connection.corrupt":
      return "on the response's body alone";
    default:
      return undefined;
  }
}

/** Whether a moment comes before the first request. */
export function isOfHandshake(moment: string): boolean {
  return moment === "client-hello" || moment === "server-hello" || moment === "established";
}
