/** TLS that is opened: a client that says nothing behind its handshake, and ends that each side says by TLS. */
import { expect, it } from "vitest";
import { scriptedPolicy } from "../support/scripted-policy.ts";
import { type SocketPair, sockets } from "../support/socket-pair.ts";
import { openedByTests, TlsPeers } from "../support/tls-peers.ts";

const request = "GET / HTTP/1.1\r\nHost: api.test\r\n\r\n";

/** Two peers whose handshakes are over, and what was told of a silence. */
async function met(version: "TLSv1.2" | "TLSv1.3" = "TLSv1.3", tellsClientEnd = true) {
  const link = sockets.link({ policy: scriptedPolicy(), intercept: openedByTests() });
  const peers = new TlsPeers(link, { client: { maxVersion: version }, tellsClientEnd });
  peers.serve(() => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  await peers.settle();
  expect(link.session.openedTls).toBeDefined();
  const silences = () => link.events.filter(({ type }) => type === "silent");
  return { link, peers, silences };
}
/** Lets time pass in one step. */
async function pass(link: SocketPair, ms: number): Promise<void> {
  link.timers.advance(ms);
  await link.run(1);
}
const silence = { type: "silent", host: "api.test", client: "test" };

it("a client that says nothing behind its handshake is told at its time, once", async () => {
  const { link, silences } = await met();
  const at = link.session.wakeAtMs;
  if (at === undefined) throw new Error("nothing waits for a time");
  link.timers.advance(at - link.now() - 1);
  // Woken for something else.
  link.session.openedTls?.wake();
  expect(silences()).toEqual([]);
  link.timers.advance(1);
  expect(silences()).toEqual([silence]);
  await pass(link, 600_000);
  expect(silences()).toHaveLength(1);
});

it("a client that says something is not told, however late it is", async () => {
  const { link, peers, silences } = await met();
  expect(await peers.exchange(request)).toContain("200 OK");
  expect(link.session.wakeAtMs).toBeUndefined();
  await pass(link, 600_000);
  expect(silences()).toEqual([]);
});

it("a client that goes without a word is told as it goes", async () => {
  const { link, silences } = await met();
  link.ends("client");
  await link.run(1);
  expect(silences()).toEqual([silence]);
});

it.each(["TLSv1.2", "TLSv1.3"] as const)(
  "an end that the client says by %s goes on to the upstream",
  async (version) => {
    // The carrier does not hear how the client's connection ends: TLS alone says it.
    const { link, peers } = await met(version, false);
    expect(await peers.exchange(request)).toContain("200 OK");
    peers.client.socket.end();
    await peers.settle();
    expect(peers.upstream.hasEnded).toBe(true);
    expect(link.events.filter(({ type }) => type === "session-failed")).toEqual([]);
  },
);

it("an end that the upstream says goes on to the client", async () => {
  const { peers } = await met();
  expect(await peers.exchange(request)).toContain("200 OK");
  peers.upstream.socket.end();
  await peers.settle();
  expect(peers.hasCloseNotify).toBe(true);
});
