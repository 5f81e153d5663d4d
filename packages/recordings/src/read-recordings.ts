/** Reads a folder of recordings. */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Recording } from "./recorded-exchange.ts";
import { decodeRecordingLazily } from "./recording-file.ts";
import { recordingLimits } from "./recording-limits.ts";
import { Recordings } from "./recordings.ts";
import { RecordingsError } from "./recordings-error.ts";

/** How long files are read until others of this process have their turn, in ms. */
const turnMs = 20;

/**
 * Reads all recordings of a folder: its files that end in `.json`, in the order of their names. Each file is checked whole. Of its
 * response the bytes of the file are kept; they are taken apart when it answers for the first time.
 *
 * @param options - A limit in place of `maxFolderBytes` of `recordingLimits`; `mayBeEmpty`: a folder without recordings is no error.
 * @throws RecordingsError `bad-folder` where it can't be read or holds none, `bad-file` for a file that is none
 */
export async function readRecordings(
  folder: string,
  {
    maxFolderBytes = recordingLimits.maxFolderBytes,
    mayBeEmpty = false,
  }: { readonly maxFolderBytes?: number; readonly mayBeEmpty?: boolean } = {},
): Promise<Recordings> {
  let names: readonly string[];
  try {
    names = (await readdir(folder)).filter((name) => name.endsWith(".json")).sort();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new RecordingsError("bad-folder", `recordings can't be read from ${folder} (${code})`, { cause });
  }
  if (names.length === 0 && !mayBeEmpty)
    throw new RecordingsError(
      "bad-folder",
      `${folder} holds no recording, no file that ends in .json; record something first`,
    );
  const exchanges: Recording[] = [];
  let bytes = 0;
  let begunAtMs = performance.now();
  for (const name of names) {
    const path = join(folder, name);
    const file = readFile(path);
    exchanges.push(decodeRecordingLazily(file, path));
    bytes += file.length;
    if (bytes > maxFolderBytes)
      throw new RecordingsError(
        "bad-folder",
        `${folder} holds more than the ${maxFolderBytes} bytes of recordings that are read; move some elsewhere`,
      );
    if (performance.now() - begunAtMs < turnMs) continue;
    await new Promise((resolve) => setImmediate(resolve));
    begunAtMs = performance.now();
  }
  return new Recordings(exchanges);
}

/** All of a file. One call after the other costs a tenth of what promises of `node:fs` cost for each small file. */
function readFile(path: string): Buffer {
  let file: number;
  try {
    // A pipe without a writer would never open.
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new RecordingsError("bad-file", `${path} can't be read (${code})`, { cause });
  }
  try {
    const facts = fstatSync(file);
    if (!facts.isFile()) throw new RecordingsError("bad-file", `${path} is no regular file`);
    if (facts.size > recordingLimits.maxFileBytes)
      throw new RecordingsError(
        "bad-file",
        `${path} has ${facts.size} bytes, more than the ${recordingLimits.maxFileBytes} of a recording`,
      );
    const bytes = Buffer.allocUnsafeSlow(facts.size);
    let length = 0;
    while (length < bytes.length) {
      const read = readSync(file, bytes, length, bytes.length - length, null);
      if (read === 0) break;
      length += read;
    }
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}
