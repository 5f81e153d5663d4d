/** What a version test asks of an origin: one TLS version, one folder to read from and to write to. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";

/** The TLS versions that are told apart. */
export const tlsVersions = ["1.2", "1.3"] as const;
export type TlsVersion = (typeof tlsVersions)[number];

/** How an origin is set up. */
export interface OriginSettings {
  /** `GET /NAME` reads from it, `PUT /NAME` writes to it. */
  readonly folder: string;
  /** PEM files: the chain and its key. */
  readonly certificateFile: string;
  readonly keyFile: string;
  /** The versions it takes. */
  readonly versions: readonly TlsVersion[];
}

/** A running origin. */
export interface Origin {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts an origin; each program that serves HTTPS has one of these. */
export type StartOrigin = (settings: OriginSettings) => Promise<Origin>;

/** A port that was free a moment ago, for programs that take no 0. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

/** A server program of somebody else's, stopped by its id alone. */
export interface ServerProcess {
  /** Resolves at its end with all that it printed. */
  readonly ended: Promise<string>;
  /** Resolves with the first match in what it prints. @throws Error with all of it, where it ends before. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  stop(): Promise<void>;
}

/** Starts a server program. */
export function startProcess(command: readonly string[]): ServerProcess {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let hasEnded = false;
  let changed = (): void => {};
  const print = (chunk: Buffer): void => {
    output += chunk.toString();
    changed();
  };
  child.stdout.on("data", print);
  child.stderr.on("data", print);
  child.on("error", (error) => {
    output += error.message;
  });
  const ended = new Promise<string>((resolve) => {
    child.once("close", () => {
      hasEnded = true;
      changed();
      resolve(output);
    });
  });
  return {
    ended,
    async printed(pattern) {
      for (;;) {
        const match = pattern.exec(output);
        if (match) return match;
        if (hasEnded) throw new Error(`${program} ended: ${output}`);
        await new Promise<void>((resolve) => {
          changed = resolve;
        });
      }
    },
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
