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
  rules: [
    {
      what: "an alias to nothing is thrown over",
      file: `${engine}/rule-file/parse-rule-file.ts`,
      find: "data = document.toJS({ maxAliasCount: maxAliases });\n  } catch {",
      put: "data = document.toJS({ maxAliasCount: maxAliases });\n  } catch (error) {\n    if (maxAliases > 0) throw error;",
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
