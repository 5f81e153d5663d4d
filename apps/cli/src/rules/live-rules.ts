/** The rules in force: read at the start, read again when their file changes, replaced as a whole or not at all. */
import { basename } from "node:path";
import type { Expectation, FaultEngine, RuleFile, RuleSet } from "@faultwire/fault-engine";
import type { Logger } from "pino";
import { UsageError } from "../usage-error.ts";
import { type RuleFlags, type RuleSources, ruleSources, untargetedRules } from "./rule-sources.ts";
import { watchFileText } from "./watch-file-text.ts";

/** What was read at the start. */
export interface FirstRules {
  readonly sources: RuleSources;
  /** The files of a CA, which only the old single-rule JSON names. */
  readonly ca: RuleFile["ca"];
  /** The text of the file, to tell a change from a touch. */
  readonly text: string | undefined;
  /** For rules without a seed of their own; the same for the whole run. */
  readonly seed: number;
}

/** Reads what the flags name. @throws UsageError: a line for each thing to mend. */
export async function firstRules(flags: RuleFlags): Promise<FirstRules> {
  const seed = Math.floor(Math.random() * 2 ** 32);
  if (flags.config === undefined)
    return { sources: ruleSources(flags, undefined, seed), ca: null, text: undefined, seed };
  const { readRules, readTextFile } = await import("./rule-file.ts");
  const text = await readTextFile(flags.config, "rule file", "--config");
  const file = readRules(text, flags.config);
  return { sources: ruleSources(flags, file, seed), ca: file.ca, text, seed };
}

/** The rules of a running server. */
export class LiveRules {
  readonly #flags: RuleFlags;
  readonly #engine: FaultEngine;
  readonly #logger: Logger;
  readonly #first: FirstRules;
  #sources: RuleSources;
  #text: string | undefined;
  #reading: Promise<void> = Promise.resolve();

  /** Puts the first rules into force. @throws UsageError where the engine refuses them. */
  constructor(flags: RuleFlags, first: FirstRules, engine: FaultEngine, logger: Logger) {
    this.#flags = flags;
    this.#engine = engine;
    this.#logger = logger;
    this.#first = first;
    this.#text = first.text;
    this.#sources = first.sources;
    putIntoForce(engine, first.sources);
    this.#warn();
  }

  /** The rules that are in force now. */
  get sources(): RuleSources {
    return this.#sources;
  }

  /** What is expected of clients now. */
  get expectations(): readonly Expectation[] {
    return this.#sources.file?.expect ?? [];
  }

  /** What to call the rules in a report. */
  get title(): string {
    return this.#flags.config === undefined ? "flags" : basename(this.#flags.config);
  }

  /** Reads the file again whenever it changes. @returns what ends that. */
  watch(): () => void {
    const { config } = this.#flags;
    if (config === undefined) return () => {};
    return watchFileText(config, () => void this.reload("change"));
  }

  /**
   * Reads the file again. One that can't be read or is refused leaves the rules as they are; both outcomes are logged.
   *
   * @param why - On a `change`, a file that holds what it held before is left alone.
   */
  reload(why: "change" | "SIGHUP"): Promise<void> {
    const { config } = this.#flags;
    if (config === undefined) {
      this.#logger.info({ event: "rules-kept", why }, "no rule file to read again: there is no --config");
      return this.#reading;
    }
    this.#reading = this.#reading.then(() => this.#reload(config, why));
    return this.#reading;
  }

  async #reload(path: string, why: "change" | "SIGHUP"): Promise<void> {
    try {
      const { readRules, readTextFile } = await import("./rule-file.ts");
      const text = await readTextFile(path, "rule file", "--config");
      if (why === "change" && text === this.#text) return;
      // Also where it is refused: the same mistake is not told twice.
      this.#text = text;
      const sources = ruleSources(this.#flags, readRules(text, path), this.#first.seed);
      putIntoForce(this.#engine, sources);
      this.#sources = sources;
    } catch (error) {
      const said = `${(error as Error).message}\nThe rules before stay in force.`;
      this.#logger.error({ event: "rules-refused", file: path, why }, said);
      return;
    }
    const { file, flags, targets } = this.#sources;
    const rules = (file?.rules.length ?? 0) + (flags?.rules.length ?? 0);
    this.#logger.info({ event: "rules-loaded", file: path, why, rules }, `${path} is in force`);
    this.#warn();
    const added = targets.filter((target) => !this.#first.sources.targets.includes(target));
    if (added.length > 0)
      this.#logger.warn(
        { event: "targets-added", targets: added },
        `${added.join(", ")}: a target since this change; CA and mock know it after a restart only`,
      );
  }

  /** Says which rules can't do anything. */
  #warn(): void {
    const { file } = this.#sources;
    for (const line of file ? untargetedRules(file) : [])
      this.#logger.warn({ event: "rule-never-hits" }, line);
  }
}

/** Both sources or none. */
function putIntoForce(engine: FaultEngine, { file, flags }: RuleSources): void {
  const before = engine.ruleSet("file");
  try {
    engine.setRules("file", file);
    engine.setRules("flags", flags);
  } catch (error) {
    engine.setRules("file", before);
    throw new UsageError((error as Error).message);
  }
}

/** How many rules there are, and what they are about, in a line for people. */
export function describeRules({ file, flags, targets }: RuleSources, path: string | undefined): string {
  const parts: string[] = [];
  if (file !== null)
    parts.push(`${count(file)} of ${path}, seed ${file.seed} (\`faultwire check ${path}\` explains them)`);
  if (flags !== null) parts.push(describeFlags(flags));
  return `${targets.join(", ")}: ${parts.join("; then ")}`;
}

const count = ({ rules }: RuleSet): string => `${rules.length} ${rules.length === 1 ? "rule" : "rules"}`;

function describeFlags({ rules, seed }: RuleSet): string {
  const [answers, closes] = rules;
  const share = Number(((answers?.when.probability ?? 1) * 100).toFixed(3));
  const [answer] = answers?.faults ?? [];
  const [close] = closes?.faults ?? [];
  const status = answer?.kind === "http.error" ? answer.answer.status : 500;
  const at = close?.kind === "connection.close" && close.at.kind === "moment" ? close.at.moment : "";
  return `${share} % of requests answered with ${status}, of HTTPS that stays closed ended at ${at}; seed ${seed}`;
}
