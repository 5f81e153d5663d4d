import { startFaultHost } from "@faultwire/fault-host";
import { openedThrough } from "../suite/opened.ts";

// Half of what `npm run interop` does: 8 MiB are twice what a socket's buffer holds. The reference host carries about
// 1 MiB a second, so in 1.5 s it has come no further with 24 MiB to carry than with 12.
openedThrough((plugins) => startFaultHost({ plugins, proxyPort: 0 }), {
  wholeMib: 8,
  exchanges: 250,
  unreadMib: 12,
});
