/** The `faultwire` command: finds the subcommand that is meant and turns what goes wrong into lines and a status. */
import { Command, CommanderError } from "commander";
import { refuseContradictions } from "./contradictions.ts";
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
  "LlmMockError",
  "RecordingsError",
]);

/** Every subcommand; only the one that is meant is loaded. */
const subcommands: Readonly<
  Record<string, { readonly summary: string; readonly load: () => Promise<Command> }>
> = {
  run: {
    summary: "run a program, make its calls fail, and say how it coped",
    load: async () => (await import("./commands/run.ts")).runCommand(),
  },
  start: {
    summary: "run everything: proxy, mock API and plugin on loopback",
    load: async () => (await import("./commands/start.ts")).startCommand(),
  },
  mock: {
    summary: "run a mock of the providers' APIs on loopback",
    load: async () => (await import("./commands/mock.ts")).mockCommand(),
  },
  proxy: {
    summary: "run a proxy of our own, which needs nothing else",
    load: async () => (await import("./commands/proxy.ts")).proxyCommand(),
  },
  serve: {
    summary: "run the plugin server for a Fault proxy",
    load: async () => (await import("./commands/serve.ts")).serveCommand(),
  },
  host: {
    summary: "run the reference host, to test plugins with",
    load: async () => (await import("./commands/host.ts")).hostCommand(),
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
  .hook("preAction", (_program, command) => refuseContradictions(command))
  // So that a command may leave flags behind an argument alone: `run` does.
  .enablePositionalOptions()
  .addHelpText(
    "after",
    "\nStart here:\n  faultwire start --error-probability 0.5\n  faultwire run --mock --mix realistic -- COMMAND\n",
  );

// `faultwire help serve` names the command second.
const [first, second] = process.argv.slice(2);
const wanted = first === "help" ? second : first;
if (wanted !== undefined && ["start", "mock", "proxy", "serve", "host"].includes(wanted))
  removeStaleReadyFile(process.argv.slice(3));
for (const [name, { summary, load }] of Object.entries(subcommands))
  program.addCommand(name === wanted ? await load() : new Command(name).summary(summary));

/** What commander says of a wrong line: with the words of the line in it, and a key may be among them. */
let refusal = "";
for (const command of [program, ...program.commands])
  command
    .exitOverride()
    .configureOutput({
      writeErr: (text) => {
        refusal += text;
      },
    })
    .showHelpAfterError("(--help shows the flags)")
    .configureHelp({ sortSubcommands: false });

try {
  await program.parseAsync();
} catch (error) {
  const { maskKeys } = await import("@faultwire/fault-engine/internal");
  if (error instanceof CommanderError) {
    process.stderr.write(maskKeys(refusal));
    process.exitCode = error.exitCode === 0 ? 0 : usageStatus;
  } else if (error instanceof Error && usageErrors.has(error.name)) {
    process.stderr.write(maskKeys(`faultwire: ${error.message}\n`));
    process.exitCode = usageStatus;
  } else {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(maskKeys(`faultwire: unexpected: ${stack}\n`));
    process.exitCode = 1;
  }
}
