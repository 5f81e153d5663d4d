/** What TLS peers say to each other in front of the fuzzed tunnels: recorded anew for each run. */

import { concatBytes } from "@faultwire/testkit/chunkers";
import { handshakeVectors } from "@faultwire/testkit/tls-vectors";
import { post } from "../../../fault-session/test/support/sample-faults.ts";
import { scriptedPolicy } from "../../../fault-session/test/support/scripted-policy.ts";
import { HttpsTunnel } from "../support/https-tunnel.ts";

type Recording = readonly [client: Uint8Array, server: Uint8Array];

/** A connection of Node's own peers through a closed tunnel, for each version. */
async function recorded(version: "TLSv1.2" | "TLSv1.3"): Promise<Recording> {
  const only = { minVersion: version, maxVersion: version } as const;
  const tunnel = new HttpsTunnel({
    policy: scriptedPolicy(),
    client: only,
    upstream: only,
    stayClosed: true,
  });
  tunnel.serve(() => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  await tunnel.settle();
  await tunnel.exchange(post);
  return [tunnel.probe.got("server"), tunnel.probe.got("client")];
}

/** All that there are. */
export async function recordings(): Promise<readonly Recording[]> {
  const vectors = handshakeVectors().map(({ chunks }): Recording => {
    const said = (from: string): Uint8Array =>
      concatBytes(chunks.filter((each) => each.from === from).map(({ bytes }) => bytes));
    return [said("client"), said("server")];
  });
  return [await recorded("TLSv1.2"), await recorded("TLSv1.3"), ...vectors];
}
