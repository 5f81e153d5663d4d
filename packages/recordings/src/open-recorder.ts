/** Writes exchanges into a folder, a file each. */
import { constants } from "node:fs";
import { access, mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { type ConnectionTap, ExchangeTap, type LeftReason, type TapOptions } from "./exchange-tap.ts";
import { HeldExchanges } from "./held-exchanges.ts";
import { Http2ExchangeTap } from "./http2-exchange-tap.ts";
import { Turns } from "./mask-in-steps.ts";
import type { Recording } from "./recorded-exchange.ts";
import { encodedPieces } from "./recording-file.ts";
import { recordingLimits } from "./recording-limits.ts";
import { RecordingsError } from "./recordings-error.ts";
import { withoutSecrets } from "./without-secrets.ts";

/** A connection whose exchanges may be recorded. */
export interface TappedConnection {
  /** Whether it is TLS that was opened. */
  readonly scheme: "http" | "https";
  /** Whom it is to. */
  readonly host: string;
  /** What is spoken. */
  readonly protocol: "http/1.1" | "h2";
}

/** Where to, and who is told of what goes wrong. */
export interface RecorderOptions {
  /** The folder; it is made where it is not there, for its owner alone. What is in it stays. */
  readonly folder: string;
  /** Milliseconds, never going backwards. Default `performance.now`. */
  readonly now?: () => number;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly wallNow?: () => number;
  /** Told of what was not recorded, and why. */
  readonly left?: (reason: LeftReason, connection: TappedConnection) => void;
  /** Told, once, that a file could not be written, or the folder is full. Nothing more is recorded then. */
  readonly failed?: (error: Error) => void;
  /** In place of `maxHeldBytes` of `recordingLimits`. */
  readonly maxHeldBytes?: number;
  /** In place of `maxFolderBytes` of `recordingLimits`: files that were there before count, too. */
  readonly maxFolderBytes?: number;
}

/** A recorder that writes. */
export interface Recorder {
  /** @returns what is to be told of all that goes over this connection. */
  readonly tap: (connection: TappedConnection) => ConnectionTap;
  /** Files that were written. */
  readonly written: () => number;
  /** Bytes of exchanges that are held in memory: under way, or waiting to be written. */
  readonly heldBytes: () => number;
  /** How many exchanges, or connections, were not recorded, by reason. */
  readonly left: () => Readonly<Partial<Record<LeftReason, number>>>;
  /** Ends it; done when everything that was recorded is on disk. */
  close(): Promise<void>;
}

/** The number with which a file's name begins. */
const numbered = /^(\d{6,})-.*\.json$/;

/**
 * Opens a recorder. Secrets are masked before anything is written, and files are readable for their owner alone.
 *
 * @throws RecordingsError `bad-folder`
 */
export async function openRecorder(options: RecorderOptions): Promise<Recorder> {
  const { now = () => performance.now(), wallNow = Date.now, left, failed } = options;
  if (options.folder === "")
    throw new RecordingsError("bad-folder", "recordings need a folder; its name is empty");
  const folder = resolve(options.folder);
  const { maxHeldBytes, maxFolderBytes } = { ...recordingLimits, ...options };
  const found = await prepared(folder);
  let { number, bytes } = found;
  const held = new HeldExchanges(maxHeldBytes);
  const counts: Partial<Record<LeftReason, number>> = {};
  let written = 0;
  let isBroken = false;
  let writing: Promise<void> = Promise.resolve();

  function leave(reason: LeftReason, connection: TappedConnection): void {
    counts[reason] = (counts[reason] ?? 0) + 1;
    left?.(reason, connection);
  }

  async function write(recording: Recording, connection: TappedConnection): Promise<void> {
    if (isBroken) return;
    try {
      const masked = await withoutSecrets(recording);
      const file = typeof masked === "string" ? undefined : await fileOf(masked);
      if (typeof masked === "string" || file === undefined) {
        leave(typeof masked === "string" ? masked : "too-large", connection);
        return;
      }
      bytes += file.bytes;
      if (bytes > maxFolderBytes)
        throw new RecordingsError(
          "folder-full",
          `${folder} would hold more than the ${maxFolderBytes} bytes that a replay reads`,
        );
      do number++;
      while (!(await isWritten(join(folder, fileName(number, masked)), file.pieces)));
      written++;
    } catch (error) {
      isBroken = true;
      failed?.(error as Error);
    }
  }

  return {
    tap: (connection) => {
      const options: TapOptions<Recording> = {
        ...{ scheme: connection.scheme, host: connection.host, now, wallNow, held },
        left: (reason) => leave(reason, connection),
        recorded: (exchange, letGo) => {
          writing = writing.then(() => write(exchange, connection)).finally(letGo);
        },
      };
      return connection.protocol === "h2" ? new Http2ExchangeTap(options) : new ExchangeTap(options);
    },
    written: () => written,
    heldBytes: () => held.bytes,
    left: () => counts,
    close: () => writing,
  };
}

/** The text of a file. */
interface EncodedFile {
  readonly pieces: readonly string[];
  readonly bytes: number;
}

/** Encodes a recording, while other work goes on; `undefined` where no replay would read that much. */
async function fileOf(recording: Recording): Promise<EncodedFile | undefined> {
  const turns = new Turns();
  const pieces: string[] = [];
  let bytes = 0;
  try {
    for (const piece of encodedPieces(recording)) {
      const length = Buffer.byteLength(piece);
      bytes += length;
      if (bytes > recordingLimits.maxFileBytes) return undefined;
      pieces.push(piece);
      await turns.did(length);
    }
  } catch (error) {
    // Longer than a string of Node may be.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  return { pieces, bytes };
}

/**
 * Writes a file, whole or not at all. @returns `false` where that name is taken: by another run that records into the same
 * folder, or by what a run left that was killed.
 */
async function isWritten(file: string, pieces: readonly string[]): Promise<boolean> {
  const part = `${file}.part`;
  try {
    await writeFile(part, "", { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
  try {
    // Who has the part has the name: nobody else can take it between this look and the renaming.
    if (await isThere(file)) {
      await rm(part);
      return false;
    }
    await writeFile(part, pieces);
    await rename(part, file);
    return true;
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    throw error;
  }
}

async function isThere(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}

/** Makes a folder and those above it. Node's own `recursive` never ends where a system refuses a name, as `/proc` does. */
async function make(folder: string): Promise<void> {
  const mode = 0o700;
  try {
    await mkdir(folder, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && (await stat(folder)).isDirectory()) return;
    if (code !== "ENOENT" || dirname(folder) === folder) throw error;
    await make(dirname(folder));
    await mkdir(folder, { mode });
  }
}

/** Makes the folder ready. @returns the highest number that a file in it has, and bytes of all recordings in it */
async function prepared(folder: string): Promise<{ readonly number: number; readonly bytes: number }> {
  try {
    await make(folder);
    await access(folder, constants.W_OK | constants.X_OK);
    let [number, bytes] = [0, 0];
    for (const name of await readdir(folder)) {
      number = Math.max(number, Number(numbered.exec(name)?.[1] ?? 0));
      if (name.endsWith(".json")) bytes += (await stat(join(folder, name))).size;
    }
    return { number, bytes };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new RecordingsError(
      "bad-folder",
      `recordings can't be kept in ${folder} (${code}); name a folder that can be written`,
      { cause },
    );
  }
}

/** `000012-POST-api.anthropic.com-v1-messages.json` */
function fileName(number: number, { request: { method, host, target } }: Recording): string {
  const path = target.split("?", 1)[0] ?? "";
  const words = `${method}-${host}${path}`.replaceAll(/[^A-Za-z0-9.]+/g, "-").slice(0, 100);
  return `${String(number).padStart(6, "0")}-${words.replace(/(?<!-)-+$/, "")}.json`;
}
