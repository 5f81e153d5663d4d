import fc from "fast-check";

/** A request as a text of one byte per character, and the content of its body. */
export interface GeneratedRequest {
  readonly text: string;
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

const byteText = (maxLength: number): fc.Arbitrary<string> =>
  fc
    .array(fc.integer({ min: 0, max: 255 }), { maxLength })
    .map((bytes) => bytes.map((byte) => String.fromCharCode(byte)).join(""));

const visible = fc
  .array(fc.constantFrom(...Array.from('abcXYZ019-_.,;=()"/ \t\xe9\xff')), { maxLength: 20 })
  .map((letters) => letters.join("").trim());
const headerName = fc.constantFrom(
  "X-A",
  "x-b",
  "Accept",
  "User-Agent",
  "anthropic-version",
  "X~!#$%&'*+.^_`|",
);
const extraHeaders = fc.array(fc.tuple(headerName, visible), { maxLength: 5 });
const target = fc.constantFrom(
  "/",
  "/v1/messages",
  "/v1/models?limit=20&after=a%20b",
  "/a;b=c/../d",
  "/?q=[]{}|",
);

/** A well-formed request with a body by length, in chunks, or without one. */
export const request: fc.Arbitrary<GeneratedRequest> = fc
  .record({
    method: fc.constantFrom("GET", "POST", "PUT", "DELETE", "OPTIONS"),
    target,
    extra: extraHeaders,
    parts: fc.array(byteText(30), { maxLength: 4 }),
    framing: fc.constantFrom("none", "length", "chunked"),
    extension: fc.constantFrom("", ";a", ";a=b", ';a="b c"'),
    emptyLines: fc.constantFrom("", "\r\n"),
  })
  .map(({ method, target, extra, parts, framing, extension, emptyLines }) => {
    const chunks = parts.filter((part) => part !== "");
    const body = framing === "none" ? "" : chunks.join("");
    const headers: (readonly [string, string])[] = [["Host", "a.test"], ...extra];
    let wire = "";
    if (framing === "length") {
      headers.push(["Content-Length", String(body.length)]);
      wire = body;
    } else if (framing === "chunked") {
      headers.push(["Transfer-Encoding", "chunked"]);
      wire = [...chunks, ""]
        .map((chunk) => `${chunk.length.toString(16)}${extension}\r\n${chunk}\r\n`)
        .join("");
    }
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    return {
      text: `${emptyLines}${method} ${target} HTTP/1.1\r\n${lines}\r\n${wire}`,
      method,
      target,
      headers,
      body,
    };
  });

/** A way in which requests are bent to make two readers disagree, at a share of the text or of its line ends. */
const mutation = fc.record({
  where: fc.constantFrom("anywhere", "line end", "line end"),
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  remove: fc.constantFrom(0, 0, 0, 1, 2),
  text: fc.constantFrom(
    "",
    "\r",
    "\n",
    "\r\n",
    " ",
    "\t",
    "\0",
    ":",
    "\x0b",
    "\xff",
    "0",
    "-",
    "\r\nContent-Length: 3",
    "\r\nContent-Length : 3",
    "\r\nTransfer-Encoding: chunked",
    "\r\nTransfer-Encoding: identity",
    "\r\nConnection: close",
    "\r\n folded",
  ),
});

/** Requests in a row of which some bytes were inserted or removed, mostly at the places where it hurts. */
export const bentRequests: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(request, { minLength: 1, maxLength: 3 }),
    fc.array(mutation, { minLength: 1, maxLength: 2 }),
  )
  .map(([requests, mutations]) => {
    let text = requests.map((one) => one.text).join("");
    for (const { where, at, remove, text: inserted } of mutations) {
      const places = where === "anywhere" ? [] : [...text.matchAll(/\r\n/g)].map((match) => match.index);
      const place = places[Math.floor(at * places.length)] ?? Math.floor(at * text.length);
      text = text.slice(0, place) + inserted + text.slice(place + remove);
    }
    return text;
  });
