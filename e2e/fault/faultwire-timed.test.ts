// Our own plugin in the real binary: the cases that `npm test` runs through the reference host.
import { timedThrough } from "../../apps/cli/test/suite/timed.ts";
import { realFaultHost } from "./real-fault-host.ts";

const fault = realFaultHost();
timedThrough(async (plugins) => {
  const host = await fault.start({ plugins });
  return { proxyUrl: `http://127.0.0.1:${host.proxyPort}`, close: () => host.close() };
});
