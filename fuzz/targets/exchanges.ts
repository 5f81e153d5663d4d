/** One connection in clear with a fault, or with none, whatever both peers say and when. */
import { FAULT_KINDS } from "@faultwire/fault-engine";
import type { EndKind, Side } from "@faultwire/fault-session";
import { encodeClose, encodeFrame } from "@faultwire/websocket";
import {
  chunk,
  messageHead,
  post,
  sampleEvents,
  sampleFaults,
  sampleMessage,
  streamHead,
  upgrade,
  upgraded,
} from "../../packages/fault-session/test/support/sample-faults.ts";
import { scriptedPolicy } from "../../packages/fault-session/test/support/scripted-policy.ts";
import { SocketPair } from "../../packages/fault-session/test/support/socket-pair.ts";
import { deed, deedsOf, script } from "../contract/script.ts";
import { holds, type Target } from "../contract/target.ts";

const stream = `${streamHead}${sampleEvents.map(chunk).join("")}0\r\n\r\n`;
const first = (text: string, length: number): string => text.slice(0, length);
const mask = Uint8Array.of(1, 2, 3, 4);
const hello = Buffer.from("hello");
/** What the two sides of a WebSocket say. */
const spoken = [
  deed(1, 0, encodeFrame({ type: "text", payload: hello })),
  deed(0, 0, encodeFrame({ type: "text", payload: hello, mask })),
  deed(1, 0, encodeFrame({ type: "ping", payload: hello })),
  deed(0, 0, encodeFrame({ type: "pong", payload: hello, mask })),
  deed(4, 2),
  deed(1, 0, encodeFrame({ type: "text", payload: hello, fin: false })),
  deed(1, 0, encodeFrame({ type: "continuation", payload: hello })),
  deed(1, 0, encodeFrame({ type: "close", payload: encodeClose(1000) })),
  deed(4, 3),
];
const sizes = [1, 3, 17, 200, 4096, 65_536] as const;
/** What a session may hold back of one peer's bytes; see `sessionLimits`. */
const maxHeldBytes = 2_500_000;

export const target: Target = {
  maxBytes: 4000,
  maxSteps: 4_000_000,
  words: [
    first(post, 400),
    stream.slice(0, 300),
    messageHead,
    "\xf7\x00",
    "\xf7\x01",
    "\xf7\x04",
    "\xf7\x05",
    "\r\n\r\n",
    "HTTP/1.1 200 OK\r\n",
    "Content-Length: 2\r\n\r\nok",
    "Transfer-Encoding: chunked\r\n",
    "x-faultwire: none\r\n",
    "Connection: close\r\n",
    "HEAD / HTTP/1.1\r\nHost: api.test\r\n\r\n",
    "Expect: 100-continue\r\n",
    "Upgrade: websocket\r\nConnection: upgrade\r\n",
  ],
  seeds: () => [
    ...FAULT_KINDS.map((_kind, at) =>
      script([0, at + 1, 1, 4], deed(0, 0, post), deed(4, 0), deed(1, 0, stream), deed(4, 3), deed(3, 0)),
    ),
    ...FAULT_KINDS.map((_kind, at) =>
      script(
        [at + 1, 0, 0, 3],
        deed(0, 0, post + post),
        deed(1, 0, messageHead + sampleMessage),
        deed(4, 2),
        deed(1, 0, messageHead + sampleMessage),
      ),
    ),
    ...FAULT_KINDS.filter((kind) => kind.startsWith("websocket")).map((kind) =>
      script(
        [0, FAULT_KINDS.indexOf(kind) + 1, 0, 4],
        ...[deed(0, 0, upgrade), deed(1, 0, upgraded), ...spoken],
        ...[deed(3), deed(0, 0, encodeFrame({ type: "close", mask }))],
      ),
    ),
    script(
      [0, 0, 0, 5],
      deed(0, 0, "GET / HTTP/1.0\r\nHost: api.test\r\n\r\n"),
      deed(1, 0, "HTTP/1.0 200 OK\r\n\r\nto the end"),
      deed(3),
    ),
    script([0, 0, 0, 5], deed(0, 0, "not HTTP at all\r\n"), deed(1, 0, "nor this"), deed(2), deed(3)),
  ],
  run(input) {
    const [ofConnection = 0, ofRequest = 0, options = 0, size = 0] = input;
    const fault = (number: number) => {
      const kind = FAULT_KINDS[(number % (FAULT_KINDS.length + 1)) - 1];
      return kind === undefined ? null : sampleFaults[kind];
    };
    const [connection, request] = [fault(ofConnection), fault(ofRequest)];
    const policy = scriptedPolicy({
      connection: () => connection,
      request: () => request,
      needsBody: (options & 1) !== 0,
      isOneRule: (options & 2) !== 0,
      isTarget: () => (options & 4) === 0,
    });
    const pair = new SocketPair({ policy });
    const said: Record<Side, Buffer[]> = { client: [], server: [] };
    const ended: Partial<Record<Side, EndKind>> = {};
    const chunkBytes = sizes[size % sizes.length] ?? 4096;
    const say = (from: Side, bytes: Uint8Array): void => {
      if (ended[from] !== undefined || pair.isClosed) return;
      said[from].push(Buffer.from(bytes));
      pair.says(from, Uint8Array.from(bytes), chunkBytes);
    };
    const end = (from: Side, how: EndKind): void => {
      ended[from] ??= how;
      pair.ends(from, how);
    };
    for (const { what, how, bytes } of deedsOf(input.subarray(4))) {
      const side: Side = (what & 1) === 0 ? "client" : "server";
      if (what < 2) say(side, bytes);
      else if (what < 4) end(side, how === 7 ? "reset" : "fin");
      else if (what === 4) pair.timers.advance([1, 10, 100, 1000, 5000, 60_000, 0, 333][how] ?? 1);
      else if (what === 5) pair.reads("client", how > 3);
      else if (what === 6) pair.reads("server", how > 3);
      else say(side, bytes);
      for (const from of ["client", "server"] as const)
        holds(pair.session.heldBytes(from) <= maxHeldBytes, `${pair.session.heldBytes(from)} bytes are held`);
    }
    pair.reads("client", true);
    pair.reads("server", true);
    pair.timers.advance(100_000);
    const all = (bytes: readonly Uint8Array[]): string => Buffer.concat(bytes).toString("latin1");
    if (connection === null && request === null && !Object.values(ended).includes("reset")) {
      // An observer changes nothing.
      holds(
        all(said.client).startsWith(Buffer.from(pair.got("server")).toString("latin1")),
        "the upstream gets what the client said",
      );
      holds(
        all(said.server).startsWith(Buffer.from(pair.got("client")).toString("latin1")),
        "the client gets what the upstream said",
      );
      // The beginning of a head waits for the rest of it, up to the end.
      if (
        Object.keys(ended).length === 0 &&
        pair.endOf("client") === undefined &&
        pair.endOf("server") === undefined
      ) {
        end("client", "fin");
        holds(
          pair.got("server").length === all(said.client).length,
          `all that the client said goes on: ${JSON.stringify(all(said.client))}, ${JSON.stringify(all([pair.got("server")]))}, ${JSON.stringify(pair.events)}`,
        );
        end("server", "fin");
        holds(pair.got("client").length === all(said.server).length, "all that the upstream said goes on");
      }
    }
    const told = pair.events as readonly { readonly type: string; readonly message?: string }[];
    const bug = told.find(({ type }) => type === "bug" || type === "policy-bug");
    holds(bug === undefined, `no error of ours: ${bug?.message}`);
    end("client", "fin");
    end("server", "fin");
    pair.timers.advance(10_000_000);
    pair.close();
    holds(pair.timers.armed === 0, "no timer stays");
    for (const from of ["client", "server"] as const)
      holds(pair.session.heldBytes(from) === 0, "nothing is held behind the end");
    const decisions = policy.events.filter(({ type }) => type === "decision").length;
    const settled = policy.events.filter(({ type }) => type === "done" || type === "undone").length;
    holds(
      settled === decisions,
      `${decisions} faults were decided, and of ${settled} it is told what became of them`,
    );
  },
};
