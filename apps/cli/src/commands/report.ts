/** `faultwire report`: what a recorded event log shows. */
import { basename } from "node:path";
import type { Expectation } from "@faultwire/fault-engine";
import {
  judgeLog,
  type ReportFormat,
  readRules,
  readRuleText,
  reportFormats,
  writeReport,
} from "@faultwire/runtime";
import { Command, Option } from "commander";
import { withFlag } from "../usage-error.ts";

interface ReportFlags {
  readonly format: ReportFormat;
  readonly out?: string;
  readonly rules?: string;
}

/** The subcommand `report`. Exit status 1 when an expectation is not met, 3 for a log without a request. */
export function reportCommand(): Command {
  return new Command("report")
    .summary("judge a recorded event log")
    .description(
      "Reads an event log (`events.ndjson`, written by --report of serve and start), holds it against what a rule file " +
        "expects of clients, and says what came of it. Exit status 1 when an expectation is not met, 2 for wrong input, 3 " +
        "when the log holds no request, so that there was nothing to judge.",
    )
    .argument("<log>", "event log, one JSON object a line; one whose writer was killed is fine")
    .addOption(
      new Option("--format <format>", "form of the report")
        .choices(Object.keys(reportFormats))
        .default("text"),
    )
    .option("--out <file>", "write it to a file instead of standard output")
    .option("--rules <file>", "rule file whose `expect` is to be met")
    .action(async (log: string, { format, out, rules }: ReportFlags) => {
      const expectations = rules === undefined ? [] : await expectationsOf(rules);
      const judgement = await judgeLog(log, expectations);
      const report = reportFormats[format].write({ title: basename(rules ?? log), judgement });
      if (out === undefined) process.stdout.write(report);
      else await writeReport(out, report);
      if (!judgement.passed) process.exitCode = 1;
      // Nothing seen is no success: a program that went round us must not look like one that coped.
      else if (judgement.operations.length === 0) process.exitCode = 3;
    });
}

async function expectationsOf(path: string): Promise<readonly Expectation[]> {
  const text = await readRuleText(path).catch((error: unknown) => {
    throw withFlag(error, { "rules-unreadable": "--rules" });
  });
  return readRules(text, path).ruleSet.expect;
}
