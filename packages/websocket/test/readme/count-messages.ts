import { FrameReader } from "@faultwire/websocket";

/** Passes a server's bytes on as they are, and counts its messages; says with which code it closed. */
export function watchServer(pass: (bytes: Uint8Array) => void): {
  push(chunk: Uint8Array): void;
  readonly messages: number;
  readonly closeCode: number | null;
} {
  const reader = new FrameReader({ from: "server" });
  const seen = { messages: 0, closeCode: null as number | null };
  return Object.assign(seen, {
    push(chunk: Uint8Array): void {
      for (const item of reader.push(chunk)) {
        pass(item.bytes);
        if (item.kind !== "end") continue;
        if (item.message) seen.messages++;
        if (item.close) seen.closeCode = item.close.code;
      }
    },
  });
}
