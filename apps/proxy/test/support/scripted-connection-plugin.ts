/** A connection plugin that a test plays by hand. */
import { once } from "node:events";
import { createServer, type ServerHttp2Session } from "node:http2";
import { create } from "@bufbuild/protobuf";
import {
  AcceptSchema,
  ConnectionProtocolError,
  connectionLimits,
  isProcessConnection,
  PluginStream,
  type ProcessConnectionRequest,
  type ProcessConnectionResponse,
  ProcessConnectionResponseSchema,
  tunedSettings,
  tuneSession,
} from "@faultwire/connection-protocol";
import { expect, onTestFinished } from "vitest";

type Heard = ProcessConnectionRequest["message"];
type HeardOf<Case extends Heard["case"]> = Extract<Heard, { readonly case: Case }>["value"];

/** One connection, as the plugin has it. */
export class PlayedConnection {
  readonly heard: Heard[] = [];
  isOver = false;
  stream!: PluginStream;

  say(message: ProcessConnectionResponse["message"]): void {
    this.stream.send(create(ProcessConnectionResponseSchema, { message }));
  }

  accept(creditBytes: number = connectionLimits.creditBytes, version = 1): void {
    this.say({ case: "accept", value: create(AcceptSchema, { version, creditBytes }) });
  }

  /** Says something by the name of a message and its fields. */
  tell(kind: NonNullable<ProcessConnectionResponse["message"]["case"]>, value: object): void {
    this.say({ case: kind, value: { $typeName: `faultwire.connection.v1.${kind}`, ...value } } as never);
  }

  all<Case extends NonNullable<Heard["case"]>>(kind: Case): HeardOf<Case>[] {
    return this.heard.flatMap((each) => (each.case === kind ? [each.value as HeardOf<Case>] : []));
  }

  /** All that a peer has said. */
  from(peer: number): string {
    return this.all("bytes")
      .filter((each) => each.peer === peer)
      .map(({ data }) => Buffer.from(data).toString("latin1"))
      .join("");
  }

  /** Bytes that a peer has said. */
  bytesFrom(peer: number): number {
    return this.all("bytes").reduce(
      (sum, { data, peer: from }) => (from === peer ? sum + data.length : sum),
      0,
    );
  }
}

export interface ScriptedPlugin {
  readonly url: string;
  readonly connections: readonly PlayedConnection[];
  /** Waits for a connection, by its number. */
  connection(number?: number): Promise<PlayedConnection>;
  /** Everything breaks, as when the process is killed. */
  kill(): void;
}

/** @param onOpen - What is done at an `open`, at once; nothing unless given. */
export async function playPlugin(
  onOpen: (connection: PlayedConnection) => void = () => {},
  port = 0,
): Promise<ScriptedPlugin> {
  const connections: PlayedConnection[] = [];
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer({ settings: tunedSettings });
  server.on("session", (session) => {
    sessions.add(session);
    session.on("error", () => {});
    tuneSession(session);
  });
  server.on("stream", (stream, headers) => {
    if (!isProcessConnection(headers)) throw new ConnectionProtocolError("internal", "another call");
    const connection = new PlayedConnection();
    connection.stream = new PluginStream(stream, {
      message({ message }) {
        connection.heard.push(message);
        if (message.case === "open") onOpen(connection);
      },
      over: () => {
        connection.isOver = true;
      },
      bug: (error) => {
        throw error;
      },
    });
    connections.push(connection);
  });
  await once(server.listen(port, "127.0.0.1"), "listening");
  const kill = (): void => {
    server.close();
    for (const session of sessions) session.destroy();
  };
  onTestFinished(kill);
  const { port: bound } = server.address() as { readonly port: number };
  return {
    url: `http://127.0.0.1:${bound}`,
    connections,
    async connection(number = 0) {
      await expect.poll(() => connections[number]?.heard.length ?? 0).toBeGreaterThan(0);
      return connections[number] as PlayedConnection;
    },
    kill,
  };
}
