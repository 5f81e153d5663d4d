import type { Fault } from "../faults/fault.ts";
import { STREAM_FORMATS } from "../formats/format-table.ts";
import { meaninglessIn } from "../formats/meaningless.ts";
import { GrpcPointMachine } from "../grpc/point-machine.ts";
import {
  CorruptMachine,
  DelayMachine,
  SliceMachine,
  ThrottleMachine,
  TruncateMachine,
} from "./byte-machines.ts";
import { EventFilterMachine } from "./event-filter-machine.ts";
import type { FaultMachine, MachineContext } from "./fault-machine.ts";
import { ModelBodyMachine, ModelStreamMachine } from "./model-machines.ts";
import { PaceMachine } from "./pace-machine.ts";
import { StreamPointMachine } from "./stream-point-machine.ts";

/** A machine, or the reason why this fault is no matter of a body's bytes. */
export type CreatedMachine =
  | {
      readonly kind: "machine";
      /** Carries the fault out on the bytes of a body. */
      readonly machine: FaultMachine;
    }
  | {
      readonly kind: "none";
      /** Why there is no machine, in words. */
      readonly reason: string;
    };

/** What a response to a call is that has a status in its head, or another content-type. */
const noMessages = "the response has no gRPC messages";

/**
 * The machine that carries `fault` out on the content of a body (or, for `connection.*`, on one direction's bytes).
 * Faults of other layers, and `connection.close` and its like, have none: they are matters of whoever owns the
 * connection.
 *
 * @example
 * ```ts
 * const created = createMachine({ kind: "stream.cut", at: { kind: "events", events: 5 }, stop: "fin" }, context);
 * ```
 */
export function createMachine(fault: Fault, context: MachineContext): CreatedMachine {
  const made = (machine: FaultMachine): CreatedMachine => ({ kind: "machine", machine });
  const none = (reason: string): CreatedMachine => ({ kind: "none", reason });
  const format = context.format && STREAM_FORMATS[context.format];
  const meaningless = format && meaninglessIn(fault, format, context.provider);
  if (meaningless) return none(meaningless);
  switch (fault.kind) {
    case "connection.throttle":
      return made(new ThrottleMachine(fault, context));
    case "connection.slice":
      return made(new SliceMachine(fault));
    case "connection.corrupt":
      return made(new CorruptMachine(fault, context));
    case "connection.latency":
      return fault.per === "chunk"
        ? made(new DelayMachine(null, fault.duration, context))
        : made(new DelayMachine(fault.duration, null, context));
    case "http.delay":
      return fault.beforeBody === null && fault.perChunk === null
        ? none("only the head is delayed")
        : made(new DelayMachine(fault.beforeBody, fault.perChunk, context));
    case "http.headers":
      return none("only the head is changed");
    case "http.truncate":
      if (fault.after.kind === "share" && context.bodyBytes === null)
        return none("a share of a body whose length is not known; use afterBytes");
      return made(new TruncateMachine(fault.after, context.bodyBytes));
    case "stream.error-event":
    case "stream.cut":
    case "stream.stall":
      if (format === null) return none("the response is no event stream");
      return made(new StreamPointMachine(fault, context, format));
    case "stream.pace":
      if (format === null) return none("the response is no event stream");
      return made(new PaceMachine(fault, context, format));
    case "stream.drop":
    case "stream.duplicate":
    case "stream.reorder":
    case "stream.split":
    case "stream.damage":
      if (format === null) return none("the response is no event stream");
      return made(new EventFilterMachine(fault, context, format));
    case "model.stop-reason":
    case "model.empty-content":
    case "model.garble-tool-input":
    case "model.fallback":
      return made(format === null ? new ModelBodyMachine(fault) : new ModelStreamMachine(fault, format));
    case "connect.refuse":
    case "connection.close":
    case "connection.reset":
    case "connection.stall":
    case "tls.alert":
    case "tls.certificate":
    case "tls.version":
    case "tls.cipher":
    case "tls.alpn":
    case "tls.handshake-stall":
    case "tls.handshake-slow":
    case "tls.bad-mac":
    case "tls.oversized-record":
    case "tls.garbage":
    case "tls.truncate":
    case "http.error":
    case "http.empty":
    case "http.malformed":
    case "http.rate-limit":
      return none(`${fault.kind} is not carried out on the bytes of a body`);
    case "websocket.close":
    case "websocket.cut":
    case "websocket.stall":
    case "websocket.pace":
    case "websocket.drop":
    case "websocket.duplicate":
    case "websocket.garbage":
    case "websocket.no-pong":
      return none("the response opens no WebSocket");
    case "grpc.status":
      if (fault.afterMessages === null) return none("the call is answered before there is a response");
      return context.isGrpc
        ? made(new GrpcPointMachine({ ...fault, afterMessages: fault.afterMessages }, context))
        : none(noMessages);
    case "grpc.cut":
    case "grpc.garbage":
      return context.isGrpc ? made(new GrpcPointMachine(fault, context)) : none(noMessages);
    case "http2.reset":
    case "http2.goaway":
    case "http2.settings":
    case "http2.window":
    case "http2.ping":
    case "http2.frame":
    case "http2.headers":
      return none(`${fault.kind} is carried out on frames, not on the bytes of a body`);
    default:
      return fault satisfies never;
  }
}
