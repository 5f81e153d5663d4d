import { gzipSync } from "node:zlib";
import { connectPeer } from "@faultwire/testkit/host-peers";
import { type ScriptedPlugin, withContentLength, withoutQuery } from "@faultwire/testkit/scripted-plugin";
import { describe, expect, it, onTestFinished } from "vitest";
import { ask, forwarding, reply, requestAt, responseAt, shownRequest, shownResponse } from "./forwarding.ts";
import { bytes, type HostImplementation, origin, plugin, quiet, startHost, text } from "./host-under-test.ts";

/** What plugins are shown of a response and what becomes of their answers; and the HTTP mappings. */
export function forwardResponses(implementation: HostImplementation): void {
  describe("forward mode: responses", () => {
    it("shows the whole response, one value per field, and replaces headers and body but not the status", async () => {
      const setup = await forwarding(implementation, {
        response: () => ({
          kind: "continue",
          modified: {
            status: 500,
            headers: [
              ["x-new", "1"],
              ["content-length", "99"],
            ],
            body: bytes("changed"),
          },
        }),
      });
      ask(setup, "/");
      const { peer } = await requestAt(setup.target);
      reply(peer, "original", "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n");
      const response = await responseAt(setup.client, "changed");
      const shown = shownResponse(setup.side);
      expect(shown.status).toBe(200);
      expect(text(shown.body)).toBe("original");
      expect(shown.headers).toContainEqual(["set-cookie", "b=2"]);
      expect(shown.headers).not.toContainEqual(["set-cookie", "a=1"]);
      expect(response).toMatch(/^HTTP\/1\.1 200 /);
      expect(response).toContain("\r\nX-New: 1\r\n");
      expect(response).toMatch(/\r\ncontent-length: 7\r\n/i);
      expect(response).not.toContain("Set-Cookie");
    });

    it("ABORT of a response is ignored: the original goes on", async () => {
      const setup = await forwarding(implementation, {
        response: (response) => ({
          kind: "abort",
          modified: withContentLength({ ...response, body: bytes("changed") }),
          abortResponse: { status: 500, headers: [], body: bytes("aborted") },
        }),
      });
      ask(setup, "/");
      const { peer } = await requestAt(setup.target);
      reply(peer, "original");
      const response = await responseAt(setup.client, "original");
      expect(response).toMatch(/^HTTP\/1\.1 200 /);
    });

    it("a compressed response is shown and handed on uncompressed, without its content-encoding", async () => {
      const setup = await forwarding(implementation);
      ask(setup, "/");
      const { peer } = await requestAt(setup.target);
      const zipped = gzipSync("plain again");
      peer.send(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${zipped.length}\r\n\r\n`);
      peer.send(zipped);
      const response = await responseAt(setup.client, "plain again");
      expect(shownResponse(setup.side).headers.map(([name]) => name)).not.toContain("content-encoding");
      expect(shownResponse(setup.side).headers.map(([name]) => name)).not.toContain("content-length");
      expect(response.toLowerCase()).not.toContain("content-encoding");
    });

    it("two plugins are asked in order of registration, for the request and for the response", async () => {
      const mark = (name: string): Promise<ScriptedPlugin> =>
        plugin({
          forward: true,
          name,
          request: (request) => ({
            kind: "continue",
            modified: { ...withoutQuery(request), path: `${withoutQuery(request).path}${name}` },
          }),
          response: (response) => ({
            kind: "continue",
            modified: withContentLength({ ...response, body: bytes(`${text(response.body)}${name}`) }),
          }),
        });
      const first = await mark("first");
      const second = await mark("second");
      const target = await origin();
      const host = await startHost(implementation, { plugins: [first.url, second.url] });
      const client = await connectPeer(host.proxyPort);
      onTestFinished(() => void client.socket.destroy());
      ask({ client, target }, "/");
      const { peer, lines } = await requestAt(target);
      expect(lines[0]).toBe("GET /firstsecond HTTP/1.1");
      // A plugin behind another gets no content-length: the one before it has had it taken away.
      peer.send("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n>");
      await responseAt(client, ">firstsecond");
    });

    it("an upstream that can't be reached is the host's own 500", async () => {
      const setup = await forwarding(implementation);
      await setup.target.close();
      ask(setup, "/");
      expect(await responseAt(setup.client, "}")).toMatch(
        /^HTTP\/1\.1 500 .*"error":"Internal Server Error: Failed to execute reqwest request: /s,
      );
    });

    it("a redirect is handed on, not followed", async () => {
      const setup = await forwarding(implementation);
      ask(setup, "/");
      const { peer } = await requestAt(setup.target);
      reply(peer, "moved", "location: /elsewhere\r\n", "302 Found");
      expect(await responseAt(setup.client, "moved")).toMatch(/^HTTP\/1\.1 302 /);
      expect(setup.target.peers).toHaveLength(1);
    });

    it("an event stream is collected whole before the plugin sees it", async () => {
      const setup = await forwarding(implementation);
      ask(setup, "/");
      const { peer } = await requestAt(setup.target);
      peer.send(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 20\r\n\r\ndata: one\n",
      );
      await quiet();
      expect(setup.client.length).toBe(0);
      peer.send("\ndata: 2\n");
      peer.send("\n");
      await responseAt(setup.client, "data: one\n\ndata: 2\n\n");
      expect(text(shownResponse(setup.side).body)).toBe("data: one\n\ndata: 2\n\n");
    });
  });

  describe("an HTTP mapping", () => {
    it("forwards to its remote, with the host field cut to the name", async () => {
      const setup = await forwarding(implementation, {}, true);
      setup.client.send("GET /v1/models?limit=1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
      const { peer, lines } = await requestAt(setup.target);
      expect(lines[0]).toBe("GET /v1/models?limit=1 HTTP/1.1");
      expect(lines).toContain("host: 127.0.0.1");
      expect(shownRequest(setup.side).path).toBe("/v1/models?limit=1");
      reply(peer);
      await responseAt(setup.client, "ok");
    });

    it("compares --upstream with scheme://host:port, which no host:port equals", async () => {
      const side = await plugin({ forward: true });
      const target = await origin();
      const { authority } = target;
      const host = await startHost(implementation, {
        plugins: [side.url],
        upstreams: [authority],
        httpMappings: [authority],
      });
      const client = await connectPeer(host.httpPorts[0]!);
      onTestFinished(() => void client.socket.destroy());
      client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
      reply((await requestAt(target)).peer);
      await responseAt(client, "ok");
      expect(side.count("ProcessHttpRequest")).toBe(0);
    });

    it("an event stream goes past the plugin untouched, as it comes", async () => {
      const setup = await forwarding(implementation, {}, true);
      setup.client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
      const { peer } = await requestAt(setup.target);
      peer.send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n");
      peer.send("b\r\ndata: one\n\n\r\n");
      await setup.client.until("the first event", () => setup.client.text().includes("data: one\n\n"));
      peer.send("b\r\ndata: two\n\n\r\n0\r\n\r\n");
      await setup.client.until("the second event", () => setup.client.text().includes("data: two\n\n"));
      expect(setup.side.count("ProcessHttpRequest")).toBe(1);
      expect(setup.side.count("ProcessHttpResponse")).toBe(0);
    });
  });
}
