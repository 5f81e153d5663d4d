/** The proxy has sockets of its own, and needs no question to answer with: an upstream hears what its client says. */
import type { FaultKind } from "@faultwire/fault-engine";
import { describe, expect, it } from "vitest";
import { FaultRig } from "../../../../packages/fault-session/test/support/fault-rig.ts";
import { sampleFaults } from "../../../../packages/fault-session/test/support/sample-faults.ts";
import { proxied } from "../support/proxy-link.ts";

const request = "POST /v1/messages HTTP/1.1\r\nHost: api.test\r\nContent-Length: 0\r\n\r\n";
const kinds = Object.keys(sampleFaults) as FaultKind[];

describe.each(["decrypted", "plain"] as const)("%s", (way) => {
  it.each(kinds)("%s: an upstream hears no question of ours", async (kind) => {
    const fault = sampleFaults[kind];
    const isOfConnection = /^(connect|connection|tls)\./.test(kind);
    const rig = new FaultRig({
      carrier: proxied("connect"),
      way,
      ...(isOfConnection ? { connection: fault } : { requests: [fault] }),
    });
    await rig.handshake();
    rig.send(request);
    await rig.run(600);
    expect(rig.upstreamText).not.toContain("OPTIONS");
    expect(rig.upstreamRequests.length).toBeLessThanOrEqual(1);
  });
});
