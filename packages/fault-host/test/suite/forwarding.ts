/** What the forward-mode cases share: one exchange with everything in hand. */
import { connectPeer, type Peer, type TcpOrigin } from "@faultwire/testkit/host-peers";
import {
  bytesOf,
  decodeHttpRequest,
  decodeHttpResponse,
  readFields,
  type WireHttpRequest,
  type WireHttpResponse,
} from "@faultwire/testkit/host-wire";
import type { PluginScript, ScriptedPlugin } from "@faultwire/testkit/scripted-plugin";
import { onTestFinished } from "vitest";
import { type HostImplementation, type HostUnderTest, origin, plugin, startHost } from "./host-under-test.ts";

/** A forward exchange: the plugin, the client's connection, and the origin. */
export interface Forwarding {
  readonly side: ScriptedPlugin;
  readonly host: HostUnderTest;
  readonly client: Peer;
  readonly target: TcpOrigin;
}

/** Starts origin, plugin and host, and connects a client to the proxy or to an HTTP mapping. */
export async function forwarding(
  implementation: HostImplementation,
  script: PluginScript = {},
  mapping: boolean = false,
): Promise<Forwarding> {
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

/** Sends an absolute-form request whose Host header names someone else. */
export function ask(
  { client, target }: Pick<Forwarding, "client" | "target">,
  path: string,
  method: string = "GET",
  more: string = "",
  body: string = "",
): void {
  client.send(
    `${method} http://${target.authority}${path} HTTP/1.1\r\nHost: elsewhere.example\r\n${more}\r\n${body}`,
  );
}

/** Answers as the upstream. */
export function reply(
  upstream: Peer,
  body: string = "ok",
  more: string = "",
  status: string = "200 OK",
): void {
  upstream.send(`HTTP/1.1 ${status}\r\ncontent-length: ${body.length}\r\n${more}\r\n${body}`);
}

/** The next request that reaches the origin, up to `ending`. */
export async function requestAt(
  target: TcpOrigin,
  ending: string = "\r\n\r\n",
): Promise<{ readonly peer: Peer; readonly lines: readonly string[] }> {
  const peer = await target.accept();
  await peer.until("the request", () => peer.text().endsWith(ending));
  return { peer, lines: peer.text().split("\r\n") };
}

/** What reaches the client, up to `ending`. */
export async function responseAt(client: Peer, ending: string): Promise<string> {
  await client.until(`a response that ends with ${ending}`, () => client.text().endsWith(ending));
  return client.text();
}

const firstMessage = (side: ScriptedPlugin, name: string): Uint8Array => {
  const call = side.calls.find(({ method }) => method === name);
  if (!call) throw new Error(`no ${name} came`);
  return bytesOf(readFields(call.message), 1);
};

/** The first request that the plugin was shown. */
export function shownRequest(side: ScriptedPlugin): WireHttpRequest {
  return decodeHttpRequest(firstMessage(side, "ProcessHttpRequest"));
}

/** The first response that the plugin was shown. */
export function shownResponse(side: ScriptedPlugin): WireHttpResponse {
  return decodeHttpResponse(firstMessage(side, "ProcessHttpResponse"));
}
