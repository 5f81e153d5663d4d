import { startFaultHost } from "@faultwire/fault-host";
import { openedThrough } from "../suite/opened.ts";

// Half of what `npm run interop` does: 8 MiB are twice what a socket's buffer holds.
openedThrough((plugins) => startFaultHost({ plugins, proxyPort: 0 }), 0.5);
