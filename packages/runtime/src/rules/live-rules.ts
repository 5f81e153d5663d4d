/** The rules in force: read at the start, read again when their file changes, replaced as a whole or not at all. */
import { basename } from "node:path";
import type {
  Expectation,
  FaultEngine,
  JudgeOptions,
  RuleFile,
  RuleSet,
  SingleRule,
} from "@faultwire/fault-engine";
import type { Logger } from "pino";
import { inputName, standardInput } from "../input-file.ts";
import { closedTargets, idleRules, type RuleSources, refusedRules, ruleSources } from "./rule-sources.ts";
import { watchFileText } from "./watch-file-text.ts";

/** Where rules come from. */
export interface RuleOptions {
  /** A rule file, YAML or JSON, or the old single-rule JSON. */
  readonly file?: string;
  /** Rules of the app's own where no file is named: the text of a rule file, and what to call it. Never read again. */
  readonly builtIn?: { readonly title: string; readonly text: string };
  /**
   * One rule, as flags say it: over the keys of the old JSON, after the rules of a rule file. Without a file it is in
   * force even where it is left out: then all of it is {@link SingleRule}'s defaults.
   */
  readonly single?: SingleRule;
  /** Whether changes of the file are taken while the app runs. Default true. */
  readonly watch?: boolean;
  /** For a single rule without a seed; default random, and the same for the whole run. */
  readonly seed?: number;
}

/** What was read at the start. */
export interface FirstRules {
  /** The rule sets of the start, by their sources. */
  readonly sources: RuleSources;
  /** The files of a CA, which only the old single-rule JSON names. */
  readonly ca: RuleFile["ca"];
  /** The text of the file, to tell a change from a touch. */
  readonly text: string | undefined;
  /** For rules without a seed of their own; the same for the whole run. */
  readonly seed: number;
}

/**
 * Reads what the options name.
 *
 * @param options - Left out: no rules at all.
 * @throws RuntimeError `rules-unreadable`, `rules-refused`
 */
export async function firstRules(options: RuleOptions | undefined): Promise<FirstRules> {
  const { file: path, builtIn, single = {}, seed = Math.floor(Math.random() * 2 ** 32) } = options ?? {};
  if (options === undefined)
    return { sources: { file: null, flags: null, targets: [] }, ca: null, text: undefined, seed };
  if (path === undefined && builtIn === undefined)
    return { sources: ruleSources(single, undefined, seed), ca: null, text: undefined, seed };
  const { readRules, readRuleText } = await import("./rule-file.ts");
  const text = path === undefined ? (builtIn?.text ?? "") : await readRuleText(path);
  const file = readRules(text, path ?? builtIn?.title ?? "");
  return { sources: ruleSources(single, file, seed), ca: file.ca, text, seed };
}

/** The rules of a running app. */
export class LiveRules {
  readonly #options: RuleOptions;
  readonly #engine: FaultEngine;
  readonly #logger: Logger;
  readonly #first: FirstRules;
  #sources: RuleSources;
  #text: string | undefined;
  #reading: Promise<void> = Promise.resolve();
  /** Told when all rules count anew. */
  onAnew: () => void = () => {};

  /** Puts the first rules into force. @throws RuntimeError `rules-refused` */
  constructor(options: RuleOptions, first: FirstRules, engine: FaultEngine, logger: Logger) {
    this.#options = options;
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

  /** The seed of the rules that are in force, and the text of their file where they are from one. */
  get facts(): { readonly seed: number | string | undefined; readonly rules: string | undefined } {
    const { file, flags } = this.#sources;
    return { seed: file?.seed ?? flags?.seed, rules: this.#text };
  }

  /** How clients are judged now, besides what is expected of them. */
  get judging(): JudgeOptions {
    return judgingOf(this.#sources.file);
  }

  /** What to call the rules in a report. */
  get title(): string {
    const { file, builtIn } = this.#options;
    return file === undefined ? (builtIn?.title ?? "flags") : basename(inputName(file));
  }

  /** Reads the file again whenever it changes. @returns what ends that. */
  watch(): () => void {
    const { file } = this.#options;
    if (file === undefined || file === standardInput) return () => {};
    return watchFileText(file, () => void this.reload("change"));
  }

  /**
   * Reads the file again; at SIGHUP all rules count anew besides, where a file is not refused. One that can't be read or is refused leaves the rules as they are; both outcomes are logged.
   *
   * @param why - On a `change`, a file that holds what it held before is left alone.
   */
  reload(why: "change" | "SIGHUP"): Promise<void> {
    const { file } = this.#options;
    if (file === undefined || file === standardInput) {
      const said =
        file === undefined
          ? "there is no rule file to read again"
          : "the rules came from standard input, which can't be read again";
      this.#logger.info({ event: "rules-kept", why }, said);
      if (why === "SIGHUP") this.#beginAnew();
      return this.#reading;
    }
    this.#reading = this.#reading.then(() => this.#reload(file, why));
    return this.#reading;
  }

  async #reload(path: string, why: "change" | "SIGHUP"): Promise<void> {
    try {
      const { readRules, readRuleText } = await import("./rule-file.ts");
      const text = await readRuleText(path);
      if (why === "change" && text === this.#text) return;
      // Also where it is refused: the same mistake is not told twice.
      this.#text = text;
      const sources = ruleSources(this.#options.single ?? {}, readRules(text, path), this.#first.seed);
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
    if (why === "SIGHUP") this.#beginAnew();
    this.#warn();
    const added = targets.filter((target) => !this.#first.sources.targets.includes(target));
    if (added.length > 0)
      this.#logger.warn(
        { event: "targets-added", targets: added },
        `${added.join(", ")}: a target since this change; the CA, and a mock, know it after a restart only`,
      );
  }

  #beginAnew(): void {
    this.#engine.beginAnew();
    this.onAnew();
    this.#logger.info({ event: "rules-anew" }, "all rules count anew");
  }

  /** Says which rules can't do anything, and which targets are out of their reach. */
  #warn(): void {
    const { file } = this.#sources;
    if (!file) return;
    for (const line of closedTargets(file)) this.#logger.warn({ event: "target-stays-closed" }, line);
    for (const line of idleRules(file)) this.#logger.warn({ event: "rule-never-hits" }, line);
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
    throw refusedRules(error);
  }
}

/** How a rule set wants clients judged, besides what it expects of them. */
export function judgingOf(rules: RuleSet | null | undefined): JudgeOptions {
  const { asksOnce = false, expectsNothing = false } = rules ?? {};
  return { asksOnce, defaults: !expectsNothing };
}
