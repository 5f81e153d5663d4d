import type { Environment } from "@faultwire/cert-authority";
import pc from "picocolors";

/** Colours, or the same functions without colours. */
export type Colors = ReturnType<typeof pc.createColors>;

/** What a command sees of the process: given in, so that tests can look at it. */
export type CommandIo = {
  /** Results. */
  readonly out: (data: string | Uint8Array) => void;
  /** Everything else: progress, hints, errors. */
  readonly err: (text: string) => void;
  /** Whether results go to a person's terminal. */
  readonly outIsTerminal: boolean;
  readonly environment: Environment;
  readonly colors: Colors;
  readonly setExitCode: (code: number) => void;
};

/** The process that we are. */
export const processIo = (): CommandIo => ({
  out: (data) => process.stdout.write(data),
  err: (text) => process.stderr.write(text),
  outIsTerminal: process.stdout.isTTY ?? false,
  environment: process.env,
  colors: pc,
  setExitCode: (code) => {
    process.exitCode = code;
  },
});
