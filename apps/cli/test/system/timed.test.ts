import { startFaultHost } from "@faultwire/fault-host";
import { timedThrough } from "../suite/timed.ts";

timedThrough((plugins) => startFaultHost({ plugins, proxyPort: 0 }));
