/** The `faultwire` command: finds the subcommand that is meant and turns what goes wrong into lines and a status. */
import { Command, CommanderError } from "commander";
import { removeStaleReadyFile } from "./stale-ready-file.ts";
import { version } from "./version.ts";

/** The status of a bad flag, a bad file, a port in use: something that the user mends. */
const usageStatus = 2;

/** Errors whose message is for the user. By name, because knowing their classes would load what a command may not need. */
const usageErrors: ReadonlySet<string> = new Set([
  "UsageError",
  "RuntimeError",
  "PluginServerError",
  "ProxyError",
  "CertificateAuthorityError",
]);

/** Every subcommand; only the one that is meant is loaded. */
const subcommands: Readonly<
  Record<string, { readonly summary: string; readonly load: () => Promise<Command> }>
> = {
  start: {
    summary: "run everything: plugin, host and mock API on loopback",
    load: async () => (await import("./commands/start.ts")).startCommand(),
  },
  proxy: {
    summary: "run a proxy of our own, which needs nothing else",
    load: async () => (await import("./commands/proxy.ts")).proxyCommand(),
  },
  serve: {
    summary: "run the plugin server for a Fault proxy",
    load: async () => (await import("./commands/serve.ts")).serveCommand(),
  },
  check: {
    summary: "check and explain a rule file",
    load: async () => (await import("./commands/check.ts")).checkCommand(),
  },
  report: {
    summary: "judge a recorded event log",
    load: async () => (await import("./commands/report.ts")).reportCommand(),
  },
  ca: {
    summary: "the CA that opens HTTPS: make it, show it, trust it",
    load: async () => (await import("./commands/ca.ts")).caCommand(),
  },
};

// Whoever read our output has gone, as `head` does behind its last line: there is nobody to tell.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

const program = new Command("faultwire")
  .description(
    "Finds out what your program does when the model API fails: closes its connections and answers its requests " +
      "with errors, reproducibly, without a change to its code.",
  )
  .version(version)
  .addHelpText(
    "after",
    "\nStart here:\n  faultwire start --error-probability 0.5\n  faultwire start --config faults.yaml\n",
  );

// `faultwire help serve` names the command second.
const [first, second] = process.argv.slice(2);
const wanted = first === "help" ? second : first;
if (wanted === "start" || wanted === "proxy" || wanted === "serve")
  removeStaleReadyFile(process.argv.slice(3));
for (const [name, { summary, load }] of Object.entries(subcommands))
  program.addCommand(name === wanted ? await load() : new Command(name).summary(summary));

for (const command of [program, ...program.commands])
  command
    .exitOverride()
    .showHelpAfterError("(--help shows the flags)")
    .configureHelp({ sortSubcommands: false });

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed its line already.
    process.exitCode = error.exitCode === 0 ? 0 : usageStatus;
  } else if (error instanceof Error && usageErrors.has(error.name)) {
    process.stderr.write(`faultwire: ${error.message}\n`);
    process.exitCode = usageStatus;
  } else {
    process.stderr.write(`faultwire: unexpected: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = 1;
  }
}
