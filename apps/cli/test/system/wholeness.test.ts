import { startFaultHost } from "@faultwire/fault-host";
import { wholenessThrough } from "../suite/wholeness.ts";

// The reference host carries about 1 MiB a second: in 1.5 s it has come no further with 12 MiB to carry than with 6.
wholenessThrough((plugins) => startFaultHost({ plugins, proxyPort: 0 }), undefined, 6);
