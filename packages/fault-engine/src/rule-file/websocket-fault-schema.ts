import {
  CLOSE_CODES,
  type CloseCodeName,
  frameFormatLimits,
  isSendableCloseCode,
} from "@faultwire/websocket";
import { z } from "zod";
import {
  FRAME_GARBAGE,
  type MessageSelector,
  type MessageSender,
  WEBSOCKET_STOPS,
  type WebSocketFault,
  type WebSocketPoint,
} from "../faults/websocket-faults.ts";
import { utf8 } from "../text.ts";
import { oneFault } from "./one-fault.ts";
import { count, durationMs, durationOrEver, flag, oneOrMore, positive, share } from "./values.ts";

const side = z.enum(["client", "server"]);
const sender: z.ZodType<MessageSender> = side.default("server");

const pointShape = { afterMessages: count.optional(), after: durationMs.optional() };
type PointInput = z.output<z.ZodObject<typeof pointShape>>;
const POINT = "expected one of afterMessages, after";
const hasOnePoint = ({ afterMessages, after }: PointInput): boolean =>
  (afterMessages === undefined) !== (after === undefined);

const toPoint = ({ afterMessages, after }: PointInput, from: MessageSender): WebSocketPoint =>
  after === undefined
    ? { kind: "messages", messages: afterMessages ?? 0, from }
    : { kind: "time", ms: after };

const selectorShape = {
  messages: oneOrMore(count, "a message's number, counted from 0").optional(),
  types: oneOrMore(z.enum(["text", "binary"]), "text or binary").optional(),
  every: positive.optional(),
  probability: share.optional(),
};
type SelectorInput = z.output<z.ZodObject<typeof selectorShape>>;
const SELECTOR = `expected at least one of ${Object.keys(selectorShape).join(", ")}`;
const hasSelector = ({ messages, types, every, probability }: SelectorInput): boolean =>
  [messages, types, every, probability].some((value) => value !== undefined);
const toSelector = ({ messages, types, every, probability }: SelectorInput): MessageSelector => ({
  indices: messages ?? null,
  types: types ?? null,
  every: every ?? null,
  probability: probability ?? null,
});

type Selected = "websocket.drop" | "websocket.duplicate";
const selected = <Kind extends Selected>(
  kind: Kind,
): z.ZodType<{ readonly kind: Kind; readonly from: MessageSender; readonly messages: MessageSelector }> =>
  z
    .strictObject({ ...selectorShape, from: sender })
    .refine(hasSelector, SELECTOR)
    .transform((given) => ({ kind, from: given.from, messages: toSelector(given) }));

const CODE =
  "expected a code that may stand in a close frame (1000 to 1003, 1007 to 1014, 3000 to 4999) or its name, such as try-again-later. A client is told 1005 where code is left out, and 1006 by websocket: { cut: … }";
const closeNames = (Object.keys(CLOSE_CODES) as CloseCodeName[]).filter((name) =>
  isSendableCloseCode(CLOSE_CODES[name]),
) as [CloseCodeName, ...CloseCodeName[]];
const closeCode = z.union(
  [
    z.int().refine(isSendableCloseCode, { error: CODE }),
    z.enum(closeNames).transform((name): number => CLOSE_CODES[name]),
  ],
  { error: CODE },
);

/** The WebSocket layer of a fault. */
export const webSocketFault: z.ZodType<WebSocketFault> = oneFault<WebSocketFault>(
  {
    close: z
      .strictObject({
        ...pointShape,
        from: sender,
        code: closeCode.optional(),
        reason: z
          .string()
          .refine((text) => utf8(text).length <= frameFormatLimits.closeReasonBytes, {
            error: `expected a reason of ${frameFormatLimits.closeReasonBytes} bytes at the most`,
          })
          .optional(),
      })
      .refine(hasOnePoint, POINT)
      .refine(
        ({ code, reason }) => code !== undefined || reason === undefined,
        "expected a code beside reason",
      )
      .transform((given) => ({
        kind: "websocket.close",
        at: toPoint(given, given.from),
        code: given.code ?? null,
        reason: given.reason ?? "",
      })),
    cut: z
      .strictObject({ ...pointShape, from: sender, stop: z.enum(WEBSOCKET_STOPS).default("fin") })
      .refine(hasOnePoint, POINT)
      .transform((given) => ({ kind: "websocket.cut", at: toPoint(given, given.from), stop: given.stop })),
    stall: z
      .strictObject({
        ...pointShape,
        from: sender,
        of: z.enum(["client", "server", "both"]).default("server"),
        for: durationOrEver.default(null),
      })
      .refine(hasOnePoint, POINT)
      .transform((given) => ({
        kind: "websocket.stall",
        at: toPoint(given, given.from),
        of: given.of,
        forMs: given.for,
      })),
    pace: z
      .strictObject({
        message: durationMs.optional(),
        jitter: durationMs.optional(),
        firstMessage: durationMs.optional(),
        from: sender,
      })
      .refine(
        ({ message, jitter, firstMessage }) => [message, jitter, firstMessage].some((ms) => ms !== undefined),
        "expected firstMessage, message or jitter",
      )
      .transform(({ message = 0, jitter = 0, firstMessage, from }) => ({
        kind: "websocket.pace",
        from,
        firstMessageMs: firstMessage ?? message,
        messageMs: message,
        jitterMs: jitter,
      })),
    drop: selected("websocket.drop"),
    duplicate: selected("websocket.duplicate"),
    garbage: z
      .strictObject({ ...pointShape, from: sender, how: z.enum(FRAME_GARBAGE) })
      .refine(hasOnePoint, POINT)
      .transform((given) => ({
        kind: "websocket.garbage",
        at: toPoint(given, given.from),
        from: given.from,
        how: given.how,
      })),
    noPong: z
      .union(
        [
          flag.transform(() => ({ from: "server", afterPongs: 0 }) as const),
          z.strictObject({ from: sender, afterPongs: count.default(0) }),
        ],
        { error: "expected true, or { from, afterPongs }" },
      )
      .transform((given) => ({ kind: "websocket.no-pong", ...given })),
  },
  "WebSocket fault",
);
