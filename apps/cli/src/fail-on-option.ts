import { FAIL_ON } from "@faultwire/fault-engine";
import { Option } from "commander";

/** `--fail-on`: what makes the exit status of a command 1. */
export function failOnOption(): Option {
  return new Option(
    "--fail-on <what>",
    "exit status 1 where an expectation of the rule file is not met or not proven (expectations), also for what a client should never do (findings), or never",
  )
    .choices(FAIL_ON)
    .default("expectations");
}
