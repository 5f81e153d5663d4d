/** One connection of a host that a test plays: decisions, ends, credit, dials, the end of either side. */
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import {
  type Abilities,
  connectionLimits,
  EndKind,
  Entrance,
  grpcStatus,
  type ProcessConnectionRequest,
} from "@faultwire/connection-protocol";
import { describe, expect, it, onTestFinished } from "vitest";
import { hostOf, type PlayedHost, servePlugin } from "../../support/connection-host.ts";

const get = "GET / HTTP/1.1\r\nHost: api.test\r\n\r\n";
type Message = ProcessConnectionRequest["message"];
const message = (kind: NonNullable<Message["case"]>, value: object): Message =>
  ({ case: kind, value: { $typeName: `faultwire.connection.v1.${kind}`, ...value } }) as unknown as Message;
const nothingFails = { rules: { single: { targetHosts: ["api.test"], errorProbability: 0, seed: 1 } } };
const abilities = (more: Partial<Abilities>): Abilities =>
  ({
    $typeName: "faultwire.connection.v1.Abilities",
    reset: true,
    halfClose: true,
    dial: true,
    ...more,
  }) as Abilities;

/** Opens a connection whose first request waits for the upstream, and that upstream. */
async function reachUpstream(host: PlayedHost, more: Parameters<PlayedHost["open"]>[0] = {}): Promise<void> {
  host.open(more);
  host.client(get);
  await expect.poll(() => host.all("dial")).toMatchObject([{ peer: 1 }]);
  host.say(message("dialled", { peer: 1 }));
  await expect.poll(() => host.to(1)).toBe(get);
}

describe("a connection", () => {
  it("to a target is accepted, its request answered by a rule, and counted once the client has it", async () => {
    const plugin = await servePlugin();
    const host = hostOf(plugin)();
    host.open();
    host.client(get);
    await expect.poll(() => host.to(0)).toContain("HTTP/1.1 529");
    expect(host.said[0]).toMatchObject({ case: "accept", value: { version: 1 } });
    expect(host.all("dial")).toEqual([]);
    const watches = host.all("watch");
    expect(watches.length).toBeGreaterThan(0);
    expect(plugin.events.filter(({ type }) => type === "done")).toEqual([]);
    for (const { id } of watches) host.say(message("gone", { id }));
    await expect.poll(() => plugin.events.filter(({ type }) => type === "done").length).toBe(1);
    expect(plugin.runtime.counts().find(({ rule }) => rule === "flags")).toMatchObject({ hits: 1 });
  });

  it("to another host is passed through, and the stream ends", async () => {
    const host = hostOf(await servePlugin())();
    host.open({ host: "other.test" });
    expect(await host.ended()).toBe(null);
    expect(host.said.map((each) => each.case)).toEqual(["passThrough"]);
  });

  it("to an address is accepted in a tunnel, where a target may be named inside, and passed through for requests", async () => {
    const open = hostOf(await servePlugin());
    const tunnel = open();
    tunnel.open({ host: "192.0.2.1" });
    await expect.poll(() => tunnel.said[0]?.case).toBe("accept");
    const requests = open();
    requests.open({ host: "192.0.2.1", entrance: Entrance.REQUESTS });
    expect(await requests.ended()).toBe(null);
    expect(requests.said[0]?.case).toBe("passThrough");
  });

  it("may be refused; what became of that is told when the host says it", async () => {
    const plugin = await servePlugin({
      rules: {
        file: new URL("../../support/refuse.yaml", import.meta.url).pathname,
        watch: false,
      },
    });
    const host = hostOf(plugin)();
    host.open();
    await expect
      .poll(() => host.said[0])
      .toMatchObject({
        case: "refuse",
        value: { how: { case: "answer", value: { status: 502 } } },
      });
    expect(plugin.events.filter(({ type }) => type === "done")).toEqual([]);
    host.say(message("refused", { undoneReason: "" }));
    expect(await host.ended()).toBe(null);
    expect(plugin.events.filter(({ type }) => type === "done").length).toBe(1);
  });

  it("is over for the plugin as soon as the host cancels, and its upstream is let go", async () => {
    const plugin = await servePlugin(nothingFails);
    const sockets: Socket[] = [];
    const upstream = createServer((socket) => void sockets.push(socket.on("error", () => {})));
    await once(upstream.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => void upstream.close());
    const { port } = upstream.address() as { readonly port: number };
    const host = hostOf(plugin)();
    host.open({ host: "127.0.0.1", port, abilities: abilities({ dial: false }) });
    host.client("something that is no protocol\n");
    await expect.poll(() => sockets[0]?.bytesRead ?? 0).toBeGreaterThan(0);
    const closed = once(sockets[0] as Socket, "close");
    sockets[0]?.resume();
    host.stream.cancel();
    await closed;
  });

  it("ends in order when the client has closed: the upstream gets its FIN first", async () => {
    const host = hostOf(await servePlugin(nothingFails))();
    await reachUpstream(host);
    host.say(message("end", { peer: 0, kind: EndKind.FIN }));
    await expect.poll(() => host.all("end")).toMatchObject([{ peer: 1, kind: EndKind.FIN }]);
    host.stream.sendBytes(1, Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    await expect.poll(() => host.to(0)).toContain("\r\n\r\nok");
    host.say(message("closed", { peer: 1 }));
    host.say(message("closed", { peer: 0 }));
    expect(await host.ended()).toBe(null);
  });

  it("goes no further than the host's credit, and the upstream is not read meanwhile", async () => {
    const { creditBytes, maxBytes, minCreditBytes } = connectionLimits;
    const open = hostOf(await servePlugin(nothingFails));
    const host = open();
    host.open({ creditBytes: minCreditBytes });
    host.client(get);
    await expect.poll(() => host.all("dial").length).toBe(1);
    host.say(message("dialled", { peer: 1 }));
    await expect.poll(() => host.to(1)).toBe(get);
    const head = "HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n";
    host.stream.sendBytes(1, Buffer.from(head));
    let sent = head.length;
    const given = (): number =>
      creditBytes + host.all("credit").reduce((sum, { peer, bytes }) => (peer === 1 ? sum + bytes : sum), 0);
    const toClient = (): number =>
      host.all("bytes").reduce((sum, { peer, data }) => (peer === 0 ? sum + data.length : sum), 0);
    /** Says what there is credit for, until a stream that was opened behind it has ended and no more credit has come. */
    const sayAll = async (): Promise<void> => {
      do {
        for (; given() - sent >= maxBytes; sent += maxBytes)
          host.stream.sendBytes(1, new Uint8Array(maxBytes));
        const behind = open();
        behind.open({ host: "other.test" });
        await behind.ended();
      } while (given() - sent >= maxBytes);
    };
    await sayAll();
    expect(toClient()).toBe(minCreditBytes);
    // All that a plugin holds: what its line to the client lets wait, no more than its credit, one message beyond it, and the credit.
    expect(sent).toBeLessThanOrEqual(minCreditBytes + 2 * creditBytes + maxBytes);
    const before = sent;
    host.say(message("credit", { peer: 0, bytes: 500_000 }));
    await sayAll();
    expect(toClient()).toBe(minCreditBytes + 500_000);
    expect(sent).toBeGreaterThan(before);
    expect(sent).toBeLessThanOrEqual(minCreditBytes + 500_000 + 2 * creditBytes + maxBytes);
    expect(host.end).toBe(undefined);
  });

  it("that the host can't reset is told as done otherwise", async () => {
    const plugin = await servePlugin({
      rules: { file: new URL("../../support/reset.yaml", import.meta.url).pathname, watch: false },
    });
    const host = hostOf(plugin)();
    await reachUpstream(host, { abilities: abilities({ reset: false }) });
    host.stream.sendBytes(1, Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    await expect
      .poll(() => host.all("end").filter(({ peer }) => peer === 0))
      .toMatchObject([{ kind: EndKind.RESET }]);
    for (const { id } of host.all("watch")) host.say(message("gone", { id }));
    await expect
      .poll(() => plugin.events.filter(({ type }) => type === "done"))
      .toMatchObject([{ instead: "a FIN, because the host can't reset" }]);
  });

  it("is dialled by the plugin where the host can't", async () => {
    const upstream = createServer((socket) => {
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    });
    await once(upstream.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => void upstream.close());
    const { port } = upstream.address() as { readonly port: number };
    const host = hostOf(await servePlugin(nothingFails))();
    host.open({ host: "127.0.0.1", port, abilities: abilities({ dial: false }) });
    host.client("GET / HTTP/1.1\r\nHost: api.test\r\n\r\n");
    await expect.poll(() => host.to(0)).toContain("\r\n\r\nok");
    expect(host.all("dial")).toEqual([]);
  });

  it("ends when nothing is under way and the host takes leave", async () => {
    const host = hostOf(await servePlugin(nothingFails))();
    await reachUpstream(host);
    host.say(message("drain", {}));
    host.stream.sendBytes(1, Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    expect(await host.ended()).toBe(null);
    expect(host.to(0)).toContain("\r\n\r\nok");
  });

  it("that rests behind its client's FIN is over after two seconds, and not before", async () => {
    let now = 0;
    const clock = { now: () => now, after: () => () => {} };
    const plugin = await servePlugin({ ...nothingFails, clock });
    const open = hostOf(plugin);
    const host = open();
    await reachUpstream(host);
    host.stream.sendBytes(1, Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    host.say(message("end", { peer: 0, kind: EndKind.FIN }));
    await expect.poll(() => host.to(0)).toContain("\r\n\r\nok");
    // A stream that was opened behind all that shows that the plugin has heard it.
    const behind = open();
    behind.open({ host: "other.test" });
    await behind.ended();
    expect(host.end).toBe(undefined);
    now += 2000;
    expect(await host.ended()).toBe(null);
  });

  it("ends with the plugin server: one that rests in order, and one that is under way, when the end is hurried, with its reason", async () => {
    const plugin = await servePlugin(nothingFails);
    const open = hostOf(plugin);
    const resting = open();
    await reachUpstream(resting);
    resting.stream.sendBytes(1, Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    await expect.poll(() => resting.to(0)).toContain("\r\n\r\nok");
    const busy = open();
    await reachUpstream(busy);
    const hurry = new AbortController();
    const closed = plugin.server.close({ hurry: hurry.signal });
    expect(await resting.ended()).toBe(null);
    expect(busy.end).toBe(undefined);
    const late = open();
    late.open();
    expect(await late.ended()).toBe(null);
    expect(late.said.map((each) => each.case)).toEqual(["passThrough"]);
    hurry.abort();
    expect(await busy.ended()).toEqual({ status: grpcStatus.unavailable, message: "the plugin ends" });
    await closed;
  });
});
