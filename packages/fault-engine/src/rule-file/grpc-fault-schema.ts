import {
  decodeBinaryField,
  grpcLimits,
  STATUS_CODES,
  STATUS_NAMES,
  type StatusDetail,
  type StatusName,
} from "@faultwire/grpc";
import { z } from "zod";
import { GRPC_GARBAGE, GRPC_STOPS, type GrpcFault } from "../faults/grpc-faults.ts";
import { utf8 } from "../text.ts";
import { oneFault } from "./one-fault.ts";
import { count, durationMs } from "./values.ts";

/** Bytes of all details of a status: clients take 8 KiB of trailers by default, and base64 makes four of three. */
const maxDetailsBytes = 4096;

const CODE = "expected a status by its name, such as UNAVAILABLE, or a number from 0 to 2147483647";
const code = z.union(
  [
    z.enum(STATUS_NAMES as [StatusName, ...StatusName[]]).transform((name): number => STATUS_CODES[name]),
    z.int().refine((status) => status >= 0 && status <= 2_147_483_647, { error: CODE }),
  ],
  { error: CODE },
);

const DETAIL = "expected base64 of a message in protobuf's wire format";
const detail: z.ZodType<StatusDetail> = z.strictObject({
  type: z.string().min(1),
  value: z.string().transform((text, context): Uint8Array => {
    const bytes = decodeBinaryField(text);
    if (bytes) return bytes;
    context.addIssue({ code: "custom", message: DETAIL });
    return z.NEVER;
  }),
});

const details = z
  .array(detail)
  .refine((all) => all.reduce((sum, { value }) => sum + value.length, 0) <= maxDetailsBytes, {
    error: `expected details of ${maxDetailsBytes} bytes at the most, together`,
  });

const { maxDelayMs, maxStatusMessageBytes } = grpcLimits;
const delay = durationMs.refine((ms) => ms <= maxDelayMs, {
  error: `expected ${maxDelayMs}ms (24 days) at the most`,
});
const message = z.string().refine((text) => utf8(text).length <= maxStatusMessageBytes, {
  error: `expected a message of ${maxStatusMessageBytes} bytes at the most`,
});

type Status = Extract<GrpcFault, { readonly kind: "grpc.status" }>;
const plain = (status: number): Status => ({
  kind: "grpc.status",
  code: status,
  message: "",
  details: [],
  retryDelayMs: null,
  pushback: null,
  afterMessages: null,
});

/** The gRPC layer of a fault. */
export const grpcFault: z.ZodType<GrpcFault> = oneFault<GrpcFault>(
  {
    status: z.union(
      [
        code.transform(plain),
        z
          .strictObject({
            code,
            message: message.optional(),
            details: details.optional(),
            retryInfo: delay.optional(),
            pushback: z
              .union([z.literal("never"), delay], {
                error: "expected a duration such as 500ms or 2s, or never",
              })
              .optional(),
            afterMessages: count.optional(),
          })
          .transform(
            (given): Status => ({
              kind: "grpc.status",
              code: given.code,
              message: given.message ?? "",
              details: given.details ?? [],
              retryDelayMs: given.retryInfo ?? null,
              pushback: given.pushback ?? null,
              afterMessages: given.afterMessages ?? null,
            }),
          ),
      ],
      { error: `${CODE}; or { code, message, details, retryInfo, pushback, afterMessages }` },
    ),
    cut: z
      .strictObject({
        afterMessages: count,
        midMessage: z.boolean().default(false),
        stop: z.enum(GRPC_STOPS).default("reset"),
      })
      .transform((given) => ({ kind: "grpc.cut", ...given })),
    garbage: z
      .strictObject({ how: z.enum(GRPC_GARBAGE), afterMessages: count.default(0) })
      .transform((given) => ({ kind: "grpc.garbage", ...given })),
  },
  "gRPC fault",
);
