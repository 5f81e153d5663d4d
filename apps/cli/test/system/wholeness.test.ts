import { startFaultHost } from "@faultwire/fault-host";
import { wholenessThrough } from "../suite/wholeness.ts";

wholenessThrough((plugins) => startFaultHost({ plugins, proxyPort: 0 }));
