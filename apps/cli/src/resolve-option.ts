import { Option } from "commander";
import { resolveFlag } from "./resolve-flag.ts";

/** `--resolve`, of every command with a proxy of our own; its value is a table as `startProxy` takes it. */
export function resolveOption(): Option {
  return new Option(
    "--resolve <host:port:address[:port]>",
    "connect there for that host, as curl has it; *.host for all below it, * as a port for any; repeatable",
  ).argParser(resolveFlag);
}
