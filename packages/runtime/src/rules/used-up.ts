/** Says when a rule has struck as often as it may: the next program would meet nothing, and look as if it coped. */
import type { EngineEvent, Rule } from "@faultwire/fault-engine";
import type { Logger } from "pino";

/** Limits of what is said. */
export const usedUpLimits = {
  /** Lines for one rule: with `per: client` there may be as many as there are user agents, which anybody can invent. */
  maxTold: 10,
} as const;

/** Watches decisions for the last that a rule may make. */
export class UsedUp {
  readonly #logger: Logger;
  readonly #rules: () => readonly Rule[];
  readonly #remedy: string;
  readonly #told = new Map<string, number>();
  readonly #hits = new Map<string, number>();

  /** @param remedy - How to begin anew: a sentence, which ends the line. */
  constructor(logger: Logger, rules: () => readonly Rule[], remedy: string) {
    this.#logger = logger;
    this.#rules = rules;
    this.#remedy = remedy;
  }

  /** Takes an event of the log. */
  take(event: EngineEvent): void {
    if (event.type !== "decision") return;
    const rule = this.#rules().find(({ name }) => name === event.rule);
    if (rule === undefined) return;
    const { first, atMost, per } = rule.when;
    if (first === event.matchNumber) this.#tell(rule, `first: ${first}`, event.connection);
    // What one scope has had can't be told apart here, where there are several.
    if (atMost === undefined || per !== "all") return;
    const hits = (this.#hits.get(rule.name) ?? 0) + 1;
    this.#hits.set(rule.name, hits);
    if (hits === atMost) this.#tell(rule, `atMost: ${atMost}`, event.connection);
  }

  /** All rules count anew. */
  beginAnew(): void {
    this.#told.clear();
    this.#hits.clear();
  }

  #tell({ name, when }: Rule, what: string, connection: string): void {
    const told = this.#told.get(name) ?? 0;
    this.#told.set(name, told + 1);
    if (told >= usedUpLimits.maxTold) return;
    const scopes = {
      all: "",
      client: ` for ${connection.replace(/#\d+$/, "")}`,
      connection: ` on ${connection}`,
      key: " for one API key",
    };
    const where = scopes[when.per];
    this.#logger.info(
      { event: "rule-used-up", rule: name },
      `${name} is used up${where} (${what}), so it strikes no more${where === "" ? "" : " there"}. ${this.#remedy}`,
    );
  }
}
