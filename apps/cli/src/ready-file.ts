/** `--ready-file`: tells a script that everything listens, and where. */
import { renameSync, writeFileSync } from "node:fs";
import { UsageError } from "./usage-error.ts";

export interface ReadyInfo {
  /** What goes into `fault run --grpc-plugin`, server side first. */
  readonly plugins: readonly string[];
  /** The HTTP proxy of `faultwire start`. */
  readonly proxy?: string;
  /** The mock API of `faultwire start`. */
  readonly mock?: string;
  /** The CA certificate (PEM) that a client has to trust. */
  readonly caCert: string;
  readonly pid: number;
}

/** Writes the file whole or not at all, so that whoever waits for it never reads half of it. */
export function writeReadyFile(path: string, info: ReadyInfo): void {
  const partial = `${path}.${process.pid}.part`;
  try {
    writeFileSync(partial, `${JSON.stringify(info, undefined, 2)}\n`);
    renameSync(partial, path);
  } catch (error) {
    throw new UsageError(
      `ready file ${path} can't be written (${(error as NodeJS.ErrnoException).code}); check --ready-file`,
    );
  }
}
