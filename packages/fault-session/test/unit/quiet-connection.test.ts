/** What a connection that is open and quiet keeps of its handshake. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import type { NewConnection } from "../../src/index.ts";
import { scriptedPolicy } from "../support/scripted-policy.ts";
import { sockets } from "../support/socket-pair.ts";
import { openedByTests, TlsPeers } from "../support/tls-peers.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

it.each(["TLSv1.2", "TLSv1.3"] as const)(
  "its ClientHello goes once the handshake of %s is told",
  async (version) => {
    const hellos: WeakRef<object>[] = [];
    const scripted = scriptedPolicy();
    const policy = {
      ...scripted,
      connection: (news: NewConnection) => {
        if (news.clientHello) hellos.push(new WeakRef(news.clientHello));
        return scripted.connection({ ...news, clientHello: undefined });
      },
    };
    const events: string[] = [];
    const link = sockets.link({ policy, intercept: openedByTests() });
    const peers = new TlsPeers(link, { client: { maxVersion: version } });
    peers.serve(() => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    const request = "GET / HTTP/1.1\r\nHost: api.test\r\n\r\n";
    expect(await peers.exchange(request)).toContain("200 OK");
    // The events are the test's own, and the handshake's holds the hello.
    events.push(...(link.events as { type: string }[]).splice(0).map(({ type }) => type));
    expect(events).toContain("handshake");
    expect(hellos).toHaveLength(1);
    for (let round = 0; round < 6 && hellos[0]?.deref(); round++) {
      await new Promise((resolve) => setImmediate(resolve));
      collect();
    }
    expect(hellos[0]?.deref()).toBeUndefined();
    expect(await peers.exchange(request)).toContain("200 OK");
  },
);
