/**
 * A running proxy between a client and an upstream on TCP, as the cases of faults meet a carrier. Time is turned by hand;
 * within each of its milliseconds everything that was written is read, however busy the machine is.
 */
import type { Socket } from "node:net";
import type { EndKind, SessionEvent, Side } from "@faultwire/fault-session";
import { openRuntime, type Runtime } from "@faultwire/runtime";
import { connectPeer, connectTunnel, type Peer, startTcpOrigin } from "@faultwire/testkit/host-peers";
import { type ManualTimers, manualTimers } from "@faultwire/testkit/manual-timers";
import pino from "pino";
import { onTestFinished } from "vitest";
import type { Link, LinkOptions, RigCarrier } from "../../../../packages/fault-session/test/support/link.ts";
import { type RunningProxy, startProxy } from "../../src/index.ts";
import { isAnyConnecting, isUnderWay, otherEnd, socketsTo, watchSockets } from "./socket-watch.ts";

/** A plugin that decides in the proxy's place: starts it on what it decides by. */
export type StartPlugin = (runtime: Runtime) => Promise<{ readonly url: string; close(): Promise<void> }>;

/** How a client says to a proxy whom it wants. */
export type Opening = "connect" | "absolute" | "base-url";

/** Turns of the loop without any news after which nothing more comes by itself: promises, arithmetic of handshakes. */
const quietTurns = 4;
/** Turns after which something must be wrong with the test. */
const maxTurns = 200_000;

type Unsaid = Uint8Array | EndKind;

/** One of the two peers. */
class Seat {
  peer: Peer | undefined;
  /** What it is still to say or do. */
  readonly unsaid: Unsaid[] = [];
  readonly readSizes: number[] = [];

  sit(peer: Peer): void {
    this.peer = peer;
    peer.socket.on("data", (chunk: Buffer) => this.readSizes.push(chunk.length));
  }

  get end(): EndKind | undefined {
    const { error, ended } = this.peer ?? {};
    if (error) return "reset";
    return ended ? "fin" : undefined;
  }

  /** Says the next of what it is to say. */
  sayNext(): void {
    const { peer } = this;
    const next = peer && this.unsaid.shift();
    if (!next || peer.socket.destroyed) return;
    if (next === "fin") peer.socket.end();
    else if (next === "reset") peer.socket.resetAndDestroy();
    else peer.send(next);
  }
}

export class ProxyLink implements Link {
  readonly timers: ManualTimers = manualTimers();
  readonly events: SessionEvent[] = [];
  readonly #opening: Opening;
  readonly #options: LinkOptions;
  readonly #startPlugin: StartPlugin | undefined;
  #pluginPort: number | undefined;
  #closePlugin: (() => Promise<void>) | undefined;
  readonly #seats: Readonly<Record<Side, Seat>> = { client: new Seat(), server: new Seat() };
  #proxy: RunningProxy | undefined;
  #opened: Promise<void> | undefined;
  /** Something was said, or a time has come: there may be something to wait for. */
  #isStirred = true;

  constructor(opening: Opening, options: LinkOptions, startPlugin?: StartPlugin) {
    watchSockets();
    this.#startPlugin = startPlugin;
    this.#opening = opening;
    this.#options = options;
  }

  says(from: Side, bytes: Uint8Array | string, chunkBytes = 65_536): void {
    const text = typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("latin1");
    const all = Buffer.from(from === "client" ? asOpened[this.#opening](text) : text, "latin1");
    for (let at = 0; at < all.length; at += chunkBytes)
      this.#seats[from].unsaid.push(all.subarray(at, at + chunkBytes));
    if (all.length > 0) this.#isStirred = true;
  }

  ends(from: Side, how: EndKind = "fin"): void {
    const { unsaid } = this.#seats[from];
    if (unsaid.includes("fin")) return;
    if (how === "reset") unsaid.splice(0);
    unsaid.push(how);
    this.#isStirred = true;
  }

  got(to: Side): Uint8Array {
    return this.#seats[to].peer?.received() ?? new Uint8Array(0);
  }

  writeSizes(to: Side): readonly number[] {
    return this.#seats[to].readSizes;
  }

  endOf(to: Side): EndKind | undefined {
    const { end, peer } = this.#seats[to];
    // An upstream that was never dialled has nothing to end.
    return end ?? (to === "server" && !peer && this.isClosed ? "fin" : undefined);
  }

  async run(ms: number): Promise<void> {
    this.#opened ??= this.#open();
    await this.#opened;
    for (let at = 0; at < ms; at++) {
      this.timers.advance(1);
      if (this.#isStirred) await this.#settle();
    }
  }

  async close(): Promise<void> {
    await this.#proxy?.close(0);
    // It hears of the end over the wire.
    await this.#closePlugin?.();
    for (const { peer } of [this.#seats.client, this.#seats.server]) peer?.socket.destroy();
    // Sockets that were destroyed are gone a turn later.
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Whether the proxy has let go of the connection. */
  get isClosed(): boolean {
    return this.#proxy?.connections() === 0;
  }

  get remains(): number {
    return this.timers.armed + (this.#proxy?.connections() ?? 0);
  }

  async #open(): Promise<void> {
    const { policy, intercept } = this.#options;
    const { timers } = this;
    const opened = await openRuntime({
      logger: pino({ level: "silent" }),
      clock: {
        now: timers.now,
        wallNow: timers.now,
        after: (delayMs, action) =>
          timers.after(delayMs, () => {
            this.#isStirred = true;
            action();
          }),
      },
    });
    const runtime: Runtime = {
      ...opened,
      policy,
      interception: intercept,
      tell: (event) => this.events.push(event),
    };
    const origin = await startTcpOrigin();
    const plugin = await this.#startPlugin?.(runtime);
    if (plugin) {
      this.#pluginPort = Number(new URL(plugin.url).port);
      let closed: Promise<void> | undefined;
      this.#closePlugin = () => {
        closed ??= plugin.close();
        return closed;
      };
    }
    const proxy = await startProxy({
      // A plugin has all that decides.
      runtime: plugin
        ? { ...opened, tell: (event) => void (event.type === "bug" && this.events.push(event)) }
        : runtime,
      ...(plugin && { connectionPlugin: plugin.url }),
      port: 0,
      resolve: { "*": origin.authority },
      // Nothing is looked at by a time of the machine's.
      limits: { sweepMs: 1e9 },
    });
    this.#proxy = proxy;
    // An address names nobody: what is said inside does.
    const name = ["api.test", "localhost"].find((each) => policy.isTarget(each)) ?? "192.0.2.1";
    const port = intercept ? 443 : 80;
    const isTunnel = this.#opening === "connect";
    const client = await (isTunnel ? connectTunnel(proxy.port, `${name}:${port}`) : connectPeer(proxy.port));
    this.#seats.client.sit(client);
    void origin.accept(60_000).then(
      (upstream) => this.#seats.server.sit(upstream),
      () => {},
    );
    onTestFinished(async () => {
      client.socket.destroy();
      await proxy.close(0);
      await this.#closePlugin?.();
      await origin.close();
      await runtime.close();
    });
  }

  /** Has both peers say what they are to say, and waits until all of it has come and nothing more is under way. */
  async #settle(): Promise<void> {
    this.#isStirred = false;
    let quiet = 0;
    for (let turn = 0; quiet < quietTurns; turn++) {
      if (turn > maxTurns) throw new Error("the connections do not come to rest");
      const before = this.#progress();
      for (const seat of [this.#seats.client, this.#seats.server]) if (!this.#isLoud(seat)) seat.sayNext();
      await new Promise((resolve) => setImmediate(resolve));
      quiet = this.#isAtRest() && this.#progress() === before ? quiet + 1 : 0;
    }
  }

  /** Grows with everything that happens on the peers' sockets. */
  #progress(): string {
    return [this.#seats.client, this.#seats.server]
      .map(({ peer, unsaid, end }) => {
        const { bytesRead = 0, bytesWritten = 0, destroyed = false } = peer?.socket ?? {};
        return `${bytesRead} ${bytesWritten} ${destroyed} ${unsaid.length} ${end}`;
      })
      .join(", ");
  }

  #isAtRest(): boolean {
    const { client, server } = this.#seats;
    if (isAnyConnecting() || this.#isPluginSpokenWith()) return false;
    return ![client, server].some(
      (seat) => (seat.peer && seat.unsaid.length > 0) || this.#isLoud(seat) || this.#isSpokenTo(seat),
    );
  }

  /** Whether something is on its way between the proxy and its plugin. */
  #isPluginSpokenWith(): boolean {
    if (this.#pluginPort === undefined) return false;
    return socketsTo(this.#pluginPort).some((its) => {
      const other = otherEnd(its);
      return other && (its.bytesWritten !== other.bytesRead || other.bytesWritten !== its.bytesRead);
    });
  }

  /** Whether the proxy has not heard all of it. */
  #isLoud({ peer }: Seat): boolean {
    const its = peer && otherEnd(peer.socket);
    return its !== undefined && isUnderWay(peer?.socket as Socket, its);
  }

  #isSpokenTo({ peer }: Seat): boolean {
    const its = peer && otherEnd(peer.socket);
    return its !== undefined && isUnderWay(its, peer?.socket as Socket);
  }
}

/** As a client says it that has a proxy for `http://`. */
function inAbsoluteForm(text: string): string {
  return text.replaceAll(/\b(GET|HEAD|POST) (\/\S*) HTTP\/1\.1\r\n/g, "$1 http://api.test$2 HTTP/1.1\r\n");
}

/** As a client says it that has a base URL of the proxy. */
function byBaseUrl(text: string): string {
  return text
    .replaceAll(/\b(GET|HEAD|POST) (\/\S*) HTTP\/1\.1\r\n/g, "$1 /upstream/http/api.test$2 HTTP/1.1\r\n")
    .replaceAll(/\r\nhost: [^\r]*/gi, "\r\nHost: localhost");
}

const asOpened: Readonly<Record<Opening, (text: string) => string>> = {
  connect: (text) => text,
  absolute: inAbsoluteForm,
  "base-url": byBaseUrl,
};

/** The proxy as the cases of faults meet it; with a plugin that decides in its place, where one is started. */
export const proxied = (opening: Opening, startPlugin?: StartPlugin): RigCarrier<ProxyLink> => ({
  name: `${startPlugin ? "connection plugin" : "proxy"}, ${opening}`,
  isExact: true,
  hearsClientEnd: true,
  needsNoUpstream: true,
  link: (options) => new ProxyLink(opening, options, startPlugin),
});
