/** The two ends of TLS that is opened, made for what is to happen to them. */
import { TlsBridge, type TlsBridgeHandler } from "@faultwire/tls-bridge";
import { alpnProtocolsOf, type ClientHello } from "@faultwire/tls-parser";
import { type Interception, ourProtocols } from "./interception.ts";
import type { Acquaintance } from "./introduction.ts";
import type { PartContext } from "./part.ts";
import type { SessionAtRest } from "./session-rest.ts";
import { bridgeFaultOf } from "./tls-faults.ts";

/** What opened TLS is made from. */
export interface OpenedTlsOptions {
  readonly context: PartContext;
  readonly interception: Interception;
  readonly met: Acquaintance;
  /** What the client began with, or what is kept of a connection that rested. */
  readonly from: ClientHello | SessionAtRest;
  /** The session can't be, and nothing has been sent yet: the connection goes on closed. `said`: by the client. */
  readonly stayClosed: (why: string, said: Uint8Array) => void;
}

/** What a bridge is made from. */
export interface OpenedBridgeOptions {
  readonly context: PartContext;
  readonly interception: Interception;
  readonly met: Acquaintance;
  readonly hello: ClientHello;
  readonly handler: TlsBridgeHandler;
  /** As of the bridge's options. */
  readonly preferredAlone: () => string | undefined;
}

/** Whether TLS with the upstream is the carrier's: what is said to it, and what it says, is in clear. */
export const isUpstreamClear = ({ needsNoUpstream, speaksUpstreamTls }: PartContext): boolean =>
  needsNoUpstream && speaksUpstreamTls;

/** Makes a bridge, with the fault of the connection's handshake; tells of one that can't be. */
export function openedBridge(options: OpenedBridgeOptions): TlsBridge {
  const { context, interception, met, hello, handler, preferredAlone } = options;
  const { undone, ...changes } = bridgeFaultOf(met.decision, hello, interception.options);
  if (undone !== undefined) met.outcome(undone);
  const { upstream, issuerKey } = interception.options;
  return new TlsBridge({
    identityFor: (request) => interception.options.identityFor(request),
    ...(issuerKey ? { issuerKey } : {}),
    upstream: { ...upstream, host: met.host },
    ...changes,
    contexts: interception.contexts,
    // A carrier that needs no upstream can send to either peer at any moment.
    lockstep: !context.needsNoUpstream,
    withoutUpstream: context.needsNoUpstream,
    withoutSharedProtocol: context.renewUpstream !== undefined,
    alone: isUpstreamClear(context),
    protocols: ourProtocols(context.http2Mode, alpnProtocolsOf(hello)),
    preferredAlone,
    handler,
  });
}
