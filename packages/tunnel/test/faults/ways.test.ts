/**
 * Every fault on every way of a tunnel, held against the tables of the documentation: what a table says is done has a
 * case that shows it byte for byte, and what it says can't be done is told with the table's own reason.
 */

import { FAULT_KINDS, type Fault, type TrafficWay } from "@faultwire/fault-engine";
import { describe, expect, it } from "vitest";
import { decryptedWay, opaqueWay, plainWay } from "../../src/index.ts";
import { handshakeMs } from "../support/fault-cases/fault-case.ts";
import { faultCases } from "../support/fault-cases/fault-cases.ts";
import { FaultRig } from "../support/fault-rig.ts";
import { post, sampleFaults } from "../support/sample-faults.ts";

const ways = { opaque: opaqueWay, decrypted: decryptedWay, plain: plainWay } as const;
const names: readonly TrafficWay[] = ["opaque", "decrypted", "plain"];

describe.each(names)("%s", (way) => {
  describe.each(FAULT_KINDS)("%s", (kind) => {
    const ability = ways[way].abilities[kind];
    const cases = faultCases.filter((each) => each.kind === kind && each.ways.includes(way));

    if (ability.kind === "no") {
      it("is told to be impossible, and changes nothing", async () => {
        expect(cases).toEqual([]);
        const fault: Fault = sampleFaults[kind];
        const rig = new FaultRig({ way, connection: fault });
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
    it.each(cases)("$does", ({ run }) => run(way));
  });
});
