/** The reference host as a host under test. */
import { startFaultHost } from "@faultwire/fault-host";
import type { HostImplementation } from "./suite/index.ts";

/** The reference host, with health checks often enough that no case has to wait. */
export const referenceHost: HostImplementation = {
  name: "the reference host",
  healthCheckIntervalMs: 400,
  async start(setup) {
    const host = await startFaultHost({
      plugins: setup.plugins,
      proxyPort: 0,
      upstreams: setup.upstreams ?? ["*"],
      mappings: (setup.tcpMappings ?? []).map((remote) => ({ port: 0, remote })),
      reverse: (setup.httpMappings ?? []).map((remote) => ({ port: 0, remote: `http://${remote}` })),
      healthCheckIntervalMs: 400,
    });
    return {
      proxyPort: host.proxyPort,
      tcpPorts: host.mappingPorts,
      httpPorts: host.reversePorts,
      isAlive: () => host.crashed === undefined,
      close: () => host.close(),
    };
  },
};
