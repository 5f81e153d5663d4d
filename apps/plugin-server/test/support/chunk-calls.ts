/** Calls of ProcessTunnelData without a network: what the host would send, and what it would get. */
import { create } from "@bufbuild/protobuf";
import type { UnaryCall } from "@faultwire/connect-unary";
import {
  ProcessTunnelDataRequest_Direction as Direction,
  ProcessTunnelDataRequestSchema,
  type ProcessTunnelDataResponse,
  ProcessTunnelDataRequest_Side as Side,
} from "@faultwire/fault-protocol";
import type { Tunnels } from "@faultwire/tunnel";
import { type ServiceOptions, unaryService } from "../../src/service.ts";

/** One call: its answer, once there is one, and the sign that the host gives when it has lost interest. */
export interface ChunkCall {
  readonly answer: ProcessTunnelDataResponse["action"] | undefined;
  cancel(): void;
}

export interface ChunkCaller {
  /** Bytes that came from the client. */
  read(id: string, chunk: Uint8Array): ChunkCall;
  /** Bytes about to go to the server: what read calls were answered with. */
  write(id: string, chunk: Uint8Array): ChunkCall;
}

/** Calls the method that the endpoints serve on the fast path. */
export function chunkCaller(tunnels: Tunnels): ChunkCaller {
  const { processTunnelData } = unaryService({
    ...{ tunnels, fastPath: true, onChunk: () => {} },
  } as unknown as ServiceOptions).methods;
  const call = (id: string, side: Side, direction: Direction, chunk: Uint8Array): ChunkCall => {
    let answer: ProcessTunnelDataResponse["action"] | undefined;
    let cancelled = (): void => {};
    const unaryCall = {
      respond(response: ProcessTunnelDataResponse) {
        answer = response.action;
      },
      onCancelled(listener: () => void) {
        if (answer === undefined) cancelled = listener;
      },
    } as unknown as UnaryCall<ProcessTunnelDataResponse>;
    void processTunnelData?.(
      create(ProcessTunnelDataRequestSchema, { id, side, direction, chunk }),
      unaryCall,
    );
    return {
      get answer() {
        return answer;
      },
      cancel: () => cancelled(),
    };
  };
  return {
    read: (id, chunk) => call(id, Side.CLIENT, Direction.INGRESS, chunk),
    write: (id, chunk) => call(id, Side.SERVER, Direction.EGRESS, chunk),
  };
}
