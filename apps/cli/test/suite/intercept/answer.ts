/** Responses as clients report them. */

/** One response, as far as a client shows it. */
export interface Answer {
  readonly status: number;
  /** Names in lower case; values of equal names joined with ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Reads responses with a content-length, as `curl --include` prints them; `rest` is what is not whole yet. */
export function readAnswers(bytes: Buffer): { readonly answers: Answer[]; readonly rest: Buffer } {
  const answers: Answer[] = [];
  let rest = bytes;
  for (;;) {
    const headEnd = rest.indexOf("\r\n\r\n");
    if (headEnd < 0) return { answers, rest };
    const [statusLine = "", ...lines] = rest.subarray(0, headEnd).toString("latin1").split("\r\n");
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1]);
    const headers: Record<string, string> = {};
    for (const line of lines) {
      const colon = line.indexOf(":");
      const name = line.slice(0, colon).toLowerCase();
      const value = line.slice(colon + 1).trim();
      headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
    }
    const length = Number(headers["content-length"]);
    if (!status || Number.isNaN(length))
      throw new Error(`no response with a content-length: ${rest.toString()}`);
    const end = headEnd + 4 + length;
    if (rest.length < end) return { answers, rest };
    answers.push({ status, headers, body: rest.subarray(headEnd + 4, end).toString() });
    rest = rest.subarray(end);
  }
}

/**
 * An answer without what differs by the clock alone, so that two can be compared. Everything else is deterministic: the
 * mock's ids count on from its seed, and its clock stands still.
 */
export function timeless({ status, headers, body }: Answer): Answer {
  const { date: _, ...rest } = headers;
  return { status, headers: rest, body };
}
