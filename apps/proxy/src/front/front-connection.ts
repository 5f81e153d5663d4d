import type { ProxyContext } from "../proxy-context.ts";
import type { Line } from "../sockets/line.ts";
import type { SocketCarrier } from "../sockets/socket-carrier.ts";
import type { Authority } from "../upstream/authority.ts";
import type { Unreachable } from "../upstream/dialler.ts";

/** What the front needs of its client's connection. */
export interface FrontConnection {
  readonly context: ProxyContext;
  readonly client: Line;
  /** Does something of ours; whatever it throws ends this connection, and no other. */
  guard(act: () => void): void;
  /** Something has come or gone. */
  readonly moved: () => void;
  /** It is known whom the client wants. */
  greeted(): void;
  /** Says a last word of our own to the client, and ends. What the client still says is dropped. */
  sayAndEnd(bytes: Uint8Array): void;
  /** Opens a connection to an upstream; it ends with this one. */
  dial(authority: Authority): Line;
  /** Says in words why an upstream can't be reached. */
  unreachable(authority: Authority, error: Error): Unreachable;
  /** The log's line for what is refused, and why. */
  refused(why: string, fields?: object): void;
  /** Carries a session between the client, or the part of its connection that an upstream gets, and an upstream. */
  carry(client: Line, authority: Authority, answer?: (why: Unreachable) => boolean): SocketCarrier;
  /** The client and an upstream are joined from now on. */
  joined(): void;
}
