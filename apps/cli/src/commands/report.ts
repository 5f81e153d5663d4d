/** `faultwire report`: what a recorded event log shows. */
import { basename, dirname, join } from "node:path";
import { type FailOn, type RuleSet, statusOf } from "@faultwire/fault-engine";
import {
  judgeLog,
  judgingOf,
  type ReportFormat,
  readRules,
  readRuleText,
  reportFormats,
  writeReport,
} from "@faultwire/runtime/internal";
import { Command, Option } from "commander";
import { failOnOption } from "../fail-on-option.ts";
import { openFile } from "../open-file.ts";
import { versions } from "../report-versions.ts";
import { withFlag } from "../usage-error.ts";

interface ReportFlags {
  readonly format: ReportFormat;
  readonly out?: string;
  readonly rules?: string;
  readonly open?: boolean;
  readonly failOn: FailOn;
}

/** The subcommand `report`. Exit status 1 when an expectation is not met or not proven, 3 where nothing was judged. */
export function reportCommand(): Command {
  return new Command("report")
    .summary("judge a recorded event log")
    .description(
      "Reads an event log (`events.ndjson`, written by --report of serve and start), holds it against what a rule file " +
        "expects of clients and against what every client should do, and says what came of it. Exit status 1 when an " +
        "expectation is not met or not proven (see --fail-on), 2 for wrong input, 3 when nothing was judged.",
    )
    .argument("<log>", "event log, one JSON object a line; one whose writer was killed is fine")
    .addOption(
      new Option("--format <format>", "form of the report")
        .choices(Object.keys(reportFormats))
        .default("text"),
    )
    .option("--out <file>", "write it to a file instead of standard output")
    .option("--rules <file>", "rule file whose `expect` is to be met")
    .option("--open", "write it as HTML, beside the log unless --out says where, and show it in the browser")
    .addOption(failOnOption())
    .action(report);
}

async function report(log: string, flags: ReportFlags): Promise<void> {
  const { rules, failOn, open = false } = flags;
  const read = rules === undefined ? undefined : await rulesOf(rules);
  const judgement = await judgeLog(log, read?.set.expect ?? [], judgingOf(read?.set)).catch(
    (error: unknown) => {
      throw withFlag(error, { "events-unusable": "its name" });
    },
  );
  const format = open ? "html" : flags.format;
  const out = flags.out ?? (open ? join(dirname(log), reportFormats.html.file) : undefined);
  const run = { versions, ...(read && { seed: read.set.seed, rules: read.text }) };
  const text = reportFormats[format].write({ title: basename(rules ?? log), judgement, run });
  if (out === undefined) process.stdout.write(text);
  else await writeReport(out, text);
  if (open && out !== undefined) {
    const why = await openFile(out);
    process.stderr.write(
      why === undefined ? `faultwire: ${out}\n` : `faultwire: ${out} is written, but ${why}\n`,
    );
  }
  process.exitCode = statusOf(judgement, failOn);
}

async function rulesOf(path: string): Promise<{ readonly set: RuleSet; readonly text: string }> {
  const text = await readRuleText(path).catch((error: unknown) => {
    throw withFlag(error, { "rules-unreadable": "--rules" });
  });
  return { set: readRules(text, path).ruleSet, text };
}
