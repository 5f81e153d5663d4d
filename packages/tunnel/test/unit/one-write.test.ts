/**
 * A message leaves in one write. The real host has Nagle's algorithm on in CONNECT tunnels, so the second write of a message
 * waits up to 40 ms for the acknowledgement of the first (docs/fault-host.md, "Small writes wait for an acknowledgement").
 */
import { expect, it, onTestFinished } from "vitest";
import { scriptedPolicy } from "../../../fault-session/test/support/scripted-policy.ts";
import { openedByTests, TlsPeers } from "../../../fault-session/test/support/tls-peers.ts";
import { HostLink } from "../support/host-link.ts";

const cases = (["opaque", "opened"] as const).flatMap((way) =>
  (["client", "server"] as const).flatMap((to) =>
    [1_000, 4_300, 6_000, 12_000, 16_000].map((bytes) => [way, to, bytes] as const),
  ),
);

it.each(cases)("%s, to the %s: %s bytes", async (way, to, bytes) => {
  const link = new HostLink({
    policy: scriptedPolicy({}),
    ...(way === "opened" && { intercept: openedByTests() }),
  });
  onTestFinished(() => link.close());
  const peers = new TlsPeers(link, {});
  const from = to === "client" ? peers.upstream : peers.client;
  const message = (head: string): string => `${head}Content-Length: ${bytes}\r\n\r\n${"x".repeat(bytes)}`;
  // The first exchange of a tunnel is another matter: it has to prove first that both sides are wrapped.
  const exchange = async (): Promise<void> => {
    peers.client.socket.write(
      to === "client"
        ? "GET / HTTP/1.1\r\nHost: api.test\r\n\r\n"
        : message("POST / HTTP/1.1\r\nHost: api.test\r\n"),
    );
    await peers.settle();
    peers.upstream.socket.write(
      to === "client" ? message("HTTP/1.1 200 OK\r\n") : "HTTP/1.1 204 No Content\r\n\r\n",
    );
    await peers.settle();
  };
  await exchange();
  const before = link.writeSizes(to).length;
  const taken = from.received.length;
  await exchange();
  expect(from.received.length).toBeGreaterThan(taken);
  expect(link.writeSizes(to).slice(before)).toHaveLength(1);
});
