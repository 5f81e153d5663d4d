/** Hosts that break the rules of a connection's stream: each ends that stream with its reason, and no other. */
import {
  connectionLimits,
  Entrance,
  grpcStatus,
  type ProcessConnectionRequest,
} from "@faultwire/connection-protocol";
import { describe, expect, it } from "vitest";
import { hostOf, type PlayedHost, servePlugin } from "../../support/connection-host.ts";

const get = "GET / HTTP/1.1\r\nHost: api.test\r\n\r\n";
type Message = ProcessConnectionRequest["message"];
const message = (kind: NonNullable<Message["case"]>, value: object): Message =>
  ({ case: kind, value: { $typeName: `faultwire.connection.v1.${kind}`, ...value } }) as unknown as Message;

const accepted = (host: PlayedHost): void => host.open();

interface Breach {
  readonly does: string;
  readonly act: (host: PlayedHost) => void;
  readonly status: number;
  readonly says: string;
}

const breaches: readonly Breach[] = [
  {
    does: "speaks versions that the plugin does not know",
    act: (host) => host.open({ minVersion: 2, maxVersion: 4 }),
    status: grpcStatus.failedPrecondition,
    says: "the host speaks versions 2 to 4 of faultwire.connection.v1, this plugin 1 to 1",
  },
  {
    does: "says something else first",
    act: (host) => host.client("hello"),
    status: grpcStatus.invalidArgument,
    says: "bytes came first; open expected",
  },
  {
    does: "opens a second time",
    act: (host) => {
      accepted(host);
      host.open();
    },
    status: grpcStatus.invalidArgument,
    says: "a second open",
  },
  {
    does: "says nothing that is known",
    act: (host) => host.say({ case: undefined }),
    status: grpcStatus.invalidArgument,
    says: "a message that says nothing",
  },
  {
    does: "sends more than there is credit for",
    act: (host) => {
      host.open({ entrance: Entrance.TUNNEL, host: "192.0.2.1" });
      // Nothing is dialled for it, so that nothing is read and no credit comes.
      for (let sent = 0; sent <= 2 * connectionLimits.creditBytes; sent += connectionLimits.maxBytes)
        host.stream.sendBytes(0, new Uint8Array(connectionLimits.maxBytes));
    },
    status: grpcStatus.resourceExhausted,
    says: "bytes came where there was credit for",
  },
  {
    does: "sends bytes that are none",
    act: (host) => {
      accepted(host);
      host.stream.sendBytes(0, new Uint8Array(0));
    },
    status: grpcStatus.invalidArgument,
    says: "bytes of 0; 1 to 65536 expected",
  },
  {
    does: "sends more bytes in one message than may be",
    act: (host) => {
      accepted(host);
      host.stream.sendBytes(0, new Uint8Array(connectionLimits.maxBytes + 1));
    },
    status: grpcStatus.invalidArgument,
    says: "bytes of 65537",
  },
  {
    does: "sends a message that is too long",
    act: (host) => {
      accepted(host);
      host.stream.sendBytes(0, new Uint8Array(connectionLimits.maxMessageBytes));
    },
    status: grpcStatus.resourceExhausted,
    says: "up to 196608 expected",
  },
  {
    does: "says something of a peer that was never dialled",
    act: (host) => {
      accepted(host);
      host.stream.sendBytes(3, new Uint8Array(1));
    },
    status: grpcStatus.invalidArgument,
    says: "peer 3 was never dialled",
  },
  {
    does: "says something of a peer behind its end",
    act: (host) => {
      accepted(host);
      host.say(message("end", { peer: 0, kind: 1 }));
      host.client("more");
    },
    status: grpcStatus.invalidArgument,
    says: "bytes of peer 0 behind its end",
  },
  {
    does: "ends a peer in a way that is none",
    act: (host) => {
      accepted(host);
      host.say(message("end", { peer: 0, kind: 9 }));
    },
    status: grpcStatus.invalidArgument,
    says: "an end of kind 9",
  },
  {
    does: "gives credit beyond all bounds",
    act: (host) => {
      accepted(host);
      host.say(message("credit", { peer: 0, bytes: connectionLimits.maxCreditBytes }));
    },
    status: grpcStatus.invalidArgument,
    says: "that are unused",
  },
  {
    does: "tells of a refusal that was none",
    act: (host) => {
      accepted(host);
      host.say(message("refused", { undoneReason: "" }));
    },
    status: grpcStatus.invalidArgument,
    says: "refused, where nothing was",
  },
];

describe("a host that", () => {
  it.each(breaches)("$does is told so, and other connections go on", async ({ act, status, says }) => {
    const plugin = await servePlugin();
    const host = hostOf(plugin);
    const other = host();
    other.open();
    await expect.poll(() => other.said.length).toBeGreaterThan(0);
    const breaking = host();
    act(breaking);
    const end = await breaking.ended();
    expect(end).toMatchObject({ status, message: expect.stringContaining(says) });
    other.client(get);
    await expect.poll(() => other.to(0)).toContain("HTTP/1.1 529");
    expect(other.end).toBe(undefined);
    expect(plugin.seen.filter(({ type }) => type === "bug")).toEqual([]);
  });

  it("never opens is not waited for", async () => {
    let now = 0;
    const plugin = await servePlugin({ clock: { now: () => now, after: () => () => {} } });
    const silent = hostOf(plugin)();
    const answered = hostOf(plugin)();
    answered.open();
    // The plugin has both streams when it has answered the later one, and looks at them once a second.
    await expect.poll(() => answered.said.length).toBeGreaterThan(0);
    now += connectionLimits.openMs;
    expect(await silent.ended()).toMatchObject({
      status: grpcStatus.deadlineExceeded,
      message: `no open came within ${connectionLimits.openMs} ms`,
    });
    expect(answered.end).toBe(undefined);
  });
});
