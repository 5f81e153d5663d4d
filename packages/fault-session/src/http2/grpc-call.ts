/** What is said in a gRPC call, counted as it passes: nothing of it is kept. */
import type { GrpcEnd, GrpcTally } from "@faultwire/fault-engine";
import { isGrpcCall, MessageReader, readStatus } from "@faultwire/grpc";
import type { Header, RequestHead } from "@faultwire/http1";

/** Counts one side's messages. */
class Said {
  readonly #reader = new MessageReader();
  messages = 0;
  bytes = 0;

  push(data: Uint8Array): void {
    for (const item of this.#reader.push(data)) {
      if (item.kind === "part") this.bytes += item.bytes.length;
      else if (item.kind === "end") this.messages++;
    }
  }
}

export class GrpcCall {
  readonly #client = new Said();
  readonly #server = new Said();
  #status: GrpcEnd | null = null;

  /** A part of what the client says. */
  fromClient(data: Uint8Array): void {
    this.#client.push(data);
  }

  /** A part of what the upstream says. */
  fromServer(data: Uint8Array): void {
    this.#server.push(data);
  }

  /** The client gets these fields as the end of its call. */
  ends(by: GrpcEnd["by"], fields: readonly Header[]): void {
    const status = readStatus(fields);
    if (status) this.#status = { by, ...status };
  }

  /** What was said so far, for events. */
  get tally(): GrpcTally {
    const { messages, bytes } = this.#client;
    const server = { messages: this.#server.messages, bytes: this.#server.bytes };
    return { client: { messages, bytes }, server, status: this.#status };
  }
}

/** For a request that is a gRPC call; `undefined` for any other. */
export function grpcCallOf({ method, headers }: RequestHead): GrpcCall | undefined {
  return isGrpcCall(method, headers) ? new GrpcCall() : undefined;
}
