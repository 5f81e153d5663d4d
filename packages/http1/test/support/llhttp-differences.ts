/** Where our readers say something else than llhttp, and why. The README's table is made of it. */

/** Cases with one reason. */
export interface Difference {
  /** `stricter`: llhttp takes it and we don't. `wider`: the other way round. `other`: both take it, as different things. */
  readonly how: "stricter" | "wider" | "other";
  readonly cases: readonly string[];
  /** Only llhttp before 9.4 does so, which Node 20 has. */
  readonly isOld?: true;
  readonly why: string;
}

const codings =
  "A coding that is no plain name, that is said twice, or that stands behind `chunked`, is read by some as the length and by others as none.";
const versions = "Only HTTP/1.0 and 1.1 have the framing that is read here.";
const emptyMember =
  "An empty member of `Transfer-Encoding` makes llhttp take a body for one without a length.";
const tab =
  "RFC 9110 section 5.6.3 has a tab for white space, which is no part of a value; llhttp takes only blanks off.";

export const requestDifferences: readonly Difference[] = [
  {
    how: "wider",
    cases: ["method unknown", "method in lower case"],
    why: "Any token is a method (RFC 9110 section 9.1); no length hangs on it. llhttp has a list.",
  },
  {
    how: "wider",
    cases: ['target "/é"'],
    why: "Clients send bytes from 0x80 on where they don't encode a path; no length hangs on them.",
  },
  { how: "wider", cases: ['length "5\\t"'], isOld: true, why: tab },
  { how: "wider", cases: ['encoding "chunked\\t"'], why: tab },
  {
    how: "wider",
    cases: ["CR in place of CRLF"],
    why: "A line is judged when its LF is there, or its limit is reached. Up to then nothing of it goes on.",
  },
  {
    how: "stricter",
    cases: ['target "*"'],
    why: "`*` is for OPTIONS alone (RFC 9112 section 3.2.4).",
  },
  {
    how: "stricter",
    cases: ['version "HTTP/0.9"', 'version "HTTP/2.0"', 'version "RTSP/1.0"'],
    why: versions,
  },
  {
    how: "stricter",
    cases: ["two blanks in the request line"],
    why: "Readers that split at blanks find another target than those that split at the first and the last.",
  },
  { how: "stricter", cases: ['encoding ""'], isOld: true, why: emptyMember },
  { how: "stricter", cases: ['encoding ",chunked"'], why: emptyMember },
  {
    how: "stricter",
    cases: ["chunked in HTTP/1.0"],
    why: "A reader of HTTP/1.0 knows no chunks, and takes the body for something else (RFC 9112 section 6.1).",
  },
];

export const responseDifferences: readonly Difference[] = [
  { how: "wider", cases: ['length "5\\t"'], isOld: true, why: tab },
  {
    how: "other",
    cases: ['encoding "chunked\\t"'],
    why: `${tab} So it reads this body up to the end of the connection, and we read chunks.`,
  },
  {
    how: "stricter",
    cases: [
      'status line "HTTP/0.9 200 OK"',
      'status line "HTTP/2.0 200 OK"',
      'status line "RTSP/1.0 200 OK"',
      'status line "ICE/1.0 200 OK"',
    ],
    why: versions,
  },
  {
    how: "stricter",
    cases: ['status line "HTTP/1.1 099 OK"', 'status line "HTTP/1.1 200 \\u0001"'],
    why: "No status begins with 0, and no reason holds control characters (RFC 9112 section 4).",
  },
  {
    how: "stricter",
    cases: ["an empty line before a response", "an empty line between two responses"],
    why: "An empty line may stand before a request only (RFC 9112 section 2.2); before a response it is a body that is longer than it says.",
  },
  {
    how: "stricter",
    cases: ["CR in place of CRLF"],
    isOld: true,
    why: "A CR alone ends no line (RFC 9112 section 2.2).",
  },
  {
    how: "stricter",
    cases: [
      'encoding "chunked, gzip"',
      'encoding "chunked, chunked"',
      'encoding "chunked;q=1"',
      'encoding "\\"chunked\\""',
      "encodings on two lines, chunked first",
    ],
    why: codings,
  },
  { how: "stricter", cases: ['encoding ""'], isOld: true, why: emptyMember },
  { how: "stricter", cases: ['encoding "chunked,"', 'encoding ",chunked"'], why: emptyMember },
  {
    how: "stricter",
    cases: ["chunked in HTTP/1.0"],
    why: "A reader of HTTP/1.0 knows no chunks, and takes the body for something else (RFC 9112 section 6.1).",
  },
];
