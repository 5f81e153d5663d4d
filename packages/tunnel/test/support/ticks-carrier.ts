/** Ticks as the cases of faults meet them: a tunnel in a host that loses nothing. */
import type { RigCarrier } from "../../../fault-session/test/support/link.ts";
import { TunnelProbe } from "./tunnel-probe.ts";

/** A case has one. The table takes its whole room when it is made, which costs more time than most cases do. */
const maxTunnels = 10;

/** The same where tunnels rest at each moment at which they can. */
export const restingTicks: RigCarrier<TunnelProbe> = {
  name: "ticks that rest",
  isExact: false,
  hearsClientEnd: false,
  needsNoUpstream: false,
  link: ({ policy, intercept }) =>
    new RestingProbe({ policy, maxTunnels, maxWholeMs: 0, ...(intercept ? { intercept } : {}) }),
};

class RestingProbe extends TunnelProbe {
  override async run(ms: number): Promise<void> {
    for (let at = 0; at < ms; at++) {
      this.tunnels.sweep();
      await super.run(1);
    }
  }
}

export const ticks: RigCarrier<TunnelProbe> = {
  name: "ticks",
  isExact: false,
  hearsClientEnd: false,
  needsNoUpstream: false,
  link: ({ policy, intercept }) =>
    new TunnelProbe({ policy, maxTunnels, ...(intercept ? { intercept } : {}) }),
};
