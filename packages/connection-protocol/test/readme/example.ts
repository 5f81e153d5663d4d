import { createServer } from "node:http2";
import { create } from "@bufbuild/protobuf";
import {
  ConnectionProtocolError,
  checkOpen,
  connectionLimits,
  isProcessConnection,
  OpenSchema,
  PluginChannel,
  PluginStream,
  ProcessConnectionRequestSchema,
  ProcessConnectionResponseSchema,
  tunedSettings,
  tuneSession,
} from "@faultwire/connection-protocol";

/** A plugin: `server.listen` starts it. */
export const server = createServer({ settings: tunedSettings });
server.on("session", (session) => tuneSession(session));
server.on("stream", (stream, headers) => {
  if (!isProcessConnection(headers)) {
    stream.respond({ ":status": 404 }, { endStream: true });
    return;
  }
  const plugin: PluginStream = new PluginStream(stream, {
    message({ message }) {
      if (message.case !== "open")
        throw new ConnectionProtocolError("bad-message", "open expected, and nothing behind it");
      checkOpen(message.value);
      const isRefused = message.value.host === "down.example";
      plugin.send(
        create(ProcessConnectionResponseSchema, {
          message: isRefused
            ? { case: "refuse", value: { how: { case: "reset", value: {} } } }
            : { case: "passThrough", value: { reason: "nothing fails there" } },
        }),
      );
      if (!isRefused) plugin.end();
    },
    over: () => plugin.end(),
    bug: (error) => console.error(error),
  });
});

/** A host: asks what is to become of a connection. */
export function ask(url: string, host: string): Promise<string> {
  const channel = new PluginChannel(url);
  return new Promise((resolve) => {
    const stream = channel.open({
      message({ message }) {
        resolve(message.case ?? "nothing");
        channel.close();
      },
      over: (failure) => resolve(failure?.message ?? "ended"),
    });
    const { minVersion, maxVersion, creditBytes } = connectionLimits;
    const open = { id: "1", minVersion, maxVersion, host, port: 443, creditBytes };
    stream.send(
      create(ProcessConnectionRequestSchema, { message: { case: "open", value: create(OpenSchema, open) } }),
    );
  });
}
