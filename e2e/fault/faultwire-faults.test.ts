// Our own plugin in the real binary: the cases that `npm test` runs through the reference host.
import { craftedBodiesThrough } from "../../apps/cli/test/suite/crafted-bodies.ts";
import { faultsThrough } from "../../apps/cli/test/suite/faults.ts";
import type { StartHost } from "../../apps/cli/test/suite/start-host.ts";
import { realFaultHost } from "./real-fault-host.ts";

const fault = realFaultHost();
const real: StartHost = async (plugins) => {
  const host = await fault.start({ plugins });
  return { proxyUrl: `http://127.0.0.1:${host.proxyPort}`, close: () => host.close() };
};
faultsThrough(real);
craftedBodiesThrough(real);
