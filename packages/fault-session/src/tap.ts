/** Listens to what exchanges say to an upstream and to what it says, in clear and before a fault changes it. */
import type { EndKind } from "./carrier.ts";
import { HttpExchanges } from "./http/http-exchanges.ts";
import type { HttpExchangesOptions } from "./http/http-port.ts";
import { Http2Exchanges } from "./http2/http2-exchanges.ts";
import type { Http2ExchangesOptions } from "./http2/http2-port.ts";
import type { SessionAtRest } from "./session-rest.ts";

/** Hears one connection. Nothing that it does reaches the connection; it must not throw. */
export interface UpstreamTap {
  /** These bytes go to the upstream. The memory may be used again when the call is over. */
  toUpstream(bytes: Uint8Array): void;
  /** The upstream has said these bytes. The memory may be used again when the call is over. */
  fromUpstream(bytes: Uint8Array): void;
  /** The upstream says no more, by itself: the client was there to the end. */
  upstreamEnded(how: EndKind): void;
  /** The upstream can't be reached: nothing that is said here from now on is its own. Who tells of no such thing leaves it out. */
  leave?(reason: "unreachable"): void;
  /** The connection is over; its client may have gone, or was cut off, before the upstream had said all. */
  finish(): void;
}

/**
 * Asked once for each connection of a target, when its first request names the host, or its TLS does.
 *
 * @returns who is to hear it, if anybody
 */
export type TapUpstream = (connection: {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly protocol: "http/1.1" | "h2";
}) => UpstreamTap | undefined;

/** Bytes that are kept for one who listens until it is known whom a connection is to: SETTINGS, in HTTP/2. */
const maxEarlyBytes = 65_536;

/** What is heard of one connection, and the options by which exchanges let it be heard. */
class Heard {
  #tap: UpstreamTap | undefined;
  /** What was said before the first request; `undefined` once it is known who listens, or that nobody does. */
  #early: { readonly isOurs: boolean; readonly bytes: Uint8Array }[] | undefined = [];
  #earlyBytes = 0;
  /** Nothing more goes to the client: what the upstream still says may be missing, and its end may be the work of that. */
  isClientOver = false;

  /** The same options, but that what goes through them is heard. */
  options<Options extends HttpExchangesOptions | Http2ExchangesOptions>(
    options: Options,
    tapUpstream: TapUpstream,
    scheme: "http" | "https",
    protocol: "http/1.1" | "h2",
  ): Options {
    const { introduce, port } = options;
    return {
      ...options,
      introduce: (head) => {
        const facts = introduce(head);
        this.#begin(facts ? tapUpstream({ scheme, host: facts.host ?? "", protocol }) : undefined);
        return facts;
      },
      port: {
        ...port,
        toServer: (bytes: Uint8Array) => {
          this.said(bytes, true);
          port.toServer(bytes);
        },
        endClient: (how: EndKind) => {
          this.isClientOver = true;
          port.endClient(how);
        },
      },
    };
  }

  /** Bytes to the upstream (`isOurs`), or from it. */
  said(bytes: Uint8Array, isOurs: boolean): void {
    if (this.#tap) {
      if (isOurs) this.#tap.toUpstream(bytes);
      else this.#tap.fromUpstream(bytes);
    } else if (this.#early) {
      this.#earlyBytes += bytes.length;
      if (this.#earlyBytes > maxEarlyBytes) this.#early = undefined;
      else this.#early.push({ isOurs, bytes: new Uint8Array(bytes) });
    }
  }

  ended(how: EndKind): void {
    if (this.isClientOver) this.#tap?.finish();
    else this.#tap?.upstreamEnded(how);
  }

  finish(): void {
    this.#tap?.finish();
  }

  #begin(tap: UpstreamTap | undefined): void {
    const early = this.#early;
    this.#early = undefined;
    this.#tap = tap;
    for (const { bytes, isOurs } of early ?? []) this.said(bytes, isOurs);
  }
}

/** Exchanges in HTTP/1.1 that somebody hears. */
export class TappedExchanges extends HttpExchanges {
  readonly #heard: Heard;

  constructor(
    options: HttpExchangesOptions,
    tapUpstream: TapUpstream,
    scheme: "http" | "https",
    rest?: SessionAtRest,
  ) {
    const heard = new Heard();
    super(heard.options(options, tapUpstream, scheme, "http/1.1"), rest);
    this.#heard = heard;
  }

  override clientEnded(): void {
    this.#heard.isClientOver = true;
    super.clientEnded();
  }

  override fromServer(bytes: Uint8Array): void {
    this.#heard.said(bytes, false);
    super.fromServer(bytes);
  }

  override serverEnded(how: EndKind): void {
    this.#heard.ended(how);
    super.serverEnded(how);
  }

  override finish(): void {
    super.finish();
    this.#heard.finish();
  }
}

/** Exchanges in HTTP/2 that somebody hears. */
export class TappedHttp2Exchanges extends Http2Exchanges {
  readonly #heard: Heard;

  constructor(options: Http2ExchangesOptions, tapUpstream: TapUpstream, scheme: "http" | "https") {
    const heard = new Heard();
    super(heard.options(options, tapUpstream, scheme, "h2"));
    this.#heard = heard;
  }

  override clientEnded(): void {
    this.#heard.isClientOver = true;
    super.clientEnded();
  }

  override fromServer(bytes: Uint8Array): void {
    this.#heard.said(bytes, false);
    super.fromServer(bytes);
  }

  override serverEnded(how: EndKind): void {
    this.#heard.ended(how);
    super.serverEnded(how);
  }

  override finish(): void {
    super.finish();
    this.#heard.finish();
  }
}
