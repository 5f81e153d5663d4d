import { startFaultHost } from "@faultwire/fault-host";
import { faultsThrough } from "../suite/faults.ts";

faultsThrough((plugins) => startFaultHost({ plugins, proxyPort: 0 }));
