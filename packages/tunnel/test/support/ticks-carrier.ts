/** Ticks as the cases of faults meet them: a tunnel in a host that loses nothing. */
import type { RigCarrier } from "../../../fault-session/test/support/link.ts";
import { TunnelProbe } from "./tunnel-probe.ts";

export const ticks: RigCarrier<TunnelProbe> = {
  name: "ticks",
  isExact: false,
  hearsClientEnd: false,
  link: ({ policy, intercept }) => new TunnelProbe({ policy, ...(intercept ? { intercept } : {}) }),
};
