import {
  close,
  type ProcessTunnelDataRequest,
  ProcessTunnelDataRequest_Direction,
  type ProcessTunnelDataResponse,
  passThrough,
  passThroughChunk,
} from "@faultwire/fault-protocol";

/** Lets every tunnel pass, and ends those that say "boom". */
export function answer(call: ProcessTunnelDataRequest): ProcessTunnelDataResponse {
  // A write call: the host is about to write these bytes. This is the one answer that loses nothing.
  if (call.direction === ProcessTunnelDataRequest_Direction.EGRESS) return passThrough();
  // A read call: the host has read these bytes. They must be in the answer, or they are gone.
  const text = new TextDecoder().decode(call.chunk);
  return text.includes("boom") ? close("somebody said boom") : passThroughChunk(call.chunk);
}
