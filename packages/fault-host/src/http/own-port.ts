import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { networkInterfaces } from "node:os";
import type { HostContext } from "../host-context.ts";
import { resolveAddress, type Upstream } from "../upstream-address.ts";

const isLoopback = (address: string): boolean => address === "::1" || address.startsWith("127.");

/**
 * Whether a mapping's remote is its own port: each connection then makes the next, until there are no descriptors left. Names
 * other than `localhost` are not looked up.
 */
export function isOwnRemote(
  remote: { readonly host: string; readonly port: number },
  own: { readonly address: string; readonly port: number },
): boolean {
  return remote.port === own.port && (remote.host === "localhost" || reaches(remote.host, own.address));
}

/** Whether a connection to `address` reaches a server that is bound to `bound`. */
function reaches(address: string, bound: string): boolean {
  if (bound !== "0.0.0.0" && bound !== "::") return address === bound;
  const ours = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return isLoopback(address) || address === bound || ours.some((each) => each.address === address);
}

/**
 * Whether a request that came in by `socket` leads back to the port that it came to. The binary sends such a request to
 * itself, again and again, and each round takes two descriptors until the process has none left.
 */
export async function leadsBack(
  context: HostContext,
  upstream: Pick<Upstream, "hostname" | "port" | "authority">,
  socket: Socket,
): Promise<boolean> {
  const { resolve, address: bound } = context;
  const isMoved = Object.hasOwn(resolve, upstream.authority) || Object.hasOwn(resolve, upstream.hostname);
  if (!isMoved && upstream.port !== socket.localPort) return false;
  // A browser asks for localhost by every address that the name has until one answers.
  if (!isMoved && upstream.hostname === "localhost") return true;
  const to = await resolveAddress(upstream, resolve).catch(() => undefined);
  return to !== undefined && to.port === socket.localPort && reaches(to.host, bound);
}

/** Answers a request for the host itself: with a page that says what this is. */
export function answerOwnPort(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const isRead = incoming.method === "GET" || incoming.method === "HEAD";
  const url = `http://${incoming.headers.host ?? ""}`;
  const page = Buffer.from(
    [
      "This is the reference host of Faultwire: an HTTP proxy that treats plugins as the Fault proxy does.",
      "It is no web server. Point a program at it as its proxy:",
      `  export HTTPS_PROXY=${url}`,
      `  curl -x ${url} https://HOST/...`,
      "",
    ].join("\n"),
  );
  outgoing.writeHead(isRead ? 200 : 405, {
    "content-type": "text/plain; charset=utf-8",
    "content-length": page.length,
    // RFC 9110 section 15.5.6 asks for it.
    ...(!isRead && { allow: "GET, HEAD" }),
  });
  outgoing.end(incoming.method === "HEAD" ? undefined : page);
}
