/** A TLS client and a TLS upstream with a tunnel between them whose HTTPS is opened. */
import type { FaultDesk, InterceptionOptions } from "@faultwire/fault-session";
import type { ScriptedPolicy } from "../../../fault-session/test/support/scripted-policy.ts";
import {
  openedByTests,
  TlsPeers,
  type TlsPeersOptions,
} from "../../../fault-session/test/support/tls-peers.ts";
import { TunnelProbe } from "./tunnel-probe.ts";

export { ourAuthority, theirAuthority } from "../../../fault-session/test/support/test-authorities.ts";

export interface HttpsTunnelOptions extends TlsPeersOptions {
  readonly policy: ScriptedPolicy;
  readonly intercept?: Partial<InterceptionOptions>;
  /** HTTPS is not opened. */
  readonly stayClosed?: boolean;
  readonly desk?: FaultDesk;
}

export class HttpsTunnel extends TlsPeers {
  readonly probe: TunnelProbe;

  constructor({ policy, intercept, stayClosed = false, desk, ...peers }: HttpsTunnelOptions) {
    const probe = new TunnelProbe({
      policy,
      ...(desk && { desk }),
      ...(stayClosed ? {} : { intercept: openedByTests(intercept) }),
    });
    super(probe, peers);
    this.probe = probe;
  }
}
