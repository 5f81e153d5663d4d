/** The rules as sessions ask for them: who the client is, what is known of its connection, what the engine says. */
import type {
  ConnectionFacts,
  EngineEvent,
  FaultEngine,
  RequestDecision,
  RequestFacts,
} from "@faultwire/fault-engine";
import type { ConnectionDecision, FaultPolicy, NewConnection } from "@faultwire/fault-session";
import { ja4 } from "@faultwire/tls-fingerprint";

/** Limits of a policy. */
export const enginePolicyLimits = {
  /** Clients whose connections are counted; the one quiet for longest is forgotten. Against invented user agents. */
  maxClients: 10_000,
  /** Characters of a client's name; a user agent may be longer than a name in an event log. */
  maxClientNameLength: 120,
} as const;

/** What {@link enginePolicy} needs. */
export interface EnginePolicyOptions {
  readonly engine: FaultEngine;
  /** Milliseconds on the clock of the engine's `startedAtMs`; the same clock as the carriers'. */
  readonly now: () => number;
  /** Names a client by its ClientHello; default JA4. */
  readonly fingerprint?: (hello: NonNullable<NewConnection["clientHello"]>) => string;
  /** Takes every event, at once. */
  readonly onEvent?: (event: EngineEvent) => void;
}

/** The name of a client of which nothing is known. */
const unknownClient = "unknown";

/**
 * Asks a {@link FaultEngine} for sessions and for forward mode.
 *
 * A **client** is named by its first request's user agent where that can be read before a decision (plain HTTP), and by
 * its ClientHello's JA4 otherwise; a **connection** is `<client>#<n>`, the n-th of that client. Both are the same in
 * every run in which each client opens its connections in the same order, whatever other clients do: that is what makes
 * `per: client` and `per: connection` rules repeatable. Two programs with one HTTP library are one client.
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
  const { engine, now, onEvent, fingerprint = ja4 } = options;
  const ordinals = new Ordinals();

  const connection = (news: NewConnection): ConnectionDecision => {
    const { way, host, alpnProtocols, clientHello, userAgent } = news;
    const print = clientHello && fingerprint(clientHello);
    const client = clientName(userAgent ?? print);
    const [alpn] = alpnProtocols;
    const facts: ConnectionFacts & { readonly client: string } = {
      client,
      connection: `${client}#${ordinals.next(client)}`,
      way,
      host,
      port: news.port ?? (way === "plain" ? 80 : 443),
      ...(way === "plain" ? {} : { sni: host }),
      ...(alpn === undefined ? {} : { alpn }),
      ...(print === undefined ? {} : { ja4: print }),
    };
    return { facts, decision: engine.decideConnection(facts, now()) };
  };

  return {
    isTarget: (host) => engine.isTarget(host),
    connection,
    request: (facts: RequestFacts): RequestDecision => engine.decideRequest(facts, now()),
    record: (event) => onEvent?.(event),
  };
}

/** A name that fits into a line of a log. */
function clientName(text: string | undefined): string {
  const name = (text ?? "").replaceAll(/[^\x20-\x7e]+/g, " ").trim();
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
