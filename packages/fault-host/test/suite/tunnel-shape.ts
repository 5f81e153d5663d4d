import { connectPeer, connectTunnel } from "@faultwire/testkit/host-peers";
import type { ScriptedPlugin } from "@faultwire/testkit/scripted-plugin";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  bytes,
  type HostImplementation,
  held,
  onReads,
  openTunnel,
  origin,
  pattern,
  plugin,
  quiet,
  startHost,
  text,
} from "./host-under-test.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What a tunnel is: who is wrapped, in which order, and which bytes which call shows. */
export function tunnelShape(implementation: HostImplementation): void {
  describe("the shape of a tunnel", () => {
    it("answers CONNECT with 200 and connects to the upstream before any byte or call", async () => {
      const server = await plugin({ side: "server" });
      const { upstream } = await openTunnel(implementation, [server]);
      expect(upstream.length).toBe(0);
      expect(server.count("ProcessTunnelData")).toBe(0);
    });

    it("answers CONNECT with 200 and closes the connection when the upstream refuses it", async () => {
      const server = await plugin({ side: "server" });
      const host = await startHost(implementation, { plugins: [server.url] });
      const gone = await origin();
      await gone.close();
      const client = await connectTunnel(host.proxyPort, gone.authority);
      await client.until("the end", () => client.ended || client.closed);
      expect(client.length).toBe(0);
      expect(server.count("ProcessTunnelData")).toBe(0);
    });

    it("shows the bytes that came with the CONNECT request first, by themselves", async () => {
      const target = await origin();
      const client = await plugin({ side: "client" });
      const host = await startHost(implementation, { plugins: [client.url] });
      const peer = await connectTunnel(host.proxyPort, target.authority, "early");
      onTestFinished(() => void peer.socket.destroy());
      const upstream = await target.accept();
      await upstream.untilText("early");
      expect(text(client.tunnelCalls("ingress")[0]!.chunk)).toBe("early");
    });

    /** Carries many bytes each way; they are others for each `seed`. */
    async function carryBothWays(side: ScriptedPlugin, seed: number) {
      const { client, upstream } = await openTunnel(implementation, [side]);
      const [up, down] = [pattern(50_000, seed), pattern(50_000, seed + 1)];
      client.send(up);
      await upstream.until("the upload", () => upstream.length === up.length);
      upstream.send(down);
      await client.until("the download", () => client.length === down.length);
      expect(upstream.received()).toEqual(up);
      expect(client.received()).toEqual(down);
      return { up, down };
    }

    it("CLIENT: client's bytes are read calls of at most 4096, the upstream's are write calls of at most 8192", async () => {
      const side = await plugin({ side: "client" });
      const { up } = await carryBothWays(side, 1);
      const reads = side.tunnelCalls("ingress");
      expect(reads.every(({ side }) => side === "client")).toBe(true);
      expect(Math.max(...reads.map(({ chunk }) => chunk.length))).toBe(4096);
      expect(side.seen("ingress")).toEqual(up);
      const writes = side.tunnelCalls("egress");
      expect(writes.every(({ side }) => side === "client")).toBe(true);
      expect(Math.max(...writes.map(({ chunk }) => chunk.length))).toBe(8192);
    });

    for (const announced of ["server", "any"] as const)
      it(`${announced.toUpperCase()}: the upstream's bytes are read calls of at most 4096, the client's are write calls of at most 8192`, async () => {
        const side = await plugin({ side: announced });
        const { down } = await carryBothWays(side, 3);
        expect(side.tunnelCalls().every(({ side }) => side === "server")).toBe(true);
        expect(Math.max(...side.tunnelCalls("ingress").map(({ chunk }) => chunk.length))).toBe(4096);
        expect(Math.max(...side.tunnelCalls("egress").map(({ chunk }) => chunk.length))).toBe(8192);
        expect(side.seen("ingress")).toEqual(down);
      });

    it("two registrations wrap both sides, with the same UUID for one tunnel and another for the next", async () => {
      const server = await plugin({ side: "server" });
      const side = await plugin({ side: "client" });
      const { host, client, upstream, origin } = await openTunnel(implementation, [server, side]);
      client.send("ping");
      await upstream.untilText("ping");
      upstream.send("pong");
      await client.untilText("pong");
      const ids = new Set([...server.tunnelCalls(), ...side.tunnelCalls()].map(({ id }) => id));
      expect(ids.size).toBe(1);
      expect([...ids][0]).toMatch(UUID);
      expect(side.tunnelCalls().map(({ direction, chunk }) => [direction, text(chunk)])).toEqual([
        ["ingress", "ping"],
        ["egress", "pong"],
      ]);
      expect(server.tunnelCalls().map(({ direction, chunk }) => [direction, text(chunk)])).toEqual([
        ["egress", "ping"],
        ["ingress", "pong"],
      ]);
      const second = await connectTunnel(host.proxyPort, origin.authority);
      onTestFinished(() => void second.socket.destroy());
      second.send("again");
      await (await origin.accept()).untilText("again");
      expect(ids).not.toContain(server.tunnelCalls().at(-1)!.id);
    });

    it("plugins on the same side nest in order of registration: the last is the outermost", async () => {
      const mark = (name: string) =>
        plugin({
          side: "server",
          tunnel: (call) => ({ kind: "replace", chunk: bytes(`${name}(${text(call.chunk)})`) }),
        });
      const first = await mark("first");
      const last = await mark("last");
      const { client, upstream } = await openTunnel(implementation, [first, last]);
      client.send("up");
      await upstream.untilText("first(last(up))");
      upstream.send("down");
      await client.untilText("last(first(down))");
    });

    it("asks no plugin about its capability or direction before it shows a chunk", async () => {
      const side = await plugin({ side: "server", tunnelCapable: false, direction: "egress" });
      const { client, upstream } = await openTunnel(implementation, [side]);
      upstream.send("hello");
      await client.untilText("hello");
      expect(side.tunnelCalls("ingress")).toHaveLength(1);
    });

    it("sends no deadline with a call and calls over one connection", async () => {
      const side = await plugin({ side: "client" });
      const { client, upstream } = await openTunnel(implementation, [side]);
      client.send("a");
      await upstream.untilText("a");
      expect(side.calls.every(({ headers }) => headers["grpc-timeout"] === undefined)).toBe(true);
      expect(side.connections).toBe(1);
    });

    it("a held read call blocks neither the other direction nor another tunnel, and stays the only one of its direction", async () => {
      const answer = held<{ kind: "pass"; chunk: Uint8Array }>();
      const side = await plugin({
        side: "client",
        tunnel: onReads((call) =>
          text(call.chunk) === "held" ? answer.promise : { kind: "pass", chunk: call.chunk },
        ),
      });
      const { host, client, upstream, origin } = await openTunnel(implementation, [side]);
      client.send("held");
      await side.until("the held call", () => side.tunnelCalls("ingress").length === 1);
      client.send("more");
      upstream.send("down");
      await client.untilText("down");
      const other = await connectTunnel(host.proxyPort, origin.authority);
      onTestFinished(() => void other.socket.destroy());
      other.send("other");
      await (await origin.accept()).untilText("other");
      expect(side.tunnelCalls("ingress").filter(({ chunk }) => text(chunk) === "more")).toHaveLength(0);
      expect(upstream.length).toBe(0);
      answer.release({ kind: "pass", chunk: bytes("released,") });
      await upstream.untilText("released,more");
    });

    it("only traffic to a named upstream meets plugins: host and port, exactly", async () => {
      const side = await plugin({ side: "server", forward: true });
      const target = await origin();
      const other = await origin();
      const host = await startHost(implementation, { plugins: [side.url], upstreams: [other.authority] });
      const client = await connectTunnel(host.proxyPort, target.authority);
      onTestFinished(() => void client.socket.destroy());
      const upstream = await target.accept();
      client.send("unseen");
      await upstream.untilText("unseen");
      upstream.send("unseen too");
      await client.untilText("unseen too");
      const forward = await connectPeer(host.proxyPort);
      onTestFinished(() => void forward.socket.destroy());
      forward.send(`GET http://${target.authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
      const second = await target.accept();
      await second.until("the request", () => second.text().includes("\r\n\r\n"));
      second.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
      await forward.until("the response", () => forward.text().endsWith("ok"));
      expect(side.calls.filter(({ method }) => method.startsWith("Process"))).toEqual([]);
      const seen = await connectTunnel(host.proxyPort, other.authority);
      onTestFinished(() => void seen.socket.destroy());
      seen.send("seen");
      await (await other.accept()).untilText("seen");
      expect(side.tunnelCalls().map(({ chunk }) => text(chunk))).toEqual(["seen"]);
    });

    it.each([
      ["host:port in capitals", "LOCALHOST", []],
      ["a URL, whose name is put in small letters", "http://LOCALHOST", ["seen"]],
      ["a pattern", "*host", []],
    ])("--upstream as %s", async (_form, name, met) => {
      const side = await plugin({ side: "server" });
      const target = await origin();
      const { port } = new URL(`http://${target.authority}`);
      const host = await startHost(implementation, { plugins: [side.url], upstreams: [`${name}:${port}`] });
      const client = await connectTunnel(host.proxyPort, `localhost:${port}`);
      onTestFinished(() => void client.socket.destroy());
      const upstream = await target.accept();
      upstream.send("seen");
      await client.untilText("seen");
      expect(side.tunnelCalls("ingress").map(({ chunk }) => text(chunk))).toEqual(met);
    });

    it("FIN travels each way by itself, and the connection goes when both have ended", async () => {
      const side = await plugin({ side: "server" });
      const { client, upstream } = await openTunnel(implementation, [side]);
      client.socket.end("last words");
      await upstream.untilText("last words");
      await upstream.until("the client's FIN", () => upstream.ended);
      upstream.send("answer after the FIN");
      await client.untilText("answer after the FIN");
      await quiet();
      expect(client.ended).toBe(false);
      upstream.socket.end();
      await client.until("the upstream's FIN", () => client.ended);
    });
  });
}
