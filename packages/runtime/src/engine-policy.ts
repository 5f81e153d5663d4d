/** The rules as sessions ask for them: who the client is, what is known of its connection, what the engine says. */
import type {
  ConnectionFacts,
  EngineEvent,
  FaultEngine,
  RequestDecision,
  RequestFacts,
} from "@faultwire/fault-engine";
import { maskKeys, maskTexts } from "@faultwire/fault-engine/internal";
import type {
  ConnectDecision,
  ConnectionDecision,
  FaultPolicy,
  NewConnect,
  NewConnection,
} from "@faultwire/fault-session";
import { ja4, lastingJa4 } from "@faultwire/tls-fingerprint";

/** Limits of a policy. */
export const enginePolicyLimits = {
  /** Clients whose connections are counted; the one quiet for longest is forgotten. Against invented user agents. */
  maxClients: 10_000,
  /** Characters of a client's name; a user agent may be longer than a name in an event log. */
  maxClientNameLength: 120,
} as const;

type Hello = NonNullable<NewConnection["clientHello"]>;

/** What {@link enginePolicy} needs. */
export interface EnginePolicyOptions {
  /** The engine that decides. */
  readonly engine: FaultEngine;
  /** Milliseconds on the clock of the engine's `startedAtMs`; the same clock as the carriers'. */
  readonly now: () => number;
  /** What ClientHellos say; default: {@link lastingJa4} names the client, {@link ja4} is what rules match. */
  readonly fingerprints?: {
    readonly client: (hello: Hello) => string;
    readonly ja4: (hello: Hello) => string;
  };
  /** Takes every event, at once. */
  readonly onEvent?: (event: EngineEvent) => void;
}

/** The name of a client of which nothing is known. */
const unknownClient = "unknown";

/**
 * Asks a {@link FaultEngine} for sessions and for forward mode.
 *
 * A **client** is named by its first request's user agent where that can be read before a decision (plain HTTP), and by
 * its ClientHello's JA4 otherwise, without what a resumed session adds; a **connection** is `<client>#<n>`, the n-th of that client. Both are the same in
 * every run in which each client opens its connections in the same order, whatever other clients do: that is what makes
 * `per: client` and `per: connection` rules repeatable. Two programs with one HTTP library are one client there; a rule about requests tells them apart by the user agents
 * of their requests.
 *
 * A client that asks a proxy for a connection is named by the user agent of its asking, `unknown` without one, and the asking
 * is `<client>#connect-<n>`.
 *
 * Where a carrier does not know the port, TLS counts as 443, plain HTTP as 80. `alpn` is the protocol that the client offers
 * first.
 *
 * @example
 * ```ts
 * const engine = new FaultEngine({ startedAtMs: performance.now() });
 * engine.setRules("file", parseRuleFile(text, "faults.yaml").ruleSet);
 * const policy = enginePolicy({ engine, now: () => performance.now() });
 * ```
 */
export function enginePolicy(options: EnginePolicyOptions): FaultPolicy {
  const { engine, now, onEvent, fingerprints = { client: lastingJa4, ja4 } } = options;
  const ordinals = new Ordinals();
  /** Apart from connections, whose names a rule for this moment must not change. */
  const connects = new Ordinals();

  const connection = (news: NewConnection): ConnectionDecision => {
    const { way, host, alpnProtocols, clientHello, userAgent } = news;
    const client = clientName(userAgent ?? (clientHello && fingerprints.client(clientHello)));
    const [alpn] = alpnProtocols;
    const facts: ConnectionFacts & { readonly client: string } = {
      client,
      connection: `${client}#${ordinals.next(client)}`,
      way,
      host,
      port: news.port ?? (way === "plain" ? 80 : 443),
      ...(way === "plain" ? {} : { sni: host }),
      ...(alpn === undefined ? {} : { alpn }),
      ...(clientHello === undefined ? {} : { ja4: fingerprints.ja4(clientHello) }),
    };
    return { facts, decision: engine.decideConnection(facts, now(), news.connect) };
  };

  const connect = ({ host, port, userAgent }: NewConnect): ConnectDecision | undefined => {
    if (!engine.decidesConnects) return undefined;
    const client = clientName(userAgent);
    const facts = { client, connection: `${client}#connect-${connects.next(client)}`, host, port };
    return { facts, verdict: engine.decideConnect(facts, now()) };
  };

  return {
    isTarget: (host) => engine.isTarget(host),
    connect,
    connection,
    request: (facts: RequestFacts): RequestDecision => engine.decideRequest(facts, now()),
    record: (event) => onEvent?.(maskTexts(event)),
  };
}

/** A name that fits into a line of a log. */
function clientName(text: string | undefined): string {
  const name = maskKeys((text ?? "").replaceAll(/[^\x20-\x7e]+/g, " ").trim());
  return name === "" ? unknownClient : name.slice(0, enginePolicyLimits.maxClientNameLength);
}

/** Counts the connections of each client, from 1. */
class Ordinals {
  readonly #counts = new Map<string, number>();

  next(client: string): number {
    const count = (this.#counts.get(client) ?? 0) + 1;
    // A Map keeps the order of insertion: whoever was counted last goes to its end.
    this.#counts.delete(client);
    this.#counts.set(client, count);
    const [quietest] = this.#counts.keys();
    if (this.#counts.size > enginePolicyLimits.maxClients && quietest !== undefined)
      this.#counts.delete(quietest);
    return count;
  }
}
