/** Texts that an app is told to read: of a file, or of standard input. */
import { readRegularFile } from "@faultwire/cert-authority/internal";
import { systemReason } from "./runtime-error.ts";

/** The name that stands for standard input. */
export const standardInput = "-";

/** What to call an input in a message. */
export const inputName = (path: string): string =>
  path === standardInput ? "standard input" : path.replaceAll("\0", "\\0");

/**
 * Reads a text, UTF-8, of a regular file, or of standard input where the path is {@link standardInput}. Never more than
 * the limit is kept.
 *
 * @throws Error with the name of the input and the reason: `faults.yaml can't be read (it is a pipe, not a file)`.
 */
export async function readInput(path: string, maxBytes: number): Promise<string> {
  try {
    const bytes =
      path === standardInput ? await readStandardInput(maxBytes) : await readRegularFile(path, { maxBytes });
    return bytes.toString("utf8");
  } catch (cause) {
    const hint = path === "/dev/stdin" ? "; for standard input give - as its name" : "";
    throw new Error(`${inputName(path)} can't be read (${systemReason(cause)})${hint}`, { cause });
  }
}

async function readStandardInput(maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of process.stdin as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > maxBytes) throw new Error(`it has more than the ${maxBytes} bytes that are read`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
