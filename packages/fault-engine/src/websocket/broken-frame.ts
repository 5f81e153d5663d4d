import { encodeClose, encodeFrame } from "@faultwire/websocket";
import type { FrameGarbage, MessageSender } from "../faults/websocket-faults.ts";
import type { WebSocketContext } from "./websocket-machine.ts";

const hello = Uint8Array.of(0x68, 0x69);
/** Two bytes of a character of three, and then a letter. */
const brokenUtf8 = Uint8Array.of(0xe2, 0x82, 0x61);

/** A mask from a decision's own draws. */
export function maskOf(random: WebSocketContext["random"]): Uint8Array {
  return Uint8Array.from({ length: 4 }, (_, at) => Math.floor(random("mask", at) * 256));
}

/** A frame as this side would say it: masked where it is the client. */
export function frameFrom(
  from: MessageSender,
  frame: Parameters<typeof encodeFrame>[0],
  random: WebSocketContext["random"],
): Uint8Array {
  return encodeFrame(from === "client" ? { ...frame, mask: maskOf(random) } : frame);
}

/** A frame that RFC 6455 does not allow. */
export function brokenFrame(
  how: FrameGarbage,
  from: MessageSender,
  random: WebSocketContext["random"],
): Uint8Array {
  switch (how) {
    case "bad-opcode":
      return frameFrom(from, { type: 3, payload: hello }, random);
    case "reserved-bits":
      return frameFrom(from, { type: "text", reserved: 2, payload: hello }, random);
    case "bad-mask":
      return frameFrom(from === "client" ? "server" : "client", { type: "text", payload: hello }, random);
    case "broken-utf8":
      return frameFrom(from, { type: "text", payload: brokenUtf8 }, random);
    case "oversized-length":
      return frameFrom(from, { type: "binary", declaredBytes: 2n ** 63n - 1n, payload: hello }, random);
    case "stray-continuation":
      return frameFrom(from, { type: "continuation", payload: hello }, random);
    case "bad-close-code":
      return frameFrom(from, { type: "close", payload: encodeClose(1005) }, random);
    default:
      return how satisfies never;
  }
}
