/** How a proxy is asked for a tunnel to an upstream, and what it says: bytes in, bytes out. */
import { encodeHead, type Header, LENIENT_RESPONSES, REASON_PHRASES, ResponseReader } from "@faultwire/http1";
import { joinBytes } from "@faultwire/http1/internal";
import { type Authority, asciiHost, authorityText } from "./authority.ts";
import { ChainError } from "./chain-error.ts";
import type { HandshakeStep, TunnelHandshake } from "./handshake-step.ts";
import { SocksHandshake } from "./socks-handshake.ts";
import { basicCredentials, type UpstreamProxy } from "./upstream-proxy.ts";

/**
 * How a proxy is asked for a tunnel to an upstream.
 *
 * @param via - Names us in the `Via` of the request, so that we know it again if it comes back.
 */
export function tunnelHandshake(proxy: UpstreamProxy, authority: Authority, via: string): TunnelHandshake {
  return proxy.scheme === "socks5"
    ? new SocksHandshake(authority, proxy.credentials)
    : new ConnectHandshake(proxy, authority, via);
}

/** CONNECT (RFC 9110 section 9.3.6). */
class ConnectHandshake implements TunnelHandshake {
  readonly hello: Uint8Array;
  readonly #reader = new ResponseReader({}, LENIENT_RESPONSES);

  constructor(proxy: UpstreamProxy, authority: Authority, via: string) {
    const target = authorityText({ ...authority, host: asciiHost(authority.host) });
    const credentials = basicCredentials(proxy);
    const headers: Header[] = [
      ["Host", target],
      ["Via", via],
    ];
    if (credentials !== undefined) headers.push(["Proxy-Authorization", credentials]);
    this.hello = encodeHead(`CONNECT ${target} HTTP/1.1`, headers);
    this.#reader.expect("CONNECT");
  }

  push(bytes: Uint8Array): HandshakeStep {
    const items = this.#reader.push(bytes);
    const head = items.find((item) => item.kind === "head");
    if (head?.kind === "head" && head.status >= 200 && head.status < 300) {
      const rest = items.flatMap((item) => (item.kind === "opaque" ? [item.bytes] : []));
      return { kind: "open", rest: joinBytes(rest) };
    }
    if (head?.kind === "head") return { kind: "refused", error: refusal(head.status) };
    if (items.some(({ kind }) => kind === "malformed"))
      return {
        kind: "refused",
        error: new ChainError("PROXY_BROKEN", "it does not answer as a proxy of HTTP"),
      };
    return { kind: "more" };
  }
}

/** What a proxy says by a status that is none of success. */
export function refusal(status: number): ChainError {
  const phrase = REASON_PHRASES[status];
  const said = phrase === undefined ? `${status}` : `${status} ${phrase}`;
  if (status === 407)
    return new ChainError("PROXY_AUTH", `it asks for a user and a password that it takes, by ${said}`);
  return new ChainError(
    "PROXY_REFUSED",
    `it refuses the connection with ${said}`,
    status === 504 ? 504 : 502,
  );
}
