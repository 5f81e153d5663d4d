/** The Fault proxy's calls: each is answered once, nothing throws, nothing stays, whatever comes in whatever order. */
import { FAULT_KINDS } from "@faultwire/fault-engine";
import type { Side } from "@faultwire/fault-session";
import { manualTimers } from "@faultwire/testkit/manual-timers";
import { handshakeVectors } from "@faultwire/testkit/tls-vectors";
import { Tunnels } from "@faultwire/tunnel";
import {
  chunk,
  messageHead,
  post,
  sampleEvents,
  sampleFaults,
  sampleMessage,
  streamHead,
} from "../../packages/fault-session/test/support/sample-faults.ts";
import { scriptedPolicy } from "../../packages/fault-session/test/support/scripted-policy.ts";
import { deed, deedsOf, script } from "../contract/script.ts";
import { holds, type Target } from "../contract/target.ts";

const stream = `${streamHead}${sampleEvents.map(chunk).join("")}0\r\n\r\n`;
const maxTunnels = 20;
const maxWriteBytes = 8192;
const other = (side: Side): Side => (side === "client" ? "server" : "client");

export const target: Target = {
  maxBytes: 4000,
  maxSteps: 4_000_000,
  words: [
    post,
    stream.slice(0, 300),
    messageHead,
    "\xf7\x00",
    "\xf7\x01",
    "\xf7\x02",
    "\xf7\x03",
    "\xf7\x04",
    "\xf7\x05\xf7\x06",
    "HEAD / HTTP/1.1\r\n",
    "\r\n\r\n",
  ],
  seeds: () => [
    ...FAULT_KINDS.map((_kind, at) =>
      script(
        [0, at + 1, 1],
        deed(0, 0, post),
        deed(2),
        deed(4, 1),
        deed(1, 0, stream),
        deed(3),
        deed(4, 3),
        deed(3),
        deed(1, 1, stream),
        deed(3),
        deed(4, 5),
      ),
    ),
    ...FAULT_KINDS.map((_kind, at) =>
      script(
        [at + 1, 0, 0],
        deed(0, 0, post),
        deed(2),
        deed(1, 0, messageHead + sampleMessage),
        deed(3),
        deed(4, 4),
        deed(5),
      ),
    ),
    ...FAULT_KINDS.map((_kind, at) =>
      script([0, at + 1, 8], deed(0, 0, post), deed(2), deed(1, 0, messageHead + sampleMessage)),
    ),
    ...handshakeVectors()
      .slice(0, 6)
      .map(({ chunks }, at) =>
        script(
          [at, 0, 1],
          ...chunks
            .slice(0, 6)
            .flatMap(({ from, bytes }) => [
              deed(from === "client" ? 0 : 1, 0, bytes.subarray(0, 600)),
              deed(from === "client" ? 2 : 3),
            ]),
        ),
      ),
  ],
  async run(input) {
    const [ofConnection = 0, ofRequest = 0, options = 0] = input;
    const fault = (number: number) => {
      const kind = FAULT_KINDS[(number % (FAULT_KINDS.length + 1)) - 1];
      return kind === undefined ? null : sampleFaults[kind];
    };
    const timers = manualTimers();
    const bugs: string[] = [];
    const [connection, request] = [fault(ofConnection), fault(ofRequest)];
    const tunnels = new Tunnels({
      policy: scriptedPolicy({
        connection: () => connection,
        request: () => request,
        isTarget: () => (options & 4) === 0,
        needsBody: (options & 2) !== 0,
      }),
      timers,
      userAgent: "faultwire/fuzz",
      registeredSides: () => ((options & 1) === 1 ? ["server", "client"] : ["server"]),
      onEvent: (event) => {
        if (event.type === "bug") bugs.push(event.message);
      },
      maxTunnels,
    });
    const echoes: Record<Side, Uint8Array[]> = { client: [], server: [] };
    const held = new Map<string, () => void>();
    const call = (side: Side, kind: "read" | "write", part: Uint8Array, id: string): void => {
      const name = `${id} ${side} ${kind}`;
      // The host waits for the answer before it reads on in that direction.
      if (held.has(name)) return;
      const from = kind === "read" ? side : other(side);
      let answers = 0;
      held.set(name, () => {});
      const cancel = tunnels.handle({ id, side, kind, chunk: part }, ({ action }) => {
        answers++;
        holds(answers === 1, `${name} was answered twice`);
        held.delete(name);
        const echo = action.case === "replace" ? action.value.modifiedChunk : undefined;
        if (kind === "read" && echo && echo.length > 0) echoes[from].push(echo);
        // The host offers again what was not taken.
        if (kind === "write" && echo?.length === 0) echoes[from].unshift(part);
      });
      if (held.has(name)) held.set(name, cancel);
    };
    for (const { what, how, bytes } of deedsOf(input.subarray(3))) {
      const id = how > 5 ? `t${how}` : "t";
      const side: Side = (what & 1) === 0 ? "client" : "server";
      if (what < 2 || what > 6) call(side, "read", Uint8Array.from(bytes), id);
      else if (what < 4) {
        const echo = echoes[side].shift();
        if (echo) {
          const size = how === 0 ? maxWriteBytes : 1 + how * 40;
          if (echo.length > size) echoes[side].unshift(echo.subarray(size));
          call(other(side), "write", Uint8Array.from(echo.subarray(0, size)), id);
        } else if (bytes.length > 0) call(other(side), "write", Uint8Array.from(bytes), id);
      } else if (what === 4) timers.advance([1, 10, 100, 1000, 5000, 60_000, 0, 333][how] ?? 1);
      else if (what === 5) [...held.values()][how % 2]?.();
      else tunnels.drain();
      if (how === 5) await new Promise((resolve) => setImmediate(resolve));
      holds(tunnels.size <= maxTunnels, `${tunnels.size} tunnels are known`);
      holds(timers.armed <= 200, `${timers.armed} timers are armed`);
    }
    // A plugin that stops waits for what is under way, or is stopped in the middle of it.
    if ((options & 8) === 0) {
      timers.advance(120_000);
      tunnels.drain();
      timers.advance(120_000);
    }
    tunnels.close();
    holds(timers.armed === 0, "no timer stays");
    holds(tunnels.size === 0, "no tunnel stays");
    holds(bugs.length === 0, `no error of ours: ${bugs[0]}`);
  },
};
