/** What all tunnels hold together is counted, limited and given back. */
import { FaultDesk, faultDeskLimits } from "@faultwire/fault-session";
import { describe, expect, it } from "vitest";
import { errorFault, scriptedPolicy } from "../../../fault-session/test/support/scripted-policy.ts";
import { TunnelProbe } from "../support/tunnel-probe.ts";

const head = "POST / HTTP/1.1\r\nHost: api.test\r\nContent-Length: 900\r\n\r\n";
const body = "x".repeat(900);
const waiting = (): ReturnType<typeof scriptedPolicy> =>
  scriptedPolicy({
    needsBody: true,
    request: (_, facts) => (facts.body ? errorFault("anthropic/api_error") : null),
  });

describe("requests that wait for their bodies", () => {
  it("are counted while they wait, and not afterwards", async () => {
    const desk = new FaultDesk();
    const probe = new TunnelProbe({ policy: waiting(), desk });
    probe.says("client", head + body.slice(0, 400));
    expect(desk.heldRequestBytes).toBe(head.length + 400);
    probe.says("client", body.slice(400));
    await probe.run(20);
    expect(desk.heldRequestBytes).toBe(0);
    expect(probe.take("server")).toMatch(/^OPTIONS \/ /);
  });

  it("are not counted any more when their tunnel ends", () => {
    const desk = new FaultDesk();
    const probe = new TunnelProbe({ policy: waiting(), desk });
    probe.says("client", head + body.slice(0, 400));
    probe.tunnels.close();
    expect(desk.heldRequestBytes).toBe(0);
  });

  it("are decided without them where all connections together hold too much", async () => {
    const desk = new FaultDesk();
    desk.hold(faultDeskLimits.maxHeldRequestBytes);
    const probe = new TunnelProbe({ policy: waiting(), desk });
    probe.says("client", head + body.slice(0, 400));
    await probe.run(20);
    expect(probe.take("server")).toBe(head + body.slice(0, 400));
    expect(desk.heldRequestBytes).toBe(faultDeskLimits.maxHeldRequestBytes);
  });
});
