import { connectPeer } from "@faultwire/testkit/host-peers";
import { type PluginScript, withContentLength } from "@faultwire/testkit/scripted-plugin";
import { describe, expect, it, onTestFinished } from "vitest";
import { requestAt } from "./forwarding.ts";
import { bytes, type HostImplementation, origin, plugin, startHost } from "./host-under-test.ts";

/** What an upstream says. */
export const upstreamAnswers = {
  plain: "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
  chunked: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
} as const;

/** Answers of a plugin that the host does not survive, with what the upstream has said. */
export const crashCases: readonly (readonly [string, PluginScript, keyof typeof upstreamAnswers])[] = [
  ["ABORT without abort_response", { request: () => ({ kind: "abort" }) }, "plain"],
  [
    "ABORT with a status that is none",
    { request: () => ({ kind: "abort", response: { status: 0, headers: [], body: bytes("") } }) },
    "plain",
  ],
  [
    "modified_request without a method",
    {
      request: (request) => ({ kind: "continue", modified: { ...request, method: "" } }),
    },
    "plain",
  ],
  [
    "modified_response without content-length",
    {
      response: () => ({ kind: "continue", modified: { status: 200, headers: [], body: bytes("x") } }),
    },
    "plain",
  ],
  [
    "a chunked response that no plugin gives a content-length",
    { response: () => ({ kind: "continue" }) },
    "chunked",
  ],
  [
    "modified_response with an invalid header name",
    {
      response: () => ({
        kind: "continue",
        modified: {
          status: 200,
          headers: [
            ["bad name", "x"],
            ["content-length", "1"],
          ],
          body: bytes("x"),
        },
      }),
    },
    "plain",
  ],
  [
    "a modified_response over 4 MiB",
    {
      response: (response) => ({
        kind: "continue",
        modified: withContentLength({ ...response, body: new Uint8Array(4 * 1024 * 1024) }),
      }),
    },
    "plain",
  ],
  [
    "a gRPC error in answer to a response",
    { response: () => ({ kind: "error", code: 13, message: "broken on purpose" }) },
    "plain",
  ],
];

/** What the host does not survive: its release build aborts the whole process where other programs lose a task. */
export function crashes(implementation: HostImplementation): void {
  describe("what takes the host's whole process down", () => {
    for (const [name, script, upstreamAnswer] of crashCases)
      it(name, async () => {
        const side = await plugin({ forward: true, ...script });
        const target = await origin();
        const host = await startHost(implementation, { plugins: [side.url] });
        const bystander = await connectPeer(host.proxyPort);
        const client = await connectPeer(host.proxyPort);
        onTestFinished(() => {
          bystander.socket.destroy();
          client.socket.destroy();
        });
        client.send(`GET http://${target.authority}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
        // Some of the cases never ask the upstream.
        void requestAt(target).then(
          ({ peer }) => peer.send(upstreamAnswers[upstreamAnswer]),
          () => {},
        );
        await client.until("the end", () => client.ended || client.closed);
        await bystander.until("its end", () => bystander.ended || bystander.closed);
        expect(client.length).toBe(0);
        await expect.poll(() => host.isAlive()).toBe(false);
      });

    it("a CONNECT to a name that can't be resolved", async () => {
      const host = await startHost(implementation, { plugins: [] });
      const client = await connectPeer(host.proxyPort);
      onTestFinished(() => void client.socket.destroy());
      client.send("CONNECT no-such-host.invalid:443 HTTP/1.1\r\nHost: no-such-host.invalid\r\n\r\n");
      await client.until("the end", () => client.ended || client.closed, 30_000);
      await expect.poll(() => host.isAlive()).toBe(false);
    }, 40_000);
  });
}
