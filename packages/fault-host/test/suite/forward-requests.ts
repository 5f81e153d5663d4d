import { connectPeer } from "@faultwire/testkit/host-peers";
import type { RequestAnswer } from "@faultwire/testkit/scripted-plugin";
import { withoutQuery } from "@faultwire/testkit/scripted-plugin";
import { describe, expect, it, onTestFinished } from "vitest";
import { ask, forwarding, reply, requestAt, responseAt, shownRequest } from "./forwarding.ts";
import { bytes, type HostImplementation, held, quiet } from "./host-under-test.ts";

/** Absolute-form requests to the proxy: what plugins are shown of a request and what becomes of their answers. */
export function forwardRequests(implementation: HostImplementation): void {
  describe("forward mode: requests", () => {
    it("shows the whole request: path with query, the upstream as host, one value per field, text values only", async () => {
      const setup = await forwarding(implementation);
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
      const setup = await forwarding(implementation, {
        request: (request) => ({ kind: "continue", modified: withoutQuery(request) }),
      });
      ask(setup, "/v1/messages?beta=true");
      const { lines } = await requestAt(setup.target);
      expect(lines[0]).toBe("GET /v1/messages?beta=true HTTP/1.1");
    });

    it("a query in the path of modified_request becomes part of the path, and the URL keeps its own besides", async () => {
      const setup = await forwarding(implementation, {
        request: (request) => ({ kind: "continue", modified: request }),
      });
      ask(setup, "/v1/messages?beta=true");
      const { lines } = await requestAt(setup.target);
      expect(lines[0]).toBe("GET /v1/messages%3Fbeta=true?beta=true HTTP/1.1");
    });

    it("the same happens without modified_request", async () => {
      const setup = await forwarding(implementation, { request: () => ({ kind: "continue" }) });
      ask(setup, "/v1/messages?beta=true");
      const { lines } = await requestAt(setup.target);
      expect(lines[0]).toBe("GET /v1/messages%3Fbeta=true?beta=true HTTP/1.1");
    });

    it("method, headers and body are those of modified_request; the host adds accept and accept-encoding", async () => {
      const setup = await forwarding(implementation, {
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
      const setup = await forwarding(implementation, {
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
      const setup = await forwarding(implementation, {
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

    it("a plugin without can_handle_http_forward is not asked, and nothing is missed then", async () => {
      const setup = await forwarding(implementation, { forward: false });
      ask(setup, "/x?y=1");
      const { peer, lines } = await requestAt(setup.target);
      expect(lines[0]).toBe("GET /x?y=1 HTTP/1.1");
      peer.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n");
      await setup.client.until("the response", () => setup.client.text().includes("ok"));
      expect(setup.side.calls.filter(({ method }) => method.startsWith("Process"))).toEqual([]);
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
        const setup = await forwarding(implementation, { request: () => answer });
        ask(setup, "/");
        expect(await responseAt(setup.client, "}")).toMatch(expected);
        expect(setup.host.isAlive()).toBe(true);
      });

    it("a body over 4 MiB reaches the plugin, but can't come back: 400", async () => {
      const body = "x".repeat(4 * 1024 * 1024 + 1);
      const setup = await forwarding(implementation);
      ask(setup, "/", "POST", `Content-Length: ${body.length}\r\n`, body);
      const response = await responseAt(setup.client, "}");
      expect(response).toMatch(/^HTTP\/1\.1 400 .*"error":"RPC Call Error in plugin 'scripted'/s);
      expect(shownRequest(setup.side).body.length).toBe(body.length);
    });

    it("a held request is cancelled when its client goes", async () => {
      const setup = await forwarding(implementation, { request: () => new Promise<RequestAnswer>(() => {}) });
      ask(setup, "/");
      const asked = () => setup.side.calls.find(({ method }) => method === "ProcessHttpRequest");
      await setup.side.until("the request", () => asked() !== undefined);
      setup.client.socket.destroy();
      await setup.side.until("the cancellation", () => asked()!.cancelled);
    });

    it("a held request holds up the health checks, and they every new tunnel and request", async () => {
      const answer = held<RequestAnswer>();
      let asked = 0;
      const setup = await forwarding(implementation, {
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
}
