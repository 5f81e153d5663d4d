import type { EndKind } from "@faultwire/fault-session";
import type { Http2Alias } from "@faultwire/fault-session/internal";
import type { Line } from "@faultwire/lines";
import type { BridgeFailure } from "@faultwire/tls-bridge";
import type { ProxyContext } from "../proxy-context.ts";
import type { Authority } from "../upstream/authority.ts";
import type { Unreachable } from "../upstream/dialler.ts";
import type { ChainKind } from "../upstream/upstream-proxies.ts";
import type { Door } from "./addressed.ts";
import type { Admission, ConnectVerdict } from "./admission.ts";

/** How a session is carried. */
export interface CarryOptions {
  /** What came of the client's asking for the connection. */
  readonly admission: Exclude<Admission, { readonly kind: "refused" }>;
  /** Answers in the session's place where the upstream can't be reached; false where the session is to. */
  readonly answer?: (why: Unreachable) => boolean;
  /** Whether the client has a tunnel, in which the upstream may be who speaks first. */
  readonly isTunnel?: boolean;
  /** How a proxy on the way is asked; for a tunnel unless given. */
  readonly chainKind?: ChainKind;
  /** What the upstream's connection is wrapped in: TLS, for a client that speaks in clear. */
  readonly upstream?: (line: Line) => Line;
}

/** Whom a connection is for. */
export interface Whom {
  readonly authority: Authority;
  /** What the rules said of the client's asking, where they were asked. */
  readonly verdict: ConnectVerdict | undefined;
  readonly chainKind?: ChainKind;
}

/** How a session of HTTP/2 is carried whose first request tells whom it is for. */
export interface RoutedOptions extends Pick<CarryOptions, "chainKind" | "upstream"> {
  /** How its messages are turned to the upstream and back. */
  readonly http2Alias?: Http2Alias;
}

/** What carries a connection: a session of our own, or a plugin. */
export interface ConnectionCarrier {
  /** Whether nothing is under way, as far as can be told. */
  readonly isQuiet: boolean;
  /** Takes bytes of the client that were read before. */
  receive(bytes: Uint8Array): void;
  /** Lets go of everything that faults hold: for a shutdown. */
  release(): void;
  /** Ends everything at once. */
  destroy(): void;
  /** Ends the upstream's connection; the client's goes on with somebody else. */
  leaveClient(): void;
}

/** How a client's connection begins anew. */
export interface Entrance extends Door {
  /** What the client has said already. */
  readonly rest?: Uint8Array;
  /** The line that the client is spoken to by from now on, where it is another than before. */
  readonly client?: Line;
}

/** What the front needs of its client's connection. */
export interface FrontConnection {
  readonly context: ProxyContext;
  /** Its number, as logs name it. */
  readonly id: number;
  readonly client: Line;
  /** Since when the client has what it now speaks on, as events tell it. */
  readonly askedAtMs: number;
  /** The client's address and port. */
  readonly peer: string;
  /** A name for what the client asks for next, which nothing else has. */
  nextName(): string;
  /**
   * Hands on what the client says, while it is not known whom it wants: a client that ends its half before that wants
   * nothing, and its connection ends.
   */
  hear(heard: (bytes: Uint8Array) => void): void;
  /** Does something of ours; whatever it throws ends this connection, and no other. */
  guard(act: () => void): void;
  /** Logs an error of ours. */
  bug(error: unknown): void;
  /** Something has come or gone. */
  readonly moved: () => void;
  /** It is known whom the client wants. */
  greeted(): void;
  /**
   * Says a last word of our own to the client, and ends. What the client still says is dropped.
   *
   * @param closed - Told when the connection is closed.
   * @param how - A FIN unless given.
   */
  sayAndEnd(bytes: Uint8Array, closed?: () => void, how?: EndKind): void;
  /**
   * Says nothing to the client, and drops what it says, until `then`: after so many milliseconds, never for `null`, at once
   * at a shutdown. A client that ends its half in the meantime is closed.
   *
   * @param closed - Told when the connection is closed before.
   */
  holdClient(ms: number | null, then: () => void, closed: () => void): void;
  /** Proxies that the client's request has come through, as its `Via` names them: who is asked for a tunnel learns of them. */
  cameBy(via: readonly string[]): void;
  /** Opens a connection to an upstream; it ends with this one. */
  dial(authority: Authority): Line;
  /** Says in words why an upstream can't be reached. */
  unreachable(authority: Authority, error: Error): Unreachable;
  /** The log's line for what is refused, and why. */
  refused(why: string, fields?: object): void;
  /** Carries a session between the client, or the part of its connection that an upstream gets, and an upstream. */
  carry(client: Line, authority: Authority, options: CarryOptions): ConnectionCarrier;
  /**
   * The same for a client of HTTP/2 in clear, whose first request tells whom its connection is for.
   *
   * @param whom - Not asked before that request.
   */
  carryRouted(whom: () => Whom, options: RoutedOptions): ConnectionCarrier;
  /** Something has gone wrong with TLS that was there. */
  tlsFailed(authority: Authority, failure: BridgeFailure): void;
  /** Whom the client wants is no target: nothing of it is read. */
  passesUnread(authority: Authority): void;
  /** The client's connection begins anew, where the proxy itself is meant or may be. */
  enter(entrance: Entrance): void;
  /** A request was answered by ourselves: nothing is under way until the next. */
  rests(): void;
  /** The client and an upstream are joined from now on. */
  joined(): void;
}
