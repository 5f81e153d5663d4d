/**
 * Messages of the kinds that llhttp's own suites of requests and responses are about, made here, and where our readers say
 * something else of them than llhttp does.
 */

/** A name, and what is on the wire. */
export type Case = readonly [name: string, wire: string];

const request = (head: string, body = ""): string => `${head}\r\n\r\n${body}`;
const get = (...fields: readonly string[]): string => request(["GET /a HTTP/1.1", ...fields].join("\r\n"));
const post = (fields: readonly string[], body: string): string =>
  request(["POST /a HTTP/1.1", "Host: a.test", ...fields].join("\r\n"), body);
const chunked = (body: string): string => post(["Transfer-Encoding: chunked"], body);
const whole = "5\r\nhello\r\n0\r\n\r\n";
const next = "GET /next HTTP/1.1\r\nHost: a.test\r\n\r\n";

const methods = [
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "DELETE",
  "OPTIONS",
  "PATCH",
  "TRACE",
  "PROPFIND",
  "REPORT",
  "PURGE",
  "M-SEARCH",
];
const targets = [
  "/",
  "/a/b?c=d&e#f",
  "http://a.test/",
  "http://a.test:80/x",
  "https://a.test?x",
  "*",
  "/%7e",
  "/a|b",
  "//x",
  "a",
  "/\x7f",
  "/é",
  "/a b",
];
const versions = [
  "HTTP/1.0",
  "HTTP/1.1",
  "HTTP/0.9",
  "HTTP/1.2",
  "HTTP/2.0",
  "HTTP/11.1",
  "HTTP/1",
  "http/1.1",
  "HTTP/1.01",
  "HTTP/",
  "ICE/1.0",
  "RTSP/1.0",
  "",
];
const fields = [
  "X: y",
  "X:y",
  "X:",
  "X:  y \t",
  "x-_.~!#$%&'*+^`|9: y",
  "X : y",
  " X: y",
  "X\t: y",
  ": y",
  "X",
  "(X): y",
  "X@Y: z",
  "X: a\r\n b",
  "X: a\r\n\tb",
  "X: \x01",
  "X: \x00",
  "X: \x7f",
  "X: é",
  "X: a\rb",
  "X: a\nY: b",
  "Xé: y",
  'X: "a\\"b"',
  "X Y: z",
];
const lengths = [
  "5",
  "005",
  "+5",
  "-5",
  "5 ",
  " 5",
  "5,5",
  "5, 6",
  "0x5",
  "5.0",
  "",
  "99999999999999999999",
  "5 5",
  "5\t",
];
const encodings = [
  "chunked",
  "Chunked",
  " chunked ",
  "gzip, chunked",
  "chunked, gzip",
  "chunked, chunked",
  "identity",
  "gzip",
  "xchunked",
  "chunked;q=1",
  '"chunked"',
  "",
  "chunked,",
  ",chunked",
  "chunked\t",
];
const chunkLines = [
  "5",
  "05",
  "0005",
  "5;",
  "5;a",
  "5;a=b",
  '5;a="b c"',
  "5; a=b",
  "5 ;a=b",
  "5 ",
  " 5",
  "+5",
  "-5",
  "0x5",
  "5\t",
  "5;a=\x01",
  "5g",
  "",
  "5;a=b;c",
  "FFFFFFFFFFFFFFFFFF",
  '5;a="\\""',
];

/** Requests. */
export const requestCases: readonly Case[] = [
  ...methods.map((method): Case => [`method ${method}`, request(`${method} /a HTTP/1.1\r\nHost: a.test`)]),
  ["method OPTIONS *", request("OPTIONS * HTTP/1.1\r\nHost: a.test")],
  ["method unknown", request("BREW /pot HTTP/1.1\r\nHost: a.test")],
  ["method in lower case", request("get / HTTP/1.1\r\nHost: a.test")],
  ["method with a strange letter", request("GE,T / HTTP/1.1\r\nHost: a.test")],
  ["PRI of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ...targets.map(
    (target): Case => [`target ${JSON.stringify(target)}`, request(`GET ${target} HTTP/1.1\r\nHost: a.test`)],
  ),
  ...versions.map(
    (version): Case => [`version ${JSON.stringify(version)}`, request(`GET / ${version}\r\nHost: a.test`)],
  ),
  ["two blanks in the request line", request("GET  / HTTP/1.1\r\nHost: a.test")],
  ["a tab in the request line", request("GET\t/ HTTP/1.1\r\nHost: a.test")],
  ["a blank behind the request line", request("GET / HTTP/1.1 \r\nHost: a.test")],
  ["an empty line before a request", `\r\n\r\n${get("Host: a.test")}`],
  ["a blank line before a request", ` \r\n${get("Host: a.test")}`],
  ["LF in place of CRLF", "GET / HTTP/1.1\nHost: a.test\n\n"],
  ["CR in place of CRLF", "GET / HTTP/1.1\rHost: a.test\r\r"],
  ["CR behind CRLF", "GET / HTTP/1.1\r\n\rHost: a.test\r\n\r\n"],
  ...fields.map((field): Case => [`field ${JSON.stringify(field)}`, get("Host: a.test", field, "Z: z")]),
  ...lengths.map(
    (length): Case => [`length ${JSON.stringify(length)}`, post([`Content-Length: ${length}`], "hello")],
  ),
  ["two equal lengths", post(["Content-Length: 5", "Content-Length: 5"], "hello")],
  ["two lengths", post(["Content-Length: 5", "Content-Length: 6"], "hello")],
  ["length in another case", post(["cOnTeNt-LeNgTh: 5"], "hello")],
  ["length beside chunked", post(["Content-Length: 5", "Transfer-Encoding: chunked"], whole)],
  ["chunked beside length", post(["Transfer-Encoding: chunked", "Content-Length: 5"], whole)],
  ...encodings.map(
    (encoding): Case => [
      `encoding ${JSON.stringify(encoding)}`,
      post([`Transfer-Encoding: ${encoding}`], whole),
    ],
  ),
  ["encodings on two lines", post(["Transfer-Encoding: gzip", "Transfer-Encoding: chunked"], whole)],
  [
    "encodings on two lines, chunked first",
    post(["Transfer-Encoding: chunked", "Transfer-Encoding: gzip"], whole),
  ],
  ["chunked in HTTP/1.0", request("POST / HTTP/1.0\r\nTransfer-Encoding: chunked", whole)],
  ...chunkLines.map(
    (line): Case => [`chunk line ${JSON.stringify(line)}`, chunked(`${line}\r\nhello\r\n0\r\n\r\n`)],
  ),
  ["chunk line that ends in LF", chunked("5\nhello\r\n0\r\n\r\n")],
  ["chunk that is longer than it says", chunked("4\r\nhello\r\n0\r\n\r\n")],
  ["chunk without its CRLF", chunked("5\r\nhello0\r\n\r\n")],
  ["chunk that ends in LF", chunked("5\r\nhello\n0\r\n\r\n")],
  ["last chunk of many noughts", chunked("5\r\nhello\r\n000\r\n\r\n")],
  ["trailers", chunked("5\r\nhello\r\n0\r\nT: v\r\nU: w\r\n\r\n")],
  ["trailers with a strange name", chunked("5\r\nhello\r\n0\r\nT T: v\r\n\r\n")],
  ["connection close, then more", `${get("Host: a.test", "Connection: close")}${next}`],
  ["connection keep-alive in HTTP/1.0, then more", `GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n${next}`],
  ["HTTP/1.0, then more", `GET / HTTP/1.0\r\n\r\n${next}`],
  ["connection of several tokens", `${get("Host: a.test", "Connection: keep-alive, x")}${next}`],
  ["two requests", `${get("Host: a.test")}${next}`],
  ["an empty line between two requests", `${post(["Content-Length: 5"], "hello")}\r\n${next}`],
  ["two requests with bodies", `${post(["Content-Length: 5"], "hello")}${chunked(whole)}${next}`],
  ["upgrade", get("Host: a.test", "Connection: upgrade", "Upgrade: websocket")],
  ["the end within a head", "GET / HTTP/1.1\r\nHost: a.te"],
  ["the end within a body", post(["Content-Length: 5"], "hel")],
  ["the end within a chunk", chunked("5\r\nhel")],
  ["nothing", ""],
];

const response = (status: string, headers: readonly string[], body = ""): string =>
  `${[status, ...headers].join("\r\n")}\r\n\r\n${body}`;
const ok = (headers: readonly string[], body = ""): string => response("HTTP/1.1 200 OK", headers, body);
const okNext = ok(["Content-Length: 2"], "ok");

const statusLines = [
  "HTTP/1.1 200 OK",
  "HTTP/1.1 200",
  "HTTP/1.1 200 ",
  "HTTP/1.1 200 No one's  words",
  "HTTP/1.0 200 OK",
  "HTTP/0.9 200 OK",
  "HTTP/2.0 200 OK",
  "HTTP/1.2 200 OK",
  "HTTP/11.1 200 OK",
  "http/1.1 200 OK",
  "HTTP/1.1  200 OK",
  " HTTP/1.1 200 OK",
  "HTTP/1.1 20 OK",
  "HTTP/1.1 2000 OK",
  "HTTP/1.1 2x0 OK",
  "HTTP/1.1 099 OK",
  "HTTP/1.1 999 OK",
  "HTTP/1.1 200 \x01",
  "HTTP/1.1 200 é",
  "HTTP/1.1 200\tOK",
  "RTSP/1.0 200 OK",
  "ICE/1.0 200 OK",
  "HTTP/1.1",
];

/** Responses, each to a GET. */
export const responseCases: readonly Case[] = [
  ...statusLines.map(
    (line): Case => [`status line ${JSON.stringify(line)}`, response(line, ["Content-Length: 2"], "ok")],
  ),
  ["an empty line before a response", `\r\n${okNext}`],
  ["LF in place of CRLF", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok"],
  ["CR in place of CRLF", "HTTP/1.1 200 OK\r\rContent-Length: 2\r\n\r\nok"],
  ...fields.map((field): Case => [`field ${JSON.stringify(field)}`, ok([field, "Content-Length: 2"], "ok")]),
  ...lengths.map(
    (length): Case => [`length ${JSON.stringify(length)}`, ok([`Content-Length: ${length}`], "hello")],
  ),
  ["two equal lengths", ok(["Content-Length: 5", "Content-Length: 5"], "hello")],
  ["length beside chunked", ok(["Content-Length: 5", "Transfer-Encoding: chunked"], whole)],
  ...encodings.map(
    (encoding): Case => [
      `encoding ${JSON.stringify(encoding)}`,
      ok([`Transfer-Encoding: ${encoding}`], whole),
    ],
  ),
  [
    "encodings on two lines, chunked first",
    ok(["Transfer-Encoding: chunked", "Transfer-Encoding: gzip"], whole),
  ],
  ["chunked in HTTP/1.0", response("HTTP/1.0 200 OK", ["Transfer-Encoding: chunked"], whole)],
  ...chunkLines.map(
    (line): Case => [
      `chunk line ${JSON.stringify(line)}`,
      ok(["Transfer-Encoding: chunked"], `${line}\r\nhello\r\n0\r\n\r\n`),
    ],
  ),
  ["trailers", ok(["Transfer-Encoding: chunked"], "5\r\nhello\r\n0\r\nT: v\r\n\r\n")],
  ["no length", ok([], "to the end")],
  ["no length in HTTP/1.0", response("HTTP/1.0 200 OK", [], "to the end")],
  ["204 with a length", `${response("HTTP/1.1 204 No Content", ["Content-Length: 2"])}${okNext}`],
  ["304 with a length", `${response("HTTP/1.1 304 Not Modified", ["Content-Length: 2"])}${okNext}`],
  ["304 chunked", `${response("HTTP/1.1 304 Not Modified", ["Transfer-Encoding: chunked"])}${okNext}`],
  ["connection close, then more", `${ok(["Connection: close", "Content-Length: 2"], "ok")}${okNext}`],
  ["two responses", `${okNext}${okNext}`],
  ["an empty line between two responses", `${okNext}\r\n${okNext}`],
  ["101 alone", response("HTTP/1.1 101 Switching Protocols", ["Connection: upgrade", "Upgrade: x"])],
  ["the end within a head", "HTTP/1.1 200 OK\r\nX"],
  ["the end within a body", ok(["Content-Length: 5"], "hel")],
  ["the end within a chunk", ok(["Transfer-Encoding: chunked"], "5\r\nhel")],
];
