import { MessageReader, nameOfStatus, readStatus } from "@faultwire/grpc";

/** Watches the response of a call: counts its messages, and says how it ended. */
export function watchResponse(): {
  data(chunk: Uint8Array): void;
  trailers(fields: readonly (readonly [string, string])[]): string;
} {
  const reader = new MessageReader();
  let messages = 0;
  return {
    data(chunk) {
      for (const item of reader.push(chunk)) if (item.kind === "end") messages++;
    },
    trailers(fields) {
      const status = readStatus(fields);
      const name = status ? nameOfStatus(status.code) : "no status";
      return `${messages} messages, ${name}`;
    },
  };
}
