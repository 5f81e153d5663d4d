/** What speaks inside of an opened connection, as far as the connection has to know it. */
import type { EndKind } from "./carrier.ts";
import type { Side } from "./events.ts";

export interface Spoken {
  fromClient(bytes: Uint8Array): void;
  fromServer(bytes: Uint8Array): void;
  serverEnded(how: EndKind): void;
  clientEnded(): void;
  /** The upstream can't be reached: requests that need it are answered in its place. */
  unreachable(reason: string): void;
  /** Nothing goes to the client any more. */
  leave(): void;
  /** Does what is due by now. */
  wake(): void;
  /** When to call {@link wake}; `undefined` while nothing waits for a time. */
  readonly dueAtMs: number | undefined;
  /** Bytes that this peer has said, or has made us say, and that are kept. */
  heldBytes(from: Side): number;
  /** Whether the client is still to get something that depends on the upstream no more. */
  readonly owesClient: boolean;
  /** Whether the upstream still owes a response. */
  readonly upstreamOwes: boolean;
  /** Whether anything was sent that the peers did not say themselves, or kept from them. */
  readonly hasChanged: boolean;
  /** Whether a response has come to a standstill that is for ever. */
  readonly isStalled: boolean;
  /** The connection is over. */
  finish(): void;
}
