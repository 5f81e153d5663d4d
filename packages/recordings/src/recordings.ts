/** Exchanges that were recorded, and which of them answers a request. */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { firstDifference, likeness } from "./first-difference.ts";
import { maskedRequest } from "./masking.ts";
import { isOverHttp2, type RecordedRequest, type Recording } from "./recorded-exchange.ts";
import { decodeRecording } from "./recording-file.ts";
import { recordingLimits } from "./recording-limits.ts";
import { RecordingsError } from "./recordings-error.ts";

/** What answers a request, or why nothing does, in words. */
export type Found =
  | {
      /** What answers. */
      readonly exchange: Recording;
    }
  | {
      /** Nothing does. */
      readonly exchange: undefined;
      /** What is nearest, in words for people. */
      readonly why: string;
    };

/** Exchanges of which each request with the same words was recorded once or several times. */
export class Recordings {
  readonly #byKey = new Map<string, { readonly exchanges: Recording[]; next: number }>();
  readonly #all: readonly Recording[];
  /** Without their ports. */
  readonly #http2Hosts: ReadonlySet<string>;

  /** @param exchanges - In the order in which they were recorded. */
  constructor(exchanges: readonly Recording[]) {
    this.#all = exchanges;
    this.#http2Hosts = new Set(
      exchanges.filter(isOverHttp2).map(({ request: { host } }) => host.replace(/:\d+$/, "")),
    );
    for (const exchange of exchanges) {
      // Also what an older recorder, or a person, has written.
      const key = keyOf(maskedRequest(exchange.request));
      const same = this.#byKey.get(key);
      if (same) same.exchanges.push(exchange);
      else this.#byKey.set(key, { exchanges: [exchange], next: 0 });
    }
  }

  /** How many exchanges there are. */
  get size(): number {
    return this.#all.length;
  }

  /** Schemes and hosts that were asked, each once. */
  get origins(): readonly Pick<RecordedRequest, "scheme" | "host">[] {
    const all = this.#all.map(
      ({ request: { scheme, host } }) => [`${scheme} ${host}`, { scheme, host }] as const,
    );
    return [...new Map(all).values()];
  }

  /** Whether something was recorded of that host over HTTP/2. */
  hasHttp2(name: string): boolean {
    return this.#http2Hosts.has(name.toLowerCase());
  }

  /**
   * The exchange that answers a request: one with the same method, host, target and body. JSON is the same in any order of its
   * members; headers do not count. Where a request was recorded several times, the first comes first, and the last is
   * repeated.
   */
  take(request: RecordedRequest): Found {
    const asked = maskedRequest(request);
    const same = this.#byKey.get(keyOf(asked));
    if (!same) return { exchange: undefined, why: this.#whyNot(asked) };
    const { exchanges } = same;
    const exchange = exchanges[Math.min(same.next++, exchanges.length - 1)]!;
    return { exchange };
  }

  #whyNot(asked: RecordedRequest): string {
    const { method, host, target } = asked;
    const what = `${method} ${target} at ${host}`;
    const near = this.#all.filter(
      ({ request }) => request.method === method && request.host === host && request.target === target,
    );
    const [nearest] = near.toSorted(
      (one, other) => likeness(other.request.body, asked.body) - likeness(one.request.body, asked.body),
    );
    if (nearest) {
      const where = firstDifference(nearest.request.body, asked.body);
      if (near.length === 1) return `${what} was recorded with another body, which differs at ${where}`;
      return `${what} was recorded ${near.length} times with other bodies; the nearest differs at ${where}`;
    }
    const others = this.#all.filter(({ request }) => request.host === host);
    if (others.length === 0)
      return `nothing was recorded of ${host}; of other hosts: ${listed([...new Set(this.origins.map((one) => one.host))])}`;
    const known = others.map(({ request }) => `${request.method} ${request.target}`);
    return `${what} was not recorded; of this host: ${listed([...new Set(known)])}`;
  }
}

/** How many names an answer gives at the most. */
const mostListed = 5;

function listed(names: readonly string[]): string {
  if (names.length === 0) return "nothing";
  const rest = names.length - mostListed;
  return names.slice(0, mostListed).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

function keyOf({ method, host, target, body }: RecordedRequest): string {
  const digest = createHash("sha256").update(sameBody(body)).digest("base64");
  return JSON.stringify([method, host, target, digest]);
}

/** JSON with its members in order; other bytes as they are. */
function sameBody(body: Uint8Array): Uint8Array | string {
  try {
    return JSON.stringify(JSON.parse(Buffer.from(body).toString("utf8")), sorted);
  } catch {
    // No JSON, or nested deeper than it can be written.
    return body;
  }
}

function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/**
 * Reads all recordings of a folder: its files that end in `.json`, in the order of their names.
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
  for (const name of names) {
    const { text, exchange } = await readOne(join(folder, name));
    bytes += text.length;
    if (bytes > maxFolderBytes)
      throw new RecordingsError(
        "bad-folder",
        `${folder} holds more than the ${maxFolderBytes} bytes of recordings that are read; move some elsewhere`,
      );
    exchanges.push(exchange);
  }
  return new Recordings(exchanges);
}

async function readOne(path: string): Promise<{ readonly text: string; readonly exchange: Recording }> {
  // A pipe without a writer would never open.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch((cause: unknown) => {
    const { code } = cause as NodeJS.ErrnoException;
    throw new RecordingsError("bad-file", `${path} can't be read (${code})`, { cause });
  });
  try {
    const facts = await file.stat();
    if (!facts.isFile()) throw new RecordingsError("bad-file", `${path} is no regular file`);
    if (facts.size > recordingLimits.maxFileBytes)
      throw new RecordingsError(
        "bad-file",
        `${path} has ${facts.size} bytes, more than the ${recordingLimits.maxFileBytes} of a recording`,
      );
    const text = await file.readFile("utf8");
    return { text, exchange: decodeRecording(text, path) };
  } finally {
    await file.close();
  }
}
