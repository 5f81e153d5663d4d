/** The way to the real APIs for what a replay does not know: a proxy that has no targets, so that nothing fails on it. */
import { connect, type Socket } from "node:net";
import { type ProxySettings, startProxy } from "@faultwire/proxy";
import type { RunningRuntime } from "../running-runtime.ts";

/** A way that is open. */
export interface WayOut {
  /** A connection on which requests are said in absolute form. */
  readonly connect: () => Socket;
  close(): Promise<void>;
}

/**
 * Opens it. Names, proxies on the way and trust in upstreams are those of the command; our own CA, which vouches for the replay,
 * vouches for no API.
 */
export async function openWayOut(
  runtime: Omit<RunningRuntime, "traffic">,
  settings: Pick<ProxySettings, "resolve" | "lookup" | "upstreamProxy" | "limits" | "allowPrivate">,
): Promise<WayOut> {
  const { authority, upstreamTrust } = runtime;
  const caPem = (upstreamTrust.caPem ?? []).filter((pem) => pem !== authority.certificatePem);
  const proxy = await startProxy({
    ...settings,
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
