import { z } from "zod";
import { type ComposedFault, compose } from "../faults/compose.ts";
import type { ConnectionFault } from "../faults/connection-faults.ts";
import type { Fault } from "../faults/fault.ts";
import type { Place } from "../faults/fault-parts.ts";
import type { ModelFault } from "../faults/model-faults.ts";
import {
  ALERT_NUMBERS,
  type AlertName,
  CERTIFICATE_DEFECTS,
  type TlsFault,
  type TlsPhase,
} from "../faults/tls-faults.ts";
import { connectFault } from "./connect-fault-schema.ts";
import { grpcFault } from "./grpc-fault-schema.ts";
import { httpFault, httpFaults } from "./http-fault-schema.ts";
import { http2Fault } from "./http2-fault-schema.ts";
import { type FaultForms, oneFault, someFaults } from "./one-fault.ts";
import { streamFault, streamFaults } from "./stream-fault-schema.ts";
import {
  count,
  durationMs,
  durationOrEver,
  flag,
  oneOf,
  positive,
  randomDuration,
  sender,
  share,
  sizeBytes,
  someOf,
} from "./values.ts";
import { webSocketFault } from "./websocket-fault-schema.ts";

const moment = z.enum(["client-hello", "server-hello", "established", "request", "response-head"]);
const place: z.ZodType<Place> = z.union(
  [
    moment.transform((moment): Place => ({ kind: "moment", moment })),
    z
      .strictObject({ bytes: sizeBytes, from: z.enum(["client", "server"]).default("server") })
      .transform(({ bytes, from }): Place => ({ kind: "bytes", from, bytes })),
  ],
  { error: `expected ${moment.options.join(", ")}, or { bytes, from }` },
);

const connectionFault: z.ZodType<ConnectionFault> = oneFault<ConnectionFault>(
  {
    close: z.strictObject({ at: place }).transform(({ at }) => ({ kind: "connection.close", at })),
    reset: z.strictObject({ at: place }).transform(({ at }) => ({ kind: "connection.reset", at })),
    stall: z
      .strictObject({ at: place, for: durationOrEver.default(null) })
      .transform(({ at, for: forMs }) => ({ kind: "connection.stall", at, forMs })),
    latency: z
      .strictObject({
        time: randomDuration,
        per: z.enum(["connection", "request", "chunk"]).default("request"),
      })
      .transform(({ time, per }) => ({ kind: "connection.latency", per, duration: time })),
    throttle: z
      .strictObject({
        bytesPerSecond: sizeBytes.refine((bytes) => bytes > 0, "expected more than 0"),
        from: sender,
      })
      .transform(({ bytesPerSecond, from }) => ({ kind: "connection.throttle", from, bytesPerSecond })),
    slice: z
      .strictObject({ bytes: positive, gap: durationMs.default(0), from: sender })
      .transform(({ bytes, gap, from }) => ({ kind: "connection.slice", from, bytes, gapMs: gap })),
    corrupt: z
      .strictObject({
        rate: share.default(0.01),
        fromByte: sizeBytes.default(0),
        toByte: sizeBytes.optional(),
        from: sender,
      })
      .refine(
        ({ fromByte, toByte }) => toByte === undefined || fromByte < toByte,
        "expected fromByte below toByte",
      )
      .transform(({ rate, fromByte, toByte, from }) => ({
        kind: "connection.corrupt",
        from,
        rate,
        fromByte,
        toByte: toByte ?? null,
      })),
  },
  "connection fault",
);

const phase: z.ZodType<TlsPhase> = z.enum(["client-hello", "server-hello", "established"]);
const alertNames = Object.keys(ALERT_NUMBERS) as [AlertName, ...AlertName[]];
const alertName = z.enum(alertNames, {
  error: "expected an alert by its name in RFC 8446, such as handshake_failure",
});
type Alert = Extract<TlsFault, { readonly kind: "tls.alert" }>;
interface Named<Kind> {
  readonly kind: Kind;
  readonly mode: "force" | "refuse";
  readonly value: string;
}
const forced = <Kind extends Extract<TlsFault, Named<unknown>>["kind"]>(
  kind: Kind,
  name: RegExp,
  error: string,
): z.ZodType<Named<Kind>> => {
  const value = z.string({ error }).regex(name, { error });
  return oneOf<Named<Kind>>(
    {
      force: value.transform((text): Named<Kind> => ({ kind, mode: "force", value: text })),
      refuse: value.transform((text): Named<Kind> => ({ kind, mode: "refuse", value: text })),
    },
    "of",
  );
};
const afterRecords = z.strictObject({ afterRecords: count.default(0) });

const tlsFault: z.ZodType<TlsFault> = oneFault<TlsFault>(
  {
    alert: z.union(
      [
        alertName.transform(
          (description): Alert => ({ kind: "tls.alert", description, level: "fatal", at: "client-hello" }),
        ),
        z
          .strictObject({
            description: alertName,
            level: z.enum(["fatal", "warning"]).default("fatal"),
            at: phase.default("client-hello"),
          })
          .transform((alert): Alert => ({ kind: "tls.alert", ...alert })),
      ],
      { error: "expected an alert by its name in RFC 8446, or { description, level, at }" },
    ),
    certificate: z.enum(CERTIFICATE_DEFECTS).transform((defect) => ({ kind: "tls.certificate", defect })),
    version: forced(
      "tls.version",
      /^(?:(?:tls\s*v?)?1\.[0-3]|sslv[23])$/i,
      "expected a version such as TLSv1.2 or TLSv1.3",
    ),
    cipher: forced(
      "tls.cipher",
      /^TLS_\w+$/,
      "expected a cipher suite by its name at IANA, such as TLS_AES_128_GCM_SHA256",
    ),
    alpn: forced("tls.alpn", /^[\x21-\x7e]{1,255}$/, "expected a protocol's name, such as http/1.1"),
    handshakeStall: z
      .strictObject({ at: phase, for: durationOrEver.default(null) })
      .transform(({ at, for: forMs }) => ({ kind: "tls.handshake-stall", at, forMs })),
    handshakeSlow: z
      .strictObject({ bytesPerSecond: positive })
      .transform(({ bytesPerSecond }) => ({ kind: "tls.handshake-slow", bytesPerSecond })),
    badMac: afterRecords.transform(({ afterRecords }) => ({ kind: "tls.bad-mac", afterRecords })),
    oversizedRecord: afterRecords.transform(({ afterRecords }) => ({
      kind: "tls.oversized-record",
      afterRecords,
    })),
    garbage: afterRecords.transform(({ afterRecords }) => ({ kind: "tls.garbage", afterRecords })),
    truncate: afterRecords.transform(({ afterRecords }) => ({ kind: "tls.truncate", afterRecords })),
  },
  "TLS fault",
);

type StopReason = Extract<ModelFault, { readonly kind: "model.stop-reason" }>;
const reason = z.string().min(1);

const modelForms = {
  stopReason: z.union(
    [
      reason.transform((reason): StopReason => ({ kind: "model.stop-reason", reason })),
      z
        .strictObject({ reason, category: z.string().optional(), explanation: z.string().optional() })
        .transform(
          ({ reason, category = null, explanation = null }): StopReason => ({
            kind: "model.stop-reason",
            reason,
            details: { category, explanation },
          }),
        ),
    ],
    { error: "expected a stop reason, or { reason, category, explanation }" },
  ),
  emptyContent: flag.transform(() => ({ kind: "model.empty-content" })),
  garbleToolInput: flag.transform(() => ({ kind: "model.garble-tool-input" })),
  fallback: z
    .strictObject({ from: z.string().min(1), to: z.string().min(1), category: z.string().optional() })
    .transform(({ from, to, category }) => ({
      kind: "model.fallback",
      from,
      to,
      category: category ?? null,
    })),
} satisfies FaultForms<ModelFault>;
const modelFault: z.ZodType<ModelFault> = oneFault<ModelFault>(modelForms, "model fault");

/** A fault as rule files write it: `{ <layer>: { <fault>: … } }`. */
export const faultSchema: z.ZodType<Fault> = oneOf<Fault>(
  {
    connect: connectFault,
    connection: connectionFault,
    tls: tlsFault,
    http: httpFault,
    stream: streamFault,
    model: modelFault,
    websocket: webSocketFault,
    grpc: grpcFault,
    http2: http2Fault,
  },
  "layer",
).meta({ title: "fault" });

const listed = <F extends Fault>(form: z.ZodType<F>): z.ZodType<readonly Fault[]> =>
  form.transform((fault): readonly Fault[] => [fault]);

/** What a rule does: one fault, or several that belong together, in one map. */
export const composedFaultSchema: z.ZodType<ComposedFault> = someOf<Fault>(
  {
    connect: listed(connectFault),
    connection: listed(connectionFault),
    tls: listed(tlsFault),
    http: httpFaults,
    stream: streamFaults,
    model: someFaults<ModelFault>(modelForms, "model fault"),
    websocket: listed(webSocketFault),
    grpc: listed(grpcFault),
    http2: listed(http2Fault),
  },
  "layer",
)
  .transform((faults, context): ComposedFault => {
    const composed = compose(faults);
    if (typeof composed !== "string") return composed;
    context.addIssue({ code: "custom", message: composed });
    return z.NEVER;
  })
  .meta({ title: "fault" });
