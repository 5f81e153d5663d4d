import { startFaultHost } from "@faultwire/fault-host";
import { stoppingThrough } from "../suite/stopping.ts";

stoppingThrough((plugins) => startFaultHost({ plugins, proxyPort: 0, healthCheckIntervalMs: 1000 }));
