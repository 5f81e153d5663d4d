/** The way to an upstream through another proxy, as a line. */

import type { Header } from "@faultwire/http1";
import { type Guard, type Line, SecureLineError } from "@faultwire/lines";
import type { Clock } from "@faultwire/runtime";
import { AbsoluteFormLine } from "../sockets/absolute-form-line.ts";
import { ChainedLine } from "../sockets/chained-line.ts";
import { type Authority, asciiHost, authorityText } from "./authority.ts";
import { ChainError } from "./chain-error.ts";
import { wordsFor } from "./dialler.ts";
import { refusal, tunnelHandshake } from "./tunnel-handshake.ts";
import type { ChainKind } from "./upstream-proxies.ts";
import { basicCredentials, proxyText, type UpstreamProxy } from "./upstream-proxy.ts";

/** What a way through a proxy needs. */
export interface ChainOptions {
  /** Opens a connection to the proxy, without TLS. */
  readonly open: (authority: Authority) => Line;
  /** Wraps it in TLS. */
  readonly secure: (line: Line, authority: Authority) => Line;
  readonly clock: Clock;
  readonly guard: Guard;
  /** How long the proxy may take from being dialled to its answer, in ms. */
  readonly handshakeMs: number;
  /** Our name in `Via`. */
  readonly via: string;
}

/** A line to an upstream through a proxy. */
export function chain(
  proxy: UpstreamProxy,
  authority: Authority,
  kind: ChainKind,
  options: ChainOptions,
): Line {
  const { open, secure, clock, guard, handshakeMs, via } = options;
  const raw = open(proxy.authority);
  const line = proxy.scheme === "https" ? secure(raw, proxy.authority) : raw;
  const name = proxyText(proxy);
  const words = (error: Error): string =>
    error instanceof SecureLineError ? error.message : wordsFor(error);
  if (kind === "absolute-form" && proxy.scheme !== "socks5") {
    const credentials = basicCredentials(proxy);
    const named: Header = ["Via", via];
    const host = authorityText({ ...authority, host: asciiHost(authority.host) });
    return new AbsoluteFormLine(line, {
      origin: `http://${host.replace(/:80$/, "")}`,
      headers: credentials === undefined ? [named] : [named, ["Proxy-Authorization", credentials]],
      failed: (error) => new ChainError("PROXY_UNREACHABLE", words(error)).through(name),
      denied: () => refusal(407).through(name),
    });
  }
  const handshake = tunnelHandshake(proxy, authority, via);
  return new ChainedLine(line, { handshake, proxy: name, clock, guard, handshakeMs, words });
}
