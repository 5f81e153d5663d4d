import { nameOfStatus } from "@faultwire/grpc";
import type { GrpcTally } from "../events/event.ts";
import { writeCount } from "../write-count.ts";

const saidBy = {
  server: "the server",
  fault: "a fault",
  carrier: "Faultwire, for an upstream out of reach",
} as const;

/** What went over a gRPC call, in words: `1 message out, 3 back, UNAVAILABLE by a fault`. */
export function writeGrpc({ client, server, status }: GrpcTally): string {
  const went = `${writeCount(client.messages, "message")} out, ${server.messages} back`;
  return status === null
    ? `${went}, no status`
    : `${went}, ${nameOfStatus(status.code)} by ${saidBy[status.by]}`;
}
