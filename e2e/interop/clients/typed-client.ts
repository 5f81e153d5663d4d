/** A client for a program whose user types HTTP into it and reads what comes: openssl s_client, gnutls-cli. */
import { type ChildProcess, spawn } from "node:child_process";
import { type Answer, readAnswers } from "../../../apps/cli/test/suite/intercept/answer.ts";
import type { InteropClient, Task } from "../../../apps/cli/test/suite/intercept/client.ts";

/** How long an answer may take. */
const answerMs = 20_000;

/** A program with somebody at its keyboard. */
export class Terminal {
  readonly #child: ChildProcess;
  #stdout = Buffer.alloc(0);
  #stderr = "";
  #ended = false;
  #changed: () => void = () => {};

  constructor(command: readonly string[], environment: Readonly<Record<string, string>>) {
    const [program = "", ...args] = command;
    this.#child = spawn(program, args, { env: { ...environment }, stdio: "pipe" });
    this.#child.stdout?.on("data", (chunk: Buffer) => {
      this.#stdout = Buffer.concat([this.#stdout, chunk]);
      this.#changed();
    });
    this.#child.stderr?.on("data", (chunk: Buffer) => {
      this.#stderr += chunk.toString();
      this.#changed();
    });
    this.#child.stdin?.on("error", () => {});
    this.#child.on("error", (error) => {
      this.#stderr += error.message;
    });
    this.#child.on("close", () => {
      this.#ended = true;
      this.#changed();
    });
  }

  /** What it has printed to standard output and was not forgotten. */
  get stdout(): Buffer {
    return this.#stdout;
  }

  /** All that it has printed to standard error. */
  get stderr(): string {
    return this.#stderr;
  }

  /** Whether it has ended. */
  get ended(): boolean {
    return this.#ended;
  }

  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Forgets what it has printed to standard output. */
  forget(): void {
    this.#stdout = Buffer.alloc(0);
  }

  /** Waits until `condition` holds. @throws Error with all that the program said, after 20 s or at its end. */
  async until(what: string, condition: () => boolean): Promise<void> {
    const deadline = setTimeout(() => {
      late = true;
      this.#changed();
    }, answerMs);
    let late = false;
    while (!condition()) {
      if (late || this.#ended) {
        clearTimeout(deadline);
        throw new Error(`waited in vain for ${what}: ${this.#stdout.toString()}\n${this.#stderr}`);
      }
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
    clearTimeout(deadline);
  }

  async close(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.until("its end", () => this.#ended).catch(() => {});
  }
}

/** The bytes of a task's request; the body ends with a line end, because programs take their commands at a line's start. */
export function requestText({
  host,
  path,
  body: text,
  headers,
}: Pick<Task, "host" | "path" | "body" | "headers">): string {
  const body = text === undefined ? undefined : `${text}\n`;
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = body === undefined ? "" : `content-length: ${Buffer.byteLength(body)}\r\n`;
  const method = body === undefined ? "GET" : "POST";
  return `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n${lines.join("")}${length}\r\n${body ?? ""}`;
}

/** The answer in what a program printed, once it is whole; what it says of itself may stand before it. */
export function answerIn(stdout: Buffer): Answer | undefined {
  const start = stdout.indexOf("HTTP/1.1 ");
  return start < 0 ? undefined : readAnswers(stdout.subarray(start)).answers[0];
}

/** How a program is started and what is typed besides requests. */
export interface TypedProgram {
  readonly name: string;
  readonly command: (task: Task) => readonly string[];
  /** Gets the connection going; the program is ready to take a request afterwards. */
  readonly open?: (terminal: Terminal, task: Task) => Promise<void>;
  /** What is typed after the n-th answer, counted from 0. */
  readonly between?: (terminal: Terminal, number: number) => Promise<void>;
}

/** Types one request after the other into one run of a program, and reads each answer before the next. */
export function typedClient({ name, command, open, between }: TypedProgram): InteropClient {
  return {
    name,
    async ask(task) {
      const terminal = new Terminal(command(task), task.environment);
      try {
        await open?.(terminal, task);
        const answers: Answer[] = [];
        for (let number = 0; number < task.count; number++) {
          terminal.forget();
          terminal.type(requestText(task));
          await terminal.until("an answer", () => answerIn(terminal.stdout) !== undefined);
          answers.push(answerIn(terminal.stdout)!);
          terminal.forget();
          await between?.(terminal, number);
        }
        return answers;
      } finally {
        await terminal.close();
      }
    },
  };
}
