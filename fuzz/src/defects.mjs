// Defects that are put in on purpose, by target: what stands in a file, and what is put in its place. Where a text is not
// found any more, because the code has changed, `npm run fuzz -- --prove` says so.

const engine = "packages/fault-engine/src";

export const defects = {
  bridge: [
    {
      what: "a record that can't be opened is an error of ours",
      file: "packages/tls-bridge/src/bridge/bridge-failure.ts",
      find: "if (error instanceof TlsBridgeError && error.alertDescription !== undefined)",
      put: "if (error === null)",
    },
  ],
  codings: [
    {
      what: "what is coded anew is not flushed before a cut",
      file: "packages/runtime/src/codings/content-codings.ts",
      find: "this.#write(content, this.#opener.engines.flush.sync)",
      put: "this.#write(content, this.#opener.engines.flush.process & 0)",
    },
    {
      what: "a coding that breaks off ends as a whole one",
      file: `${engine}/machines/coded-machine.ts`,
      find: 'coded.push(isEnd && this.#failure !== null ? { kind: "close" } : action);',
      put: "coded.push(action);",
    },
  ],
  "event-log": [
    {
      what: "a line that can't be read is the end of the rest",
      file: `${engine}/events/read-event-log.ts`,
      find: 'if (typeof read === "string") problems.push(',
      put: 'if (typeof read === "string") throw new FaultEngineError("invalid-events", read);\n    if (typeof read === "string") problems.push(',
    },
  ],
  exchanges: [
    {
      what: "the line in which a client ends is lost",
      file: "packages/fault-session/src/http/http-exchanges.ts",
      find: "// The line in which the client ended: a head's, or a chunk's.\n    for (const { bytes } of this.#requests.becomeOpaque()) this.#port.toServer(bytes);",
      put: "",
    },
  ],
  formats: [
    {
      what: "a quote inside a text ends it, escaped or not",
      file: `${engine}/formats/json-array/json-array-reader.ts`,
      find: "if (this.#isEscaped) this.#isEscaped = false;",
      put: "if (this.#isEscaped && at > from) this.#isEscaped = false;",
    },
  ],
  front: [
    {
      what: "a request of SOCKS is read before all of it is there",
      file: "apps/proxy/src/front/socks-front.ts",
      find: "if (said.length < Math.max(end, 5)) return 0;",
      put: "",
    },
  ],
  handshake: [
    {
      what: "alerts without a limit",
      file: "packages/handshake-fsm/src/tracker/logbook.ts",
      find: "if (this.#alerts.length >= MAX_ALERTS) return;",
      put: "",
    },
  ],
  header: [
    {
      what: "an alias in a header is let be, and thrown over",
      file: `${engine}/rule-file/header-fault.ts`,
      find: "if (extra !== undefined) return",
      put: "if (extra === null) return",
    },
  ],
  http2: [
    {
      what: "a table's entries are counted one too far",
      file: "packages/http2/src/hpack/hpack-decoder.ts",
      find: "this.#table.at(index - staticTable.length - 1)",
      put: "this.#table.at(index - staticTable.length)",
    },
  ],
  http1: [
    {
      what: "a byte of an unfinished line is not looked at",
      file: "packages/http1/src/message-reader.ts",
      find: "this.#searched = lf === -1 ? data.length - from : 0;",
      put: "this.#searched = lf === -1 ? data.length - from + 1 : 0;",
    },
    {
      what: "a turn of a loop that reads nothing",
      file: "packages/http1/src/message-reader.ts",
      find: "if (end === from && this.#rules.skipsEmptyLines) continue;",
      put: "if (end === from && this.#rules.skipsEmptyLines) { section.lineStart = 0; continue; }",
    },
  ],
  "http2-exchanges": [
    {
      what: "faults of the connection that have not come are not settled at its end",
      file: "packages/fault-session/src/http2/http2-exchanges.ts",
      find: "this.#striker.finish();",
      put: "",
    },
  ],
  mock: [
    {
      what: "a script's tokens are any number",
      file: "packages/llm-mock/src/script/parse-script.ts",
      find: "value <= 1e9 && (!whole || Number.isInteger(value))",
      put: "value <= 1e9",
    },
  ],
  recordings: [
    {
      what: "what was heard is kept in the memory of the one who said it",
      file: "packages/recordings/src/exchange-tap.ts",
      find: "place(going)?.push(new Uint8Array(bytes));",
      put: "place(going)?.push(bytes);",
    },
    {
      what: "a frame's time may be no number",
      file: "packages/recordings/src/recording-file.ts",
      find: "!(atMs >= 0 && atMs < Infinity)",
      put: "!(atMs >= 0)",
    },
  ],
  replay: [
    {
      what: "a request behind the end of the connection is answered",
      file: "packages/recordings/src/replay-connection.ts",
      find: "this.#isOver = true;\n    this.#forget();\n    if (end",
      put: "if (end",
    },
  ],
  rules: [
    {
      what: "what is no YAML has no place",
      file: `${engine}/rule-file/open-yaml.ts`,
      find: "line, column: col, message: yamlProblem(fault)",
      put: "line: line - 1, column: col, message: yamlProblem(fault)",
    },
  ],
  sse: [
    {
      what: "an LF behind a CR counts as a line of its own",
      file: `${engine}/formats/sse/sse-reader.ts`,
      find: "} else this.#skipsLf = true;",
      put: "}",
    },
  ],
  "tls-parser": [
    {
      what: "bytes behind the last value are let be",
      file: "packages/tls-parser/src/wire/byte-reader.ts",
      find: 'if (this.offset !== this.end) this.fail("trailing-bytes"',
      put: 'if (this.offset > this.end) this.fail("trailing-bytes"',
    },
  ],
  tunnel: [
    {
      what: "a tunnel that is closed keeps its timers",
      file: "packages/tunnel/src/tunnels.ts",
      find: 'for (const tunnel of this.#table.values()) this.#ended(tunnel, "shutdown");',
      put: "",
    },
  ],
  grpc: [
    {
      what: "a prefix that comes in parts is taken from the last of them",
      file: "packages/grpc/src/message-reader.ts",
      find: "bytes: isHeld ? this.#held.slice() : chunk.subarray(from, from + taken),",
      put: "bytes: chunk.subarray(from, from + taken),",
    },
  ],
  websocket: [
    {
      what: "a header that comes in parts is not waited for",
      file: "packages/websocket/src/frame-reader.ts",
      find: "let needed = held < 2 ? 2 : headerBytes(this.#held[1]!);",
      put: "let needed = 2;",
    },
  ],
};
