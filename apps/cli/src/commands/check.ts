/** `faultwire check`: what a rule file will do, in words and in numbers. */
import {
  explain,
  MIX_SHAPES,
  PROVIDER_MIX_NAMES,
  type RuleSet,
  requestOfMix,
  type SimulateOptions,
  type Simulation,
  simulate,
} from "@faultwire/fault-engine";
import { compileGlob, ruleUnit, writeCount } from "@faultwire/fault-engine/internal";
import { RuntimeError } from "@faultwire/runtime";
import { closedTargets, idleRules, readRules, readRuleText, ruleSources } from "@faultwire/runtime/internal";
import { Command, Option } from "commander";
import { expectKnownMix } from "../known-mix.ts";
import { mixFlag, mixText } from "../mix-flag.ts";
import { integerFlag } from "../number-flags.ts";
import { UsageError, withFlag } from "../usage-error.ts";

interface CheckFlags {
  readonly simulate?: number;
  readonly mix?: string;
  readonly list?: boolean;
  readonly json?: boolean;
}

/** The subcommand `check`. Exit status 2 for a file that would be refused. */
export function checkCommand(): Command {
  return new Command("check")
    .summary("check and explain a rule file")
    .description(
      "Reads a rule file as serve and start do and says in words what will fail, how often and in which order. " +
        "Exit status 2 when they would refuse it; every reason has its place.",
    )
    .argument("[file]", "rule file, YAML or JSON")
    .addOption(new Option("--mix <name>", "a mix in place of a file").argParser(mixFlag))
    .option("--list", "name the mixes that there are")
    .addOption(
      new Option(
        "--simulate <requests>",
        "send so many imagined requests past the rules, to the one API that the file names or else to Anthropic's, and count what each rule takes",
      ).argParser(integerFlag(1, 1_000_000)),
    )
    .option("--json", "say it as JSON")
    .action(async (file: string | undefined, flags: CheckFlags) => {
      if (flags.list) {
        if (file !== undefined || flags.mix !== undefined || flags.simulate !== undefined)
          throw new UsageError("check --list names the mixes, and wants no rule file, --mix or --simulate");
        if (flags.json) write({ mixes: ALL_MIXES, shapes: Object.fromEntries(MIX_SHAPES) });
        else process.stdout.write(mixList());
        return;
      }
      if ((file === undefined) === (flags.mix === undefined))
        throw new UsageError("check wants a rule file, or --mix, and not both");
      if (flags.mix !== undefined) expectKnownMix(flags.mix);
      const path = file ?? `mix ${flags.mix}`;
      const text =
        flags.mix === undefined
          ? await readRuleText(path).catch((error: unknown) => {
              throw withFlag(error, { "rules-unreadable": "its name" });
            })
          : mixText(flags.mix);
      try {
        check(path, text, flags);
      } catch (error) {
        if (!(flags.json && error instanceof RuntimeError && error.code === "rules-refused")) throw error;
        write({ ok: false, problems: error.problems });
        process.exitCode = 2;
      }
    });
}

function check(path: string, text: string, flags: CheckFlags): void {
  const { file, flags: single } = ruleSources({}, readRules(text, path), 0);
  const rules = file ?? single;
  if (rules === null) return;
  const request = flags.mix === undefined ? requestFor(rules) : requestOfMix(flags.mix);
  const simulation =
    flags.simulate === undefined ? undefined : simulate(rules, { requests: flags.simulate, request });
  const notes = [...closedTargets(rules), ...idleRules(rules)];
  if (simulation) notes.push(...notTargeted(rules, hostOf(request)));
  if (flags.json) {
    write(asJson(rules, notes, simulation));
    return;
  }
  process.stdout.write(explain(rules));
  for (const line of notes) process.stdout.write(`Note: ${line}.\n`);
  if (simulation) process.stdout.write(`\n${table(simulation, request)}`);
}

/** A request for the one API that a file is for, by its targets and by the hosts of its rules; `undefined`: for Anthropic's. */
function requestFor({ targets, rules }: RuleSet): SimulateOptions["request"] {
  const isTarget = targets.map((target) => compileGlob(target.toLowerCase()));
  // Of an expression nobody can say whom it is for.
  const meetsHost = rules.flatMap(({ match: { host = [{ kind: "glob", text: "*" }] } }) =>
    host.map(({ kind, text }) => compileGlob(kind === "glob" ? text.toLowerCase() : "*")),
  );
  const byHost = new Map<string, SimulateOptions["request"]>();
  for (const mix of PROVIDER_MIX_NAMES) {
    const request = requestOfMix(mix);
    const host = request?.host ?? "";
    const isNamed =
      (targets.length === 0 || isTarget.some((meets) => meets(host))) &&
      (meetsHost.length === 0 || meetsHost.some((meets) => meets(host)));
    // A name without a dot, such as localhost, is that of a machine, which may have any API.
    if (isNamed && host.includes(".")) byHost.set(host, request);
  }
  const [only] = byHost.values();
  return byHost.size === 1 ? only : undefined;
}

const ALL_MIXES: readonly string[] = ["gentle", "realistic", "brutal", ...PROVIDER_MIX_NAMES];

/** Every mix by its name, the shapes of providers' mixes with what they are like. */
function mixList(): string {
  const width = Math.max(...MIX_SHAPES.map(([name]) => name.length));
  return [
    "gentle, realistic, brutal: for any request, in the errors of the API that it is for",
    "",
    "For each provider, as <provider>/<shape>:",
    ...MIX_SHAPES.map(([name, doc]) => `  ${name.padEnd(width)}  ${doc}`),
    "",
    ...PROVIDER_MIX_NAMES,
    "",
  ].join("\n");
}

const write = (value: object): void => {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
};

/** Whom a simulation asks. */
const hostOf = (request: SimulateOptions["request"]): string => request?.host ?? "api.anthropic.com";

/** That no run does what a simulation counts, because it asks a host that rules don't touch. */
function notTargeted({ targets }: RuleSet, host: string): string[] {
  const isTarget = targets.length === 0 || targets.some((target) => compileGlob(target.toLowerCase())(host));
  return isTarget
    ? []
    : [`the simulation asks ${host}, which is not among the targets: a run lets all of it pass`];
}

function asJson(rules: RuleSet, notes: readonly string[], simulation: Simulation | undefined): object {
  return {
    ok: true,
    seed: rules.seed,
    targets: rules.targets,
    rules: rules.rules.map((rule) => ({
      name: rule.name,
      counts: `${ruleUnit(rule)}s`,
      faults: rule.faults,
    })),
    expect: rules.expect,
    notes,
    ...(simulation && { simulation }),
  };
}

/** What each rule took, in columns. */
function table({ requests, rules, passed }: Simulation, request: SimulateOptions["request"]): string {
  const rows = [
    ...rules.map(({ rule, hits, firstAt }) => [
      rule,
      String(hits),
      share(hits, requests),
      firstAt === null ? "" : `first: request ${firstAt}`,
    ]),
    ["(untouched)", String(passed), share(passed, requests), ""],
  ];
  const width = (column: number): number => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const lines = rows.map(([name = "", hits = "", of = "", first = ""]) =>
    `  ${name.padEnd(width(0))}  ${hits.padStart(width(1))}  ${of.padStart(width(2))}  ${first}`.trimEnd(),
  );
  const { target = "/v1/messages" } = request ?? {};
  const what = `${writeCount(requests, "time")} POST ${target} to ${hostOf(request)}, streamed, every 100 ms, on new connections`;
  return `${what}:\n${lines.join("\n")}\n`;
}

const share = (count: number, of: number): string => `${((100 * count) / of).toFixed(1)} %`;
