// Our own plugin is stopped under the real binary: the cases that `npm test` runs through the reference host.
import { stoppingThrough } from "../../apps/cli/test/suite/stopping.ts";
import { realFaultHost } from "./real-fault-host.ts";

const fault = realFaultHost();
stoppingThrough(async (plugins) => {
  const host = await fault.start({ plugins });
  return { proxyUrl: `http://127.0.0.1:${host.proxyPort}`, close: () => host.close() };
});
