import { encodeClose, encodeFrame } from "@faultwire/websocket";

/** What a server may say that is going away, and what none may say. */
export const saidByServers: readonly Uint8Array[] = [
  encodeFrame({ type: "close", payload: encodeClose(1013, "try again later") }),
  // A reserved opcode.
  encodeFrame({ type: 3 }),
  // A text that is no UTF-8.
  encodeFrame({ type: "text", payload: Uint8Array.of(0xc3, 0x28) }),
  // A length that nothing can have.
  encodeFrame({ type: "binary", declaredBytes: 2n ** 63n }),
  // Masked, as a client's frames are, and a server's must not be.
  encodeFrame({ type: "text", mask: Uint8Array.of(1, 2, 3, 4) }),
];
