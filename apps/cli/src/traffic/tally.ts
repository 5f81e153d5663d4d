/** Counts what comes by: clients, requests, faults, what is not read, hosts that no rule is about. */
import type { EngineEvent } from "@faultwire/fault-engine";
import { describeUnread } from "@faultwire/fault-engine/internal";
import type { SessionEvent } from "@faultwire/runtime";
import { Recent } from "./recent.ts";

/** Names that are counted of one kind. Against clients that invent ever new ones; the oldest goes. */
const maxNames = 1000;

/** What a rule has done. */
export interface RuleTally {
  done: number;
  /** Of those, what was done in place of what was asked for, in words. */
  readonly instead: Recent<string, number>;
  /** Why faults were not carried out. */
  readonly undone: Recent<string, number>;
}

/** What was counted. Names are as clients said them. */
export class Tally {
  /** User agents; for a client that gives none, the name that rules know it by. */
  readonly clients: Recent<string, number> = new Recent(maxNames);
  /** Rules that have struck. */
  readonly rules: Recent<string, RuleTally> = new Recent(maxNames);
  /** `METHOD host/path` of requests. */
  readonly targets: Recent<string, number> = new Recent(maxNames);
  /** What was not read: host, then reason in words. */
  readonly unread: Recent<string, number> = new Recent(maxNames);
  /** Hosts that are no targets: connections that passed. */
  readonly passed: Recent<string, number> = new Recent(maxNames);
  /** Hosts whose HTTPS stayed closed. */
  readonly closed: Recent<string, number> = new Recent(maxNames);
  /** Hosts whose clients did not trust our CA. */
  readonly untrusted: Recent<string, number> = new Recent(maxNames);
  requests: number = 0;
  /** Connections to targets. */
  connections: number = 0;

  take(event: EngineEvent): void {
    switch (event.type) {
      case "connection":
        this.connections++;
        return;
      case "request":
        this.requests++;
        count(this.clients, event.userAgent ?? event.client);
        count(this.targets, `${event.method} ${event.host}${event.path}`);
        return;
      case "done": {
        const rule = this.#rule(event.rule);
        rule.done++;
        if (event.instead !== undefined) count(rule.instead, event.instead);
        return;
      }
      case "undone":
        count(this.#rule(event.rule).undone, event.reason);
        return;
      case "unread":
        count(this.unread, `${event.host ?? "a connection without a name"}: ${describeUnread(event.reason)}`);
        return;
      default:
        // Others count nothing.
        return;
    }
  }

  /** @returns whether it tells of a host that is no target, for the first time */
  takeSession(event: SessionEvent): string | undefined {
    if (event.type === "not-opened") count(this.closed, event.host);
    else if (event.type === "untrusted") count(this.untrusted, event.host);
    if (event.type !== "detected" || event.target || event.host === undefined) return undefined;
    const isNew = !this.passed.has(event.host);
    count(this.passed, event.host);
    return isNew ? event.host : undefined;
  }

  #rule(name: string): RuleTally {
    const known = this.rules.get(name);
    if (known) return known;
    const made: RuleTally = { done: 0, instead: new Recent(20), undone: new Recent(20) };
    this.rules.set(name, made);
    return made;
  }
}

function count(names: Recent<string, number>, name: string): void {
  names.set(name, (names.get(name) ?? 0) + 1);
}
