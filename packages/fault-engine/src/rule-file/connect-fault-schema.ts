import { z } from "zod";
import { hasNoContent } from "../answers/response-headers.ts";
import {
  type ConnectFault,
  type ConnectRefusal,
  SOCKS_REPLIES,
  type SocksReply,
  socksReplyOf,
} from "../faults/connect-faults.ts";
import { oneFault } from "./one-fault.ts";
import { responseHeaders } from "./response-headers-schema.ts";
import { durationMs, durationOrEver, responseBody, wholeFrom } from "./values.ts";

const words = z
  .enum(["reset", "dns", "timeout"])
  .transform(
    (word): ConnectRefusal => (word === "timeout" ? { kind: "silence", forMs: null } : { kind: word }),
  );

const socksNames = Object.keys(SOCKS_REPLIES) as [SocksReply, ...SocksReply[]];

const NEEDS = "expected status or timeout, and nothing beside timeout";

/** One object for both: a slip of the pen in it is told where it stands. */
const inFull = z
  .strictObject({
    // A status from 200 to 299 opens a tunnel (RFC 9110 section 9.3.6).
    status: wholeFrom(300, 599).optional(),
    body: responseBody.optional(),
    headers: responseHeaders.optional(),
    socks: z.enum(socksNames).optional(),
    after: durationMs.optional(),
    timeout: durationOrEver.optional(),
  })
  .superRefine(({ status, timeout, ...beside }, context) => {
    const isAlone = Object.values(beside).every((value) => value === undefined);
    if (timeout === undefined ? status === undefined : status !== undefined || !isAlone)
      context.addIssue({ code: "custom", message: NEEDS });
    if (status !== undefined && hasNoContent(status) && beside.body !== undefined && beside.body !== "")
      context.addIssue({
        code: "custom",
        path: ["body"],
        message: `expected no body beside status ${status}, which has no content`,
      });
  })
  .transform(({ status = 502, body, headers, socks, after, timeout }): ConnectRefusal => {
    if (timeout !== undefined) return { kind: "silence", forMs: timeout };
    return {
      kind: "answer",
      answer: {
        preset: null,
        status,
        message: null,
        body: body ?? null,
        headers: headers ?? [],
        retryAfterSeconds: null,
      },
      socks: socks ?? socksReplyOf(status),
      afterMs: after ?? 0,
    };
  });

/** The connect layer of a fault. */
export const connectFault: z.ZodType<ConnectFault> = oneFault<ConnectFault>(
  {
    refuse: z
      .union([words, inFull], {
        error: "expected reset, dns, timeout, { timeout: 30s }, or { status, body, headers, socks, after }",
      })
      .transform((refusal) => ({ kind: "connect.refuse", refusal })),
  },
  "connect fault",
);
