/** `--ready-file`: tells a script that everything listens, and where. */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { kindOf } from "@faultwire/cert-authority/internal";
import { systemReason } from "@faultwire/runtime/internal";
import { entryAt } from "./stale-ready-file.ts";
import { UsageError } from "./usage-error.ts";

export interface ReadyInfo {
  /** What goes into `fault run --grpc-plugin`, server side first; none of `faultwire proxy`. */
  readonly plugins: readonly string[];
  /** The HTTP proxy of `faultwire start`, `faultwire proxy` and `faultwire host`. */
  readonly proxy?: string;
  /** The mock API of `faultwire start`. */
  readonly mock?: string;
  /** The folder that exchanges are recorded in. */
  readonly record?: string;
  /** The folder that answers come from, how many recordings it holds, and whether what is not among them goes on to the real API. */
  readonly replay?: { readonly folder: string; readonly recordings: number; readonly orPass: boolean };
  /** The CA certificate (PEM) that a client has to trust; `faultwire host` has none, and leaves it out. */
  readonly caCert: string;
  readonly pid: number;
}

/** The file of one run: there from when everything listens to when the process ends, however it ends but by SIGKILL. */
export class ReadyFile {
  readonly #path: string;
  readonly #partial: string;
  #text: string | undefined;

  /**
   * Removes what a run before has left, and sees whether the file can be written at all: before anything is started.
   *
   * @throws UsageError
   */
  constructor(path: string) {
    this.#path = path;
    this.#partial = `${path}.${process.pid}.part`;
    this.#orRefuse(() => {
      const found = entryAt(path);
      if (found && !found.isFile() && !found.isSymbolicLink() && !found.isDirectory())
        throw new Error(`it is ${kindOf(found)}, not a file`);
      rmSync(path, { force: true });
      this.#writePartial("");
      rmSync(this.#partial);
    });
  }

  /** Writes the file whole or not at all, so that a script that waits for it never reads half of it. @throws UsageError */
  write(info: Omit<ReadyInfo, "caCert"> & Partial<ReadyInfo>): void {
    const text = `${JSON.stringify(info, undefined, 2)}\n`;
    this.#orRefuse(() => {
      this.#writePartial(text);
      renameSync(this.#partial, this.#path);
    });
    this.#text = text;
    process.on("exit", () => this.#remove());
  }

  /** In a folder that others may write, its name could be a link to any file of this user. */
  #writePartial(text: string): void {
    rmSync(this.#partial, { force: true });
    writeFileSync(this.#partial, text, { flag: "wx" });
  }

  /** Another run may have made the file its own meanwhile. */
  #remove(): void {
    try {
      if (readFileSync(this.#path, "utf8") === this.#text) rmSync(this.#path);
    } catch {
      // It is gone, or its folder is: then there is nothing that would tell a script that we listen.
    }
  }

  #orRefuse(work: () => void): void {
    try {
      work();
    } catch (error) {
      // Node's own error for a folder has no number of the system's.
      const { code } = error as NodeJS.ErrnoException;
      const reason = code === "ERR_FS_EISDIR" ? "it is a folder" : systemReason(error);
      throw new UsageError(`ready file ${this.#path} can't be written (${reason}); check --ready-file`);
    }
  }
}
