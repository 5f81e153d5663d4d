/**
 * Every fault on every way of a carrier, held against its table: what the table says is done has a case that shows it
 * byte for byte, and what it says can't be done is told with the table's own reason.
 */
import { FAULT_KINDS, type Fault, TRAFFIC_WAYS, type TrafficWay, type Way } from "@faultwire/fault-engine";
import { describe, expect, it } from "vitest";
import { handshakeMs } from "./fault-cases/fault-case.ts";
import { faultCases } from "./fault-cases/fault-cases.ts";
import { FaultRig } from "./fault-rig.ts";
import type { RigCarrier } from "./link.ts";
import { post, sampleFaults } from "./sample-faults.ts";

/** Defines the tests of a carrier's table: of all ways, or of those that the carrier has. */
export function describeWays(
  carrier: RigCarrier,
  ways: Readonly<Record<TrafficWay, Way>>,
  which: readonly TrafficWay[] = TRAFFIC_WAYS,
): void {
  describe.each(which)("%s", (way) => {
    const on = { way, carrier };
    describe.each(FAULT_KINDS)("%s", (kind) => {
      const ability = ways[way].abilities[kind];
      const cases = faultCases.filter((each) => each.kind === kind && each.ways.includes(way));

      if (ability.kind === "no") {
        it("is told to be impossible, and changes nothing", async () => {
          expect(cases).toEqual([]);
          const fault: Fault = sampleFaults[kind];
          // Of a gRPC call nothing is decided before its request.
          const isOfRequest = way !== "opaque" && fault.kind.startsWith("grpc.");
          const rig = new FaultRig({
            ...on,
            ...(isOfRequest ? { requests: [fault] } : { connection: fault }),
          });
          await rig.run(handshakeMs);
          rig.send(post);
          await rig.run(100);
          expect(rig.received).toBe("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
          expect(rig.upstreamText).toBe(post);
          expect(rig.told("undone")).toMatchObject([{ fault: kind, reason: ability.reason }]);
          expect(rig.told("done")).toEqual([]);
        });
        return;
      }

      it("has a case", () => {
        expect(cases.length).toBeGreaterThan(0);
      });
      it.each(cases)("$does", ({ run }) => run(on));
    });
  });
}
