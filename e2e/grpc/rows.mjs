/** The rows of `interop:grpc`: a fault, and what every client has to say of it. */

/** A client that has to say one of these codes, after so many messages. */
const says =
  (messages, ...codes) =>
  (said) => {
    if (said.messages !== messages) return `${said.messages} messages, expected ${messages}`;
    return codes.includes(said.code) ? undefined : `${said.code}, expected ${codes.join(" or ")}`;
  };

/** The same where a call breaks off: a library may drop messages that come with the end. */
const breaksOff =
  (most, ...codes) =>
  (said) =>
    says(Math.min(most, said.messages), ...codes)(said);

const status = (more) => `{ grpc: { status: { ${more} } } }`;
const cut = (more) => `{ grpc: { cut: { afterMessages: 1, ${more} } } }`;
const garbage = (how) => `{ grpc: { garbage: { how: ${how}, afterMessages: 1 } } }`;
const error = (more) => `{ http: { error: { ${more} } } }`;
const twice = "{ first: 2, per: client }";

/** So many attempts, each told by its number, each later than this. */
const retried =
  (messages, code, count, leastMs = 0) =>
  (said) => {
    const { attempts } = said;
    if (attempts.count !== count) return `${attempts.count} attempts, expected ${count}`;
    const wrong = attempts.waits.find(({ ms, retryCount }, at) => retryCount !== at + 1 || ms < leastMs);
    return wrong
      ? `a retry ${JSON.stringify(wrong)}, expected ${leastMs} ms or more`
      : says(messages, code)(said);
  };

const text = "später, 50 %";
const both =
  (...checks) =>
  (said) =>
    checks.map((check) => check(said)).find((problem) => problem !== undefined);
const hasText = (said) =>
  said.text === text ? undefined : `the text ${JSON.stringify(said.text)}, expected ${text}`;
/** Read by Google's own code where there is one, else the bytes that were handed over. */
const hasRetryInfo = (ms) => (said) =>
  said.retryInfo === `${ms} ms` || /^\d+ bytes$/.test(said.retryInfo)
    ? undefined
    : `RetryInfo ${JSON.stringify(said.retryInfo)}, expected ${ms} ms`;

/** @type {readonly { name: string, fault?: string, when?: string, isRetried?: boolean, check: (said: object) => string | undefined }[]} */
export const rows = [
  { name: "no fault", check: says(3, "OK") },
  {
    name: "`status` UNAVAILABLE with RetryInfo, at once",
    fault: status(`code: UNAVAILABLE, message: "${text}", retryInfo: 1.5s`),
    check: both(says(0, "UNAVAILABLE"), hasText, hasRetryInfo(1500)),
  },
  {
    name: "`status` RESOURCE_EXHAUSTED behind two messages",
    fault: status(`code: 8, message: "${text}", afterMessages: 2`),
    check: both(says(2, "RESOURCE_EXHAUSTED"), hasText),
  },
  {
    name: "`status` UNAUTHENTICATED behind the head",
    fault: status("code: 16, afterMessages: 0"),
    check: says(0, "UNAUTHENTICATED"),
  },
  { name: "`status` 99", fault: status("code: 99"), check: says(0, "UNKNOWN", "99") },
  {
    name: "`status` OK behind one message",
    fault: status("code: OK, afterMessages: 1"),
    check: says(1, "OK"),
  },
  { name: "`cut` by RST_STREAM", fault: cut("stop: reset"), check: breaksOff(1, "INTERNAL") },
  { name: "`cut` in mid-message", fault: cut("midMessage: true"), check: breaksOff(1, "INTERNAL") },
  { name: "`cut`: no-trailers", fault: cut("stop: no-trailers"), check: breaksOff(1, "INTERNAL", "UNKNOWN") },
  {
    name: "`cut` by a FIN",
    fault: cut("stop: fin"),
    check: breaksOff(1, "UNAVAILABLE"),
  },
  {
    name: "`garbage`: compressed-flag",
    fault: garbage("compressed-flag"),
    check: breaksOff(1, "INTERNAL", "no code"),
  },
  {
    name: "`garbage`: reserved-flag",
    fault: garbage("reserved-flag"),
    check: () => undefined,
  },
  {
    name: "`garbage`: oversized-length",
    fault: garbage("oversized-length"),
    check: breaksOff(1, "RESOURCE_EXHAUSTED", "INTERNAL"),
  },
  {
    name: "`garbage`: long-length",
    fault: garbage("long-length"),
    check: (said) =>
      said.messages >= 1 && said.code !== "UNAVAILABLE"
        ? undefined
        : `${said.messages} messages, ${said.code}`,
  },
  { name: "`http.error`, 503", fault: error("status: 503, body: busy"), check: says(0, "UNAVAILABLE") },
  { name: "`http.error`, 401", fault: error("status: 401, body: who"), check: says(0, "UNAUTHENTICATED") },
  { name: "`http.error`, 500", fault: error("status: 500, body: oops"), check: says(0, "UNKNOWN") },
  {
    name: "`http.error`, `gemini/RESOURCE_EXHAUSTED` with `retryAfter: 3s`",
    fault: error("preset: gemini/RESOURCE_EXHAUSTED, retryAfter: 3s"),
    check: both(says(0, "RESOURCE_EXHAUSTED"), hasRetryInfo(3000)),
  },
  {
    name: "`http.error`, 502 with a page of HTML",
    fault: error('status: 502, body: "<h1>Bad Gateway</h1>", headers: { content-type: text/html }'),
    check: says(0, "UNAVAILABLE"),
  },
  { name: "`http.empty`", fault: "{ http: { empty: true } }", check: says(0, "INTERNAL") },
  {
    name: "UNAVAILABLE twice, with a retry policy",
    fault: status("code: UNAVAILABLE"),
    when: twice,
    isRetried: true,
    check: retried(3, "OK", 3),
  },
  {
    name: "the same with `pushback: 400ms`",
    fault: status("code: UNAVAILABLE, pushback: 400ms"),
    when: twice,
    isRetried: true,
    check: retried(3, "OK", 3, 390),
  },
  {
    name: "the same with `pushback: never`",
    fault: status("code: UNAVAILABLE, pushback: never"),
    when: twice,
    isRetried: true,
    check: retried(0, "UNAVAILABLE", 1),
  },
  {
    name: "UNAVAILABLE behind a message, with a retry policy",
    fault: status("code: UNAVAILABLE, afterMessages: 1"),
    when: twice,
    isRetried: true,
    check: retried(1, "UNAVAILABLE", 1),
  },
  {
    name: "`http.error`, 503, twice, with a retry policy",
    fault: error("status: 503"),
    when: twice,
    isRetried: true,
    check: retried(3, "OK", 3),
  },
];

/** What the report has to say of these calls. */
export const findings = [
  "pass: waits as UNAVAILABLE with a pushback asks",
  "pass: does not retry UNAVAILABLE that forbids retries",
  "pass: does not retry UNAUTHENTICATED",
];
