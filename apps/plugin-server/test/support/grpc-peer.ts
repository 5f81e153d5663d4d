/** Programs that reach the gRPC port: calls and connections as they want them, whole or not. */
import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  HealthCheckRequestSchema,
  type HealthCheckResponse,
  HealthCheckResponseSchema,
  pluginMethodPaths,
} from "@faultwire/fault-protocol";
import { soon } from "@faultwire/testkit/soon";

/** The prefix of a message of so many bytes, and the message behind it, or what there is of it. */
export function enveloped(message: Uint8Array, declaredBytes: number = message.length): Buffer {
  const envelope = Buffer.alloc(5 + message.length);
  envelope.writeUInt32BE(declaredBytes, 1);
  envelope.set(message, 5);
  return envelope;
}

export interface CallEnd {
  readonly message: Uint8Array | undefined;
  /** `grpc-status`; undefined where the stream ended without one. */
  readonly status: string | undefined;
}

/** A connection of such a program. */
export class GrpcPeer {
  readonly session: ClientHttp2Session;

  private constructor(session: ClientHttp2Session) {
    this.session = session;
  }

  static async open(url: string): Promise<GrpcPeer> {
    // Node would refuse to hold more than ten megabytes that are to be sent.
    const session = connectHttp2(url, { maxSessionMemory: 1000 });
    session.on("error", () => {});
    await soon(once(session, "connect"), "the event connect of session");
    return new GrpcPeer(session);
  }

  /** Opens a call. */
  begin(path: string): ClientHttp2Stream {
    const stream = this.session.request(
      { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" },
      { endStream: false },
    );
    stream.on("error", () => {});
    return stream;
  }

  /** One whole call. */
  async call(path: string, message: Uint8Array): Promise<CallEnd> {
    const stream = this.begin(path);
    const end = endOf(stream);
    stream.end(enveloped(message));
    return end;
  }

  async health(): Promise<HealthCheckResponse> {
    const request = toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema));
    const { message, status } = await this.call(pluginMethodPaths.healthCheck, request);
    if (message === undefined) throw new Error(`the health check ended with status ${status}`);
    return fromBinary(HealthCheckResponseSchema, message);
  }

  close(): void {
    this.session.destroy();
  }
}

/** How a call ends. */
export async function endOf(stream: ClientHttp2Stream): Promise<CallEnd> {
  const parts: Buffer[] = [];
  let status: string | undefined;
  stream.on("data", (part: Buffer) => parts.push(part));
  for (const event of ["response", "trailers"])
    stream.on(event, (headers: Record<string, string>) => {
      status = headers["grpc-status"] ?? status;
    });
  await soon(once(stream, "close"), "the event close of stream");
  const body = Buffer.concat(parts);
  return { message: body.length >= 5 ? body.subarray(5) : undefined, status };
}

/** Opens TCP connections that say this and no more. */
export async function silentConnections(url: string, count: number, said: Uint8Array): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.on("error", () => {});
    socket.resume();
    socket.write(said);
    return socket;
  });
  for (const socket of sockets)
    if (socket.connecting) await soon(once(socket, "connect"), "the event connect of socket");
  return sockets;
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes that this process holds in heap and buffers, once nothing is left to collect. */
export async function heldBytes(): Promise<number> {
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
