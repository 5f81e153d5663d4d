/** A TLS connection that stays closed: at which of its bytes a moment comes, and what is told of one that does not. */
import type { Moment } from "@faultwire/fault-engine";
import { TlsMemoryPeer } from "@faultwire/testkit/tls-memory-peer";
import { beforeAll, describe, expect, it } from "vitest";
import type { SessionEvent, Side } from "../../src/index.ts";
import { TlsFollower } from "../../src/internal.ts";
import { theirAuthority } from "../support/test-authorities.ts";

const moments: readonly Moment[] = [
  "client-hello",
  "server-hello",
  "established",
  "request",
  "response-head",
];
const versions = ["TLSv1.2", "TLSv1.3"] as const;
type Version = (typeof versions)[number];

/** What one side says in its turn. */
interface Turn {
  readonly from: Side;
  readonly bytes: Uint8Array;
}

/** A handshake, a request and its answer, turn by turn. */
async function talk(version: Version): Promise<readonly Turn[]> {
  const client = TlsMemoryPeer.client({
    servername: "api.test",
    ca: [theirAuthority().caPem],
    maxVersion: version,
  });
  const server = TlsMemoryPeer.server(theirAuthority().issue("api.test"));
  const peers = { client, server };
  const turns: Turn[] = [];
  const carry = async (): Promise<void> => {
    for (let quiet = 0; quiet < 2; )
      for (const from of ["client", "server"] as const) {
        const bytes = await peers[from].take();
        quiet = bytes.length === 0 ? quiet + 1 : 0;
        if (bytes.length === 0) continue;
        turns.push({ from, bytes });
        peers[from === "client" ? "server" : "client"].give(bytes);
      }
  };
  await carry();
  client.socket.write("a request");
  await carry();
  server.socket.write("an answer");
  await carry();
  return turns;
}
const talks = new Map<Version, readonly Turn[]>();
beforeAll(async () => {
  for (const version of versions) talks.set(version, await talk(version));
});

const junk = Buffer.from("no record of TLS");

function followed(at: Moment | undefined) {
  const told: SessionEvent[] = [];
  const outcomes: (string | null)[] = [];
  const unread: string[] = [];
  const met = { outcome: (reason: string | null) => outcomes.push(reason) };
  const strike = at && ({ at, act: { kind: "end", how: "fin" } } as const);
  const follower = new TlsFollower({
    now: () => 0,
    tell: (event) => told.push(event),
    unread: (reason, from) => unread.push(`${reason} by the ${from}`),
    meet: () => ({ met: met as never, strike }),
    established: () => {},
  });
  const handshakes = () =>
    told.flatMap((event) => {
      if (event.type !== "handshake") return [];
      const { state, established } = event.handshake;
      return [established === undefined ? state : `${state}, established`];
    });
  return { follower, handshakes, outcomes, unread };
}

/** By which turn a moment comes; behind it nothing is looked at. */
function turnOf(at: Moment, turns: readonly Turn[]): number {
  const { follower, handshakes, outcomes, unread } = followed(at);
  const reached = turns.findIndex(({ from, bytes }) => follower.see(from, bytes)?.strike.at === at);
  expect([follower.isOver, follower.isWaiting, follower.pendingBytes]).toEqual([true, false, 0]);
  expect([handshakes().length, outcomes]).toEqual([1, []]);
  // Of what comes later nothing is told, whatever it is.
  follower.see("client", junk);
  follower.finish();
  expect([handshakes().length, unread]).toEqual([1, []]);
  return reached;
}

describe.each(versions)("a connection of %s", (version) => {
  it("brings each moment by the bytes that it is about, and tickets of its server are no answer", () => {
    const turns = talks.get(version) ?? [];
    const saidBy = (from: Side): number[] => turns.flatMap((turn, at) => (turn.from === from ? [at] : []));
    const [hello, finished] = saidBy("client");
    const [serverHello, serverFinished] = saidBy("server");
    const isNew = version === "TLSv1.3";
    // Behind the client's last message a server of TLS 1.3 says its tickets.
    expect(saidBy("server")).toHaveLength(3);
    expect(Object.fromEntries(moments.map((at) => [at, turnOf(at, turns)]))).toEqual({
      "client-hello": hello,
      "server-hello": serverHello,
      established: isNew ? finished : serverFinished,
      request: saidBy("client").at(-1),
      "response-head": saidBy("server").at(-1),
    });
  });

  it("is left where nothing is waited for once its handshake is told", () => {
    const { follower, handshakes } = followed(undefined);
    const turns = talks.get(version) ?? [];
    const left = turns.findIndex(({ from, bytes }) => {
      expect(follower.see(from, bytes)).toBeUndefined();
      return follower.isOver;
    });
    expect([left, handshakes()]).toEqual([turnOf("established", turns), ["connected, established"]]);
  });

  it.each(moments.slice(1))(
    "that ends before %s says that of its fault, and how its handshake ended",
    (at) => {
      const turns = talks.get(version) ?? [];
      const { follower, handshakes, outcomes } = followed(at);
      for (const { from, bytes } of turns.slice(0, turnOf(at, turns))) follower.see(from, bytes);
      expect([follower.isOver, outcomes]).toEqual([false, []]);
      follower.finish();
      follower.finish();
      expect([follower.isOver, outcomes[0]]).toEqual([true, "the connection ended first"]);
      const isOpen = turnOf("established", turns) < turnOf(at, turns);
      expect(follower.pendingBytes).toBe(0);
      expect(handshakes()).toEqual([isOpen ? "closed, established" : "closed"]);
    },
  );

  it("of which bytes can't be read says that its moment can't be told", () => {
    const { follower, handshakes, outcomes, unread } = followed("response-head");
    for (const { from, bytes } of (talks.get(version) ?? []).slice(0, 2)) follower.see(from, bytes);
    expect(follower.see("server", junk)).toBeUndefined();
    expect(outcomes).toEqual(["the bytes seen have gaps, so the moment can't be told"]);
    expect([follower.isOver, follower.isWaiting, handshakes().length, unread]).toEqual([true, false, 1, []]);
    expect(follower.pendingBytes).toBe(0);
  });

  it("that a peer refuses brings no moment any more", () => {
    const { follower, handshakes, outcomes } = followed("request");
    const [hello] = talks.get(version) ?? [];
    follower.see("client", hello?.bytes ?? junk);
    follower.see("server", Uint8Array.of(21, 3, 3, 0, 2, 2, 40));
    expect([follower.isOver, follower.isWaiting, outcomes]).toEqual([
      true,
      false,
      ["the connection ended first"],
    ]);
    expect(handshakes()).toEqual(["failed"]);
  });
});

it("a connection without a hello is told as that, and as no handshake", () => {
  const { follower, handshakes, unread, outcomes } = followed("request");
  follower.see("client", junk);
  expect([follower.isOver, unread]).toEqual([true, ["malformed-hello by the client"]]);
  const silent = followed("request");
  silent.follower.finish();
  expect([silent.follower.isOver, silent.handshakes(), silent.outcomes, outcomes]).toEqual([
    true,
    [],
    [],
    [],
  ]);
  expect(handshakes()).toHaveLength(1);
});
