import { startFaultHost } from "@faultwire/fault-host";
import { openedThrough } from "../suite/opened.ts";

openedThrough((plugins) => startFaultHost({ plugins, proxyPort: 0 }));
