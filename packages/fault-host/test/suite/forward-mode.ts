import { gzipSync } from "node:zlib";
import { connectPeer, type Peer, type TcpOrigin } from "@faultwire/testkit/host-peers";
import { bytesOf, decodeHttpRequest, decodeHttpResponse, readFields } from "@faultwire/testkit/host-wire";
import {
  type PluginScript,
  type RequestAnswer,
  type ScriptedPlugin,
  withContentLength,
  withoutQuery,
} from "@faultwire/testkit/scripted-plugin";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  bytes,
  type HostImplementation,
  type HostUnderTest,
  held,
  origin,
  plugin,
  quiet,
  startHost,
  text,
} from "./host-under-test.ts";

/** A forward exchange: the plugin, the client's connection, and the origin. */
interface Forwarding {
  readonly side: ScriptedPlugin;
  readonly host: HostUnderTest;
  readonly client: Peer;
  readonly target: TcpOrigin;
}

/** Whole requests and responses: absolute-form requests to the proxy, and HTTP mappings. */
export function forwardMode(implementation: HostImplementation): void {
  async function forwarding(script: PluginScript = {}, mapping: boolean = false): Promise<Forwarding> {
    const side = await plugin({ forward: true, ...script });
    const target = await origin();
    const host = await startHost(implementation, {
      plugins: [side.url],
      httpMappings: mapping ? [target.authority] : [],
    });
    const client = await connectPeer(mapping ? host.httpPorts[0]! : host.proxyPort);
    onTestFinished(() => void client.socket.destroy());
    return { side, host, client, target };
  }

  const ask = ({ client, target }: Forwarding, path: string, method = "GET", more = "", body = ""): void =>
    client.send(
      `${method} http://${target.authority}${path} HTTP/1.1\r\nHost: elsewhere.example\r\n${more}\r\n${body}`,
    );

  const reply = (upstream: Peer, body = "ok", more = "", status = "200 OK"): void =>
    upstream.send(`HTTP/1.1 ${status}\r\ncontent-length: ${body.length}\r\n${more}\r\n${body}`);

  async function requestAt(target: TcpOrigin, ending = "\r\n\r\n"): Promise<{ peer: Peer; lines: string[] }> {
    const peer = await target.accept();
    await peer.until("the request", () => peer.text().endsWith(ending));
    return { peer, lines: peer.text().split("\r\n") };
  }

  async function responseAt(client: Peer, ending: string): Promise<string> {
    await client.until(`a response that ends with ${ending}`, () => client.text().endsWith(ending));
    return client.text();
  }

  const shownRequest = (side: ScriptedPlugin) => {
    const call = side.calls.find(({ method }) => method === "ProcessHttpRequest")!;
    return decodeHttpRequest(bytesOf(readFields(call.message), 1));
  };
  const shownResponse = (side: ScriptedPlugin) => {
    const call = side.calls.find(({ method }) => method === "ProcessHttpResponse")!;
    return decodeHttpResponse(bytesOf(readFields(call.message), 1));
  };

  describe("forward mode", () => {
    it("shows the whole request: path with query, the upstream as host, one value per field, text values only", async () => {
      const setup = await forwarding();
      ask(
        setup,
        "/a%20b/c?x=1&y=2",
        "POST",
        "X-Twice: one\r\nX-Twice: two\r\nX-Bytes: \u00ff\r\nContent-Length: 4\r\n",
        "body",
      );
      const { peer, lines } = await requestAt(setup.target, "body");
      expect(shownRequest(setup.side)).toEqual({
        method: "POST",
        path: "/a%20b/c?x=1&y=2",
        headers: [
          ["host", setup.target.authority],
          ["x-twice", "two"],
          ["x-bytes", ""],
          ["content-length", "4"],
        ],
        body: bytes("body"),
      });
      expect(lines[0]).toBe("POST /a%20b/c?x=1&y=2 HTTP/1.1");
      reply(peer);
      await responseAt(setup.client, "ok");
    });

    it("the query survives when modified_request has none in its path", async () => {
      const setup = await forwarding({
        request: (request) => ({ kind: "continue", modified: withoutQuery(request) }),
      });
      ask(setup, "/v1/messages?beta=true");
      const { lines } = await requestAt(setup.target);
      expect(lines[0]).toBe("GET /v1/messages?beta=true HTTP/1.1");
    });

    it("a query in the path of modified_request becomes part of the path, and the URL keeps its own besides", async () => {
      const setup = await forwarding({ request: (request) => ({ kind: "continue", modified: request }) });
      ask(setup, "/v1/messages?beta=true");
      const { lines } = await requestAt(setup.target);
      expect(lines[0]).toBe("GET /v1/messages%3Fbeta=true?beta=true HTTP/1.1");
    });

    it("the same happens without modified_request", async () => {
      const setup = await forwarding({ request: () => ({ kind: "continue" }) });
      ask(setup, "/v1/messages?beta=true");
      const { lines } = await requestAt(setup.target);
      expect(lines[0]).toBe("GET /v1/messages%3Fbeta=true?beta=true HTTP/1.1");
    });

    it("method, headers and body are those of modified_request; the host adds accept and accept-encoding", async () => {
      const setup = await forwarding({
        request: () => ({
          kind: "continue",
          modified: {
            method: "PUT",
            path: "/other",
            headers: [
              ["host", "named.example"],
              ["x-a", "1"],
              ["x-a", "2"],
              ["content-length", "3"],
            ],
            body: bytes("new"),
          },
        }),
      });
      ask(setup, "/?q");
      const { lines } = await requestAt(setup.target, "new");
      expect(lines[0]).toBe("PUT /other?q HTTP/1.1");
      expect(lines.slice(1, -2).sort()).toEqual(
        [
          "accept-encoding: zstd,gzip,br",
          "accept: */*",
          "content-length: 3",
          "host: named.example",
          "x-a: 1",
          "x-a: 2",
        ].sort(),
      );
    });

    it("a request body without content-length goes out chunked", async () => {
      const setup = await forwarding({
        request: (request) => ({
          kind: "continue",
          modified: { ...request, headers: [], body: bytes("hello") },
        }),
      });
      ask(setup, "/", "POST", "Content-Length: 2\r\n", "hi");
      const { lines } = await requestAt(setup.target, "0\r\n\r\n");
      expect(lines).toContain("transfer-encoding: chunked");
      expect(lines).toContain("hello");
      expect(lines).toContain(`host: ${setup.target.authority}`);
    });

    it("ABORT with a response goes straight back: status, headers and body; no upstream is asked", async () => {
      const setup = await forwarding({
        request: () => ({
          kind: "abort",
          response: {
            status: 529,
            headers: [
              ["content-type", "application/json"],
              ["x-a", "1"],
              ["x-a", "2"],
            ],
            body: bytes('{"overloaded":true}'),
          },
        }),
      });
      ask(setup, "/");
      const response = await responseAt(setup.client, '{"overloaded":true}');
      expect(response).toMatch(/^HTTP\/1\.1 529 /);
      expect(response).toContain("\r\nContent-Type: application/json\r\n");
      expect(response).toContain("\r\nX-A: 1\r\nX-A: 2\r\n");
      expect(response).toMatch(/\r\ncontent-length: 19\r\n/i);
      expect(setup.target.peers).toHaveLength(0);
    });

    it("shows the whole response, one value per field, and replaces headers and body but not the status", async () => {
      const setup = await forwarding({
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
      const setup = await forwarding({
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
      const setup = await forwarding();
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

    it("a plugin without can_handle_http_forward is not asked, and nothing is missed then", async () => {
      const setup = await forwarding({ forward: false });
      ask(setup, "/x?y=1");
      const { peer, lines } = await requestAt(setup.target);
      expect(lines[0]).toBe("GET /x?y=1 HTTP/1.1");
      peer.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n");
      await setup.client.until("the response", () => setup.client.text().includes("ok"));
      expect(setup.side.calls.filter(({ method }) => method.startsWith("Process"))).toEqual([]);
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
      const host = await startHost(implementation, { plugins: [first.url] });
      const both = await startHost(implementation, { plugins: [first.url, second.url] });
      const client = await connectPeer(both.proxyPort);
      onTestFinished(() => void client.socket.destroy());
      ask({ side: first, host, client, target }, "/");
      const { peer, lines } = await requestAt(target);
      expect(lines[0]).toBe("GET /firstsecond HTTP/1.1");
      // A plugin behind another gets no content-length: the one before it has had it taken away.
      peer.send("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n>");
      await responseAt(client, ">firstsecond");
    });

    const refusals: readonly (readonly [string, RequestAnswer, RegExp])[] = [
      [
        "a gRPC error",
        { kind: "error", code: 13, message: "broken on purpose" },
        /^HTTP\/1\.1 400 .*"error":"RPC Call Error in plugin 'scripted', method 'ProcessRequest': .*broken on purpose/s,
      ],
      [
        "an invalid header name",
        {
          kind: "continue",
          modified: { method: "GET", path: "/", headers: [["bad name", "x"]], body: bytes("") },
        },
        /^HTTP\/1\.1 500 .*"error":"Invalid HTTP header name: invalid HTTP header name"/s,
      ],
      [
        "an invalid header value in the ABORT",
        { kind: "abort", response: { status: 500, headers: [["x", "a\nb"]], body: bytes("") } },
        /^HTTP\/1\.1 500 .*"error":"Invalid HTTP header value: failed to parse header value"/s,
      ],
    ];
    for (const [name, answer, expected] of refusals)
      it(`${name} in answer to a request is the host's own error response`, async () => {
        const setup = await forwarding({ request: () => answer });
        ask(setup, "/");
        expect(await responseAt(setup.client, "}")).toMatch(expected);
        expect(setup.host.isAlive()).toBe(true);
      });

    it("an upstream that can't be reached is the host's own 500", async () => {
      const setup = await forwarding();
      await setup.target.close();
      ask(setup, "/");
      expect(await responseAt(setup.client, "}")).toMatch(
        /^HTTP\/1\.1 500 .*"error":"Internal Server Error: Failed to execute reqwest request: /s,
      );
    });

    it("a redirect is handed on, not followed", async () => {
      const setup = await forwarding();
      ask(setup, "/");
      const { peer } = await requestAt(setup.target);
      reply(peer, "moved", "location: /elsewhere\r\n", "302 Found");
      expect(await responseAt(setup.client, "moved")).toMatch(/^HTTP\/1\.1 302 /);
      expect(setup.target.peers).toHaveLength(1);
    });

    it("an event stream is collected whole before the plugin sees it", async () => {
      const setup = await forwarding();
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

    it("a held request holds up the health checks, and they every new tunnel and request", async () => {
      const answer = held<RequestAnswer>();
      let asked = 0;
      const setup = await forwarding({
        request: (request) => {
          asked++;
          return asked === 1 ? answer.promise : { kind: "continue", modified: withoutQuery(request) };
        },
      });
      ask(setup, "/held");
      await setup.side.until("the request", () => asked === 1);
      const before = setup.side.count("HealthCheck");
      await new Promise((resolve) => setTimeout(resolve, implementation.healthCheckIntervalMs + 500));
      expect(setup.side.count("HealthCheck")).toBeLessThanOrEqual(before + 1);
      const second = await connectPeer(setup.host.proxyPort);
      onTestFinished(() => void second.socket.destroy());
      ask({ ...setup, client: second }, "/second");
      await quiet();
      expect(asked).toBe(1);
      answer.release({ kind: "abort", response: { status: 418, headers: [], body: bytes("released") } });
      await responseAt(setup.client, "released");
      await setup.side.until("the second request", () => asked === 2);
    }, 40_000);
  });

  describe("an HTTP mapping", () => {
    it("forwards to its remote, with the host field cut to the name", async () => {
      const setup = await forwarding({}, true);
      setup.client.send("GET /v1/models?limit=1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
      const { peer, lines } = await requestAt(setup.target);
      expect(lines[0]).toBe("GET /v1/models?limit=1 HTTP/1.1");
      expect(lines).toContain("host: 127.0.0.1");
      expect(shownRequest(setup.side).path).toBe("/v1/models?limit=1");
      reply(peer);
      await responseAt(setup.client, "ok");
    });

    it("an event stream goes past the plugin untouched, as it comes", async () => {
      const setup = await forwarding({}, true);
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
