import { describe, expect, it } from "vitest";
import { FaultRig } from "../../../fault-session/test/support/fault-rig.ts";
import { sampleFaults } from "../../../fault-session/test/support/sample-faults.ts";
import { ticks } from "../support/ticks-carrier.ts";

const request = "POST /v1/messages HTTP/1.1\r\nHost: api.test\r\nContent-Length: 0\r\n\r\n";

describe.each(["decrypted", "plain"] as const)("two requests in one piece (%s)", (way) => {
  it.each([3, 64, 1400, 4096])(
    "of which the second ends the connection: behind the first's response, in reads of %i bytes",
    async (chunkBytes) => {
      const rig = new FaultRig({
        carrier: ticks,
        way,
        chunkBytes,
        requests: [null, sampleFaults["connection.reset"]],
      });
      await rig.handshake();
      rig.send(request + request);
      await rig.runUntil(() => rig.hasEnded, 2000);
      expect(rig.hasEnded).toBe(true);
      expect(rig.received).toBe("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      expect(rig.upstreamText.match(/POST/g)).toHaveLength(1);
      expect(rig.told("done")).toHaveLength(1);
    },
  );
});
