/** The tunnels that our proxy has seen, from its log. */
import { connectPeer } from "@faultwire/testkit/host-peers";
import { expect } from "vitest";
import type { RunningFaultwire } from "../../faultwire-process.ts";

const marker = "marker.test";
/** What the log has to be written with: a line for each tunnel; and a name that leads nowhere. */
export const markerFlags: readonly string[] = [
  ...["--verbose", "--log-format", "json"],
  ...["--resolve", `${marker}:*:127.0.0.1:1`],
];

/** What each tunnel so far was for, as `host:port`. A line that is asked for stands behind those of all tunnels before. */
export async function loggedTunnels(running: RunningFaultwire): Promise<readonly string[]> {
  const stderr = (): string => running.stderr();
  const before = stderr().split(marker).length;
  const client = await connectPeer(Number(new URL(running.ready.proxy ?? "").port));
  client.send(`CONNECT ${marker}:443 HTTP/1.1\r\n\r\n`);
  await expect.poll(() => stderr().split(marker).length).toBeGreaterThan(before);
  client.socket.destroy();
  return stderr()
    .split("\n")
    .filter((line) => line.includes('"event":"detected"') && !line.includes(marker))
    .map((line) => {
      const { host } = JSON.parse(line) as { readonly host?: string };
      return `${host}:443`;
    });
}
