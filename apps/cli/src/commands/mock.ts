/** `faultwire mock`: the APIs of the providers on loopback, in clear, with nothing in front of them. */
import { Command, Option } from "commander";
import { banner } from "../banner.ts";
import { createLogger, type LogSettings } from "../logger.ts";
import { addMockOptions, type MockFlags, mockSettings } from "../mock-options.ts";
import { mockedApis } from "../mock-rows.ts";
import { integerFlag } from "../number-flags.ts";
import { ReadyFile } from "../ready-file.ts";
import { onShutdown } from "../shutdown.ts";
import { listenError } from "../stack/listen-error.ts";

/** The flags of `mock` as commander gives them. */
interface OwnFlags extends MockFlags, LogSettings {
  readonly port: number;
  readonly mockSeed: number;
  readonly readyFile?: string;
}

/** The subcommand `mock`. Ends at SIGTERM or SIGINT. */
export function mockCommand(): Command {
  const command = new Command("mock")
    .summary("run a mock of the providers' APIs on loopback")
    .description(
      "Runs a mock of the providers' APIs alone, on this machine and in clear: it answers as healthy APIs do, always the same " +
        `to the same request. It speaks ${mockedApis}. A script lets the model say and call what a test needs.`,
    )
    .addOption(
      new Option("--port <port>", "where it listens; 0 takes a free port")
        .argParser(integerFlag(0, 65_535))
        .default(3190),
    )
    .addOption(
      new Option("--mock-seed <number>", "what ids and vectors are derived from, besides the request")
        .argParser(integerFlag(0, Number.MAX_SAFE_INTEGER))
        .default(0),
    )
    .option("--ready-file <file>", "write what listens where as JSON, once it listens")
    .addOption(
      new Option("--log-format <format>", "default: pretty on a terminal, json otherwise").choices([
        "pretty",
        "json",
      ]),
    )
    .option("--verbose", "log every request, not just those that were refused");
  return addMockOptions(command).optionsGroup("Options:").action(run);
}

async function run(flags: OwnFlags): Promise<void> {
  const settings = await mockSettings(flags, true, "");
  const readyFile = flags.readyFile === undefined ? undefined : new ReadyFile(flags.readyFile);
  const { signal } = onShutdown({ hurries: false });
  const logger = await createLogger(flags);
  const { startLlmMock } = await import("@faultwire/llm-mock");
  const mock = await startLlmMock({
    ...settings,
    port: flags.port,
    seed: flags.mockSeed,
    log({ provider, method, path, status, outcome, model }) {
      const level = (status ?? 0) >= 400 || outcome === "aborted" ? "warn" : "debug";
      logger[level]({ event: "request", provider, method, path, status, outcome, model }, "answered");
    },
  }).catch((error: unknown) => {
    throw listenError(error, "127.0.0.1", flags.port, "--port");
  });
  try {
    readyFile?.write({ plugins: [], mock: mock.url, pid: process.pid });
    banner({
      ways: [
        [`ANTHROPIC_BASE_URL=${mock.url}`, "Anthropic"],
        [`OPENAI_BASE_URL=${mock.url}/v1`, "OpenAI"],
        [`GOOGLE_GEMINI_BASE_URL=${mock.url}`, "Gemini"],
        [`AWS_ENDPOINT_URL_BEDROCK_RUNTIME=${mock.url}`, "Bedrock"],
        [`OLLAMA_HOST=${mock.url}`, "Ollama"],
      ],
      rows: [
        ["mock", `${mock.url}  speaks ${mockedApis}`],
        ["script", flags.script ?? "none: it says the last message back; --script names one"],
      ],
      title: "Try it in another terminal:",
      command: [
        `curl ${mock.url}/v1/chat/completions`,
        "-H 'authorization: Bearer any'",
        `-d '{"model": "gpt-4.1", "messages": [{"role": "user", "content": "hello"}]}'`,
      ],
    });
    logger.info({ event: "shutdown", signal: await signal }, "closing");
  } finally {
    await mock.close();
  }
}
