/** The first moment of a connection: who is meant, is that a target, and what is to happen to it. */
import type { ConnectionFacts, Decision, EngineEvent, Fault, TrafficWay } from "@faultwire/fault-engine";
import { headerValue, type RequestHead } from "@faultwire/http1";
import { alpnProtocolsOf, type ClientHello, serverNameOf } from "@faultwire/tls-parser";
import type { SessionEvent } from "./events.ts";
import { hostOfAuthority } from "./host-name.ts";
import { doneEvent } from "./http/exchange-log.ts";
import type { FaultPolicy } from "./policy.ts";
import type { TellUnread } from "./unread-teller.ts";

/** What the introduction of a connection needs. */
export interface Introducer {
  readonly policy: FaultPolicy;
  /** Milliseconds, never going backwards. */
  readonly now: () => number;
  readonly tell: (event: SessionEvent) => void;
  readonly unread: TellUnread;
  /** What this carrier does in place of a fault, in words; `undefined` where it does what is asked for. */
  readonly insteadOf?: (fault: Fault) => string | undefined;
}

/** A connection to a target. */
export class Acquaintance {
  readonly host: string;
  readonly way: TrafficWay;
  readonly facts: ConnectionFacts & { readonly client: string };
  readonly decision: Decision | null;
  readonly #policy: FaultPolicy;
  readonly #now: () => number;
  readonly #insteadOf: Introducer["insteadOf"];
  #isTold = false;

  constructor(
    introducer: Introducer,
    host: string,
    way: TrafficWay,
    hello: ClientHello | undefined,
    userAgent: string | undefined,
  ) {
    const { policy, now } = introducer;
    this.host = host;
    this.way = way;
    this.#policy = policy;
    this.#now = now;
    this.#insteadOf = introducer.insteadOf;
    const { facts, decision } = policy.connection({
      way,
      host,
      alpnProtocols: hello ? alpnProtocolsOf(hello) : [],
      clientHello: hello,
      userAgent,
    });
    this.facts = facts;
    this.decision = decision;
    const { connection, client } = facts;
    this.#record({ type: "connection", atMs: now(), connection, client, host });
    if (!decision) return;
    const { rule, fault, matchNumber } = decision;
    this.#record({
      type: "decision",
      atMs: now(),
      request: null,
      connection,
      rule,
      fault: fault.kind,
      matchNumber,
    });
  }

  /** Says once what became of the connection's fault: done, or why not. */
  outcome(undoneReason: string | null): void {
    if (!this.decision || this.#isTold) return;
    this.#isTold = true;
    const { rule, fault } = this.decision;
    const { connection } = this.facts;
    const common = { atMs: this.#now(), request: null, connection, rule, fault: fault.kind };
    this.#record(
      undoneReason === null
        ? doneEvent(common, this.#insteadOf?.(fault))
        : { type: "undone", ...common, reason: undoneReason },
    );
  }

  #record(event: EngineEvent): void {
    this.#policy.record(event);
  }
}

/** The host that a ClientHello names, lower case; `undefined` where it names none. */
export function hostOfHello(hello: ClientHello): string | undefined {
  const serverName = serverNameOf(hello);
  return hostOfAuthority(serverName ?? "") || undefined;
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
  const host = hostOfHello(hello);
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
  return target ? new Acquaintance(introducer, host, way, hello, undefined) : undefined;
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
  return target ? new Acquaintance(introducer, host, "plain", undefined, userAgent) : undefined;
}
