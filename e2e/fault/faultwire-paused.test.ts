// Receivers that pause, through the real binary: what it leaves in its buffers has to be fetched out by our plugin.
import { pausedThrough } from "../../apps/cli/test/suite/paused.ts";
import { realFaultHost } from "./real-fault-host.ts";

const fault = realFaultHost();
pausedThrough(
  async (plugins) => {
    const host = await fault.start({ plugins });
    return { proxyUrl: `http://127.0.0.1:${host.proxyPort}`, close: () => host.close() };
  },
  ["none", "opaque", "opened"],
  { totalMib: 14, firstMib: 1, pauseMs: 12_000, transfers: 4, limitedMib: 24, stalledMs: 20_000 },
);
