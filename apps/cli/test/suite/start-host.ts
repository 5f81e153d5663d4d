/** What carries the traffic of a suite: a host with our plugins, or our own proxy. */
import { type RunningFaultwire, startFaultwire } from "../faultwire-process.ts";

/** A host that the suites run their tunnels through: the reference host in `npm test`, the real binary in `e2e`. */
export interface RunningHost {
  readonly proxyUrl: string;
  close(): Promise<void>;
}

/** Starts a host with these plugins, server side first, every upstream theirs. */
export type StartHost = (plugins: readonly string[]) => Promise<RunningHost>;

/** Who carries a suite: a host that is started by this, or `faultwire proxy`. */
export type CarriedBy = StartHost | "proxy";

/** A command of ours that runs, and who carries its traffic. */
export interface RunningCarrier {
  readonly faultwire: RunningFaultwire;
  readonly host: RunningHost;
}

/** Starts `serve` with these flags and a host for it, or `proxy` with the same. */
export async function startCarrier(by: CarriedBy, ...flags: readonly string[]): Promise<RunningCarrier> {
  if (by === "proxy") {
    const faultwire = await startFaultwire("proxy", ...flags);
    return { faultwire, host: { proxyUrl: faultwire.ready.proxy ?? "", close: async () => {} } };
  }
  const faultwire = await startFaultwire("serve", ...flags);
  try {
    return { faultwire, host: await by(faultwire.ready.plugins) };
  } catch (error) {
    await faultwire.stop();
    throw error;
  }
}
