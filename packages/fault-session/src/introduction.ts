/** The first moment of a connection: who is meant, is that a target, and what is to happen to it. */
import type { ConnectionFacts, Decision, Fault, TrafficWay } from "@faultwire/fault-engine";
import { headerValue, type RequestHead } from "@faultwire/http1";
import { alpnProtocolsOf, type ClientHello, serverNameOf } from "@faultwire/tls-parser";
import type { SessionEvent } from "./events.ts";
import { hostOfAuthority } from "./host-name.ts";
import { ExchangeLog } from "./http/exchange-log.ts";
import type { ConnectionDecision, FaultPolicy } from "./policy.ts";
import type { TellUnread } from "./unread-teller.ts";

/** What the introduction of a connection needs. */
export interface Introducer {
  readonly policy: FaultPolicy;
  /** Milliseconds, never going backwards. */
  readonly now: () => number;
  /** When the client opened its connection, on that clock. */
  readonly openedAtMs: number;
  readonly tell: (event: SessionEvent) => void;
  readonly unread: TellUnread;
  /** Whom a client wants that names nobody in its ClientHello; lower case. */
  readonly host?: string;
  /** What this carrier does in place of a fault, in words; `undefined` where it does what is asked for. */
  readonly insteadOf?: (fault: Fault) => string | undefined;
}

/** A connection to a target, or a client that asks a proxy for one. */
export class Acquaintance {
  readonly host: string;
  readonly facts: ConnectionFacts & { readonly client: string };
  readonly decision: Decision | null;
  readonly #log: ExchangeLog;
  /** Set by the log. */
  isTold = false;

  /**
   * @param answer - The policy's.
   * @param isKnown - It was told before, and so was what became of its fault.
   */
  constructor(
    introducer: Pick<Introducer, "insteadOf" | "now" | "openedAtMs" | "policy">,
    host: string,
    { facts, decision }: ConnectionDecision,
    isKnown: boolean = false,
  ) {
    const { policy, now, openedAtMs, insteadOf } = introducer;
    this.host = host;
    this.facts = facts;
    this.decision = decision;
    this.#log = new ExchangeLog({ ...facts, host }, now, (event) => policy.record(event), insteadOf);
    this.isTold = isKnown;
    if (isKnown) return;
    this.#log.connection(openedAtMs);
    this.#log.decision(this);
  }

  /** What the log has to know: the fault is no request's, and no plan of one. */
  readonly name = null;
  readonly plan = null;

  /** Says once what became of the connection's fault: done, or why not. */
  outcome(undoneReason: string | null): void {
    this.#log.outcome(this, undoneReason);
  }
}

/**
 * The host that a ClientHello names, lower case.
 *
 * @param otherwise - Where it names none.
 */
export function hostOfHello(hello: ClientHello, otherwise?: string): string | undefined {
  const serverName = serverNameOf(hello);
  return hostOfAuthority(serverName ?? "") || otherwise;
}

/** The host that a request's head names, lower case; empty where it names none. */
export function hostOfHead(head: Pick<RequestHead, "headers">): string {
  return hostOfAuthority(headerValue(head.headers, "host") ?? "");
}

/** Meets a TLS connection. @returns `undefined` where it is not to a target. */
export function meetTls(
  introducer: Introducer,
  hello: ClientHello,
  way: TrafficWay,
): Acquaintance | undefined {
  const { policy, tell, unread } = introducer;
  const host = hostOfHello(hello, introducer.host);
  const target = host !== undefined && policy.isTarget(host);
  tell({
    type: "detected",
    protocol: "tls",
    host,
    alpnProtocols: alpnProtocolsOf(hello),
    target,
    way,
  });
  if (host === undefined) unread("no-server-name", "client");
  if (!target) return undefined;
  const alpnProtocols = alpnProtocolsOf(hello);
  const news = { way, host, alpnProtocols, clientHello: hello, userAgent: undefined };
  return new Acquaintance(introducer, host, policy.connection(news));
}

/** Meets a connection that speaks HTTP in clear. @returns `undefined` where it is not to a target. */
export function meetHttp(
  introducer: Introducer,
  host: string,
  userAgent: string | undefined,
): Acquaintance | undefined {
  const { policy, tell, unread } = introducer;
  const target = host !== "" && policy.isTarget(host);
  tell({
    type: "detected",
    protocol: "http",
    host: host || undefined,
    alpnProtocols: [],
    target,
    way: "plain",
  });
  if (host === "") unread("no-host", "client");
  if (!target) return undefined;
  const news = { way: "plain", host, alpnProtocols: [], clientHello: undefined, userAgent } as const;
  return new Acquaintance(introducer, host, policy.connection(news));
}
