/** Traffic as lines for people. */
import { type LineTarget, LineWriter } from "./line-writer.ts";
import type { TrafficListener } from "./traffic.ts";

/** Writes a line for each request when it is over, for each fault of a connection, and for each host that is no target once. */
export function trafficLines(out: LineTarget): TrafficListener {
  const lines = new LineWriter(out);
  return {
    finished: (request) => lines.request(request),
    connectionFault: (outcome) => lines.connectionFault(outcome),
    passed: (host) => lines.passed(host),
  };
}
