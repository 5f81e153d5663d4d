/** The way to the real APIs for what a replay does not know: a proxy that has no targets, so that nothing fails on it. */
import { connect, type Socket } from "node:net";
import type { Runtime } from "@faultwire/runtime";
import type { ProxyOptions, ProxySettings, RunningProxy } from "../proxy-options.ts";

/** A way that is open. */
export interface WayOut {
  /** A connection on which requests are said in absolute form. */
  readonly connect: () => Socket;
  close(): Promise<void>;
}

/** What the way has of the proxy in front of it: where names lead, and what is between. */
export type WayOutSettings = Pick<
  ProxySettings,
  "resolve" | "lookup" | "upstreamProxy" | "limits" | "allowPrivate"
>;

/**
 * Opens it. Names, proxies on the way and trust in upstreams are those of the proxy in front; our own CA, which vouches for the
 * replay, vouches for no API.
 *
 * @param start - `startProxy`, which opens ways out itself.
 */
export async function openWayOut(
  runtime: Runtime,
  settings: WayOutSettings,
  start: (options: ProxyOptions) => Promise<RunningProxy>,
): Promise<WayOut> {
  const { authority, upstreamTrust } = runtime;
  const { resolve, lookup, upstreamProxy, limits, allowPrivate } = settings;
  const caPem = (upstreamTrust.caPem ?? []).filter((pem) => pem !== authority?.certificatePem);
  const proxy = await start({
    ...(resolve && { resolve }),
    ...(lookup && { lookup }),
    ...(upstreamProxy !== undefined && { upstreamProxy }),
    ...(limits && { limits }),
    ...(allowPrivate !== undefined && { allowPrivate }),
    port: 0,
    runtime: {
      ...runtime,
      interception: undefined,
      upstreamTrust: { ...upstreamTrust, caPem },
      policy: { ...runtime.policy, isTarget: () => false },
      // The program's own connection is told already.
      tell: (event, label) => {
        if (event.type !== "detected") runtime.tell(event, label);
      },
      close: () => Promise.resolve(undefined),
    },
  });
  return {
    connect: () => connect(proxy.port, "127.0.0.1").setNoDelay(true),
    close: async () => {
      await proxy.close(0);
    },
  };
}
