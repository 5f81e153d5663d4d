/** Listens to what exchanges say to an upstream and to what it says, in clear and before a fault changes it. */
import type { EndKind } from "./carrier.ts";
import { HttpExchanges } from "./http/http-exchanges.ts";
import type { HttpExchangesOptions } from "./http/http-port.ts";
import type { SessionAtRest } from "./session-rest.ts";

/** Hears one connection. Nothing that it does reaches the connection; it must not throw. */
export interface UpstreamTap {
  /** These bytes go to the upstream. The memory may be used again when the call is over. */
  toUpstream(bytes: Uint8Array): void;
  /** The upstream has said these bytes. The memory may be used again when the call is over. */
  fromUpstream(bytes: Uint8Array): void;
  /** The upstream says no more, by itself: the client was there to the end. */
  upstreamEnded(how: EndKind): void;
  /** The connection is over; its client may have gone, or was cut off, before the upstream had said all. */
  finish(): void;
}

/**
 * Asked once for each connection of a target, when its first request names the host, or its TLS does.
 *
 * @returns who is to hear it, if anybody; nobody hears HTTP/2.
 */
export type TapUpstream = (connection: {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly protocol: "http/1.1" | "h2";
}) => UpstreamTap | undefined;

/** Exchanges in HTTP/1.1 that somebody hears. */
export class TappedExchanges extends HttpExchanges {
  readonly #tap: () => UpstreamTap | undefined;
  /** Nothing more goes to the client: what the upstream still says may be missing, and its end may be the work of that. */
  readonly #isClientOver: () => boolean;
  #hasClientEnded = false;

  constructor(
    options: HttpExchangesOptions,
    tapUpstream: TapUpstream,
    scheme: "http" | "https",
    rest?: SessionAtRest,
  ) {
    let tap: UpstreamTap | undefined;
    let isOver = false;
    const { introduce, port } = options;
    super(
      {
        ...options,
        introduce: (head) => {
          const facts = introduce(head);
          if (facts) tap = tapUpstream({ scheme, host: facts.host ?? "", protocol: "http/1.1" });
          return facts;
        },
        port: {
          ...port,
          toServer: (bytes) => {
            tap?.toUpstream(bytes);
            port.toServer(bytes);
          },
          endClient: (how) => {
            isOver = true;
            port.endClient(how);
          },
        },
      },
      rest,
    );
    this.#tap = () => tap;
    this.#isClientOver = () => isOver || this.#hasClientEnded;
  }

  override clientEnded(): void {
    this.#hasClientEnded = true;
    super.clientEnded();
  }

  override fromServer(bytes: Uint8Array): void {
    this.#tap()?.fromUpstream(bytes);
    super.fromServer(bytes);
  }

  override serverEnded(how: EndKind): void {
    if (this.#isClientOver()) this.#tap()?.finish();
    else this.#tap()?.upstreamEnded(how);
    super.serverEnded(how);
  }

  override finish(): void {
    super.finish();
    this.#tap()?.finish();
  }
}
