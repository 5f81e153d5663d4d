import { startFaultHost } from "@faultwire/fault-host";
import { craftedBodiesThrough } from "../suite/crafted-bodies.ts";
import { faultsThrough } from "../suite/faults.ts";
import type { StartHost } from "../suite/start-host.ts";

const reference: StartHost = (plugins) => startFaultHost({ plugins, proxyPort: 0 });
faultsThrough(reference);
craftedBodiesThrough(reference);
