/** What the suites ask of a client program, and what it brings back. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { soon } from "@faultwire/testkit/soon";
import { type Answer, readAnswers } from "./answer.ts";

/** The same request, a number of times, one after the other, on one connection where the client can. */
export interface Task {
  /** The HTTP proxy; also in `environment`, for clients that look there. */
  readonly proxyUrl: string;
  readonly host: string;
  readonly path: string;
  /** A POST of this body, or a GET without one. */
  readonly body?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly count: number;
  /** All that the program finds in its environment: the trust variables, HTTPS_PROXY, PATH. */
  readonly environment: Readonly<Record<string, string>>;
  /** The certificate to trust, for programs that read no variable. */
  readonly caFile: string;
}

/** A client program as the suites see it. */
export interface InteropClient {
  readonly name: string;
  /** Runs the task. @throws Error with the program's own words where it brings no answers. */
  ask(task: Task): Promise<Answer[]>;
}

/** How long a client may take for a whole task. */
const taskMs = 120_000;

/** Settings of {@link outputOf}. */
export interface RunOptions {
  /** What the program reads. Default: nothing. */
  readonly input?: string;
  /** How long it may run, in ms. Default two minutes. */
  readonly limitMs?: number;
}

/** What a program printed, and how it ended. */
export interface Output {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs a program to its end. @throws Error where it does not start, or takes too long. */
export async function outputOf(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  { input = "", limitMs = taskMs }: RunOptions = {},
): Promise<Output> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { env: { ...environment }, stdio: "pipe" });
  const chunks: Buffer[] = [];
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdin.on("error", () => {}).end(input);
  const late = setTimeout(() => child.kill("SIGKILL"), limitMs);
  try {
    const [status] = (await soon(once(child, "close"), "the event close of child", 45_000)) as [
      number | null,
    ];
    const stdout = Buffer.concat(chunks);
    if (status === null)
      throw new Error(`${program} was still busy after ${limitMs} ms: ${stdout.toString()}${stderr}`.trim());
    return { status, stdout, stderr };
  } finally {
    clearTimeout(late);
  }
}

/** A client that takes the task as JSON on standard input and prints its answers as JSON. */
export function scriptedClient(name: string, command: readonly string[]): InteropClient {
  return {
    name,
    async ask({ environment, ...task }) {
      const { status, stdout, stderr } = await outputOf(command, environment, {
        input: JSON.stringify(task),
      });
      if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`);
      return JSON.parse(stdout.toString()) as Answer[];
    },
  };
}

/** A client that prints what it gets, heads and bodies, as they are on the wire. */
export function printingClient(name: string, command: (task: Task) => readonly string[]): InteropClient {
  return {
    name,
    async ask(task) {
      const { stdout, stderr } = await outputOf(command(task), task.environment);
      const { answers, rest } = readAnswers(stdout);
      if (answers.length !== task.count || rest.length > 0)
        throw new Error(
          `${name} printed ${answers.length} answers of ${task.count}: ${stdout.toString()}\n${stderr}`,
        );
      return answers;
    },
  };
}
