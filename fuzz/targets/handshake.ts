/** The machine that follows a handshake: never throws, says little, and the same at any chunking. */
import { type HandshakeEvent, HandshakeTracker, transitions } from "@faultwire/handshake-fsm";
import { handshakeVectors } from "@faultwire/testkit/tls-vectors";
import { deed, deedsOf, script } from "../contract/script.ts";
import { chunked, holds, same, type Target } from "../contract/target.ts";

const maxMessageBytes = 2000;
const maxPendingBytes = 2 * (5 + 18_432 + 4 + maxMessageBytes);
const lossy = [undefined, "client", "server", "both"] as const;

export const target: Target = {
  maxBytes: 3000,
  maxSteps: 600_000,
  words: [
    "\x16\x03\x01",
    "\x16\x03\x03",
    "\x15\x03\x03\x00\x02",
    "\x14\x03\x03\x00\x01\x01",
    "\x17\x03\x03",
    "\xf7\x00",
    "\xf7\x01",
  ],
  seeds: () =>
    handshakeVectors().map(({ chunks }) =>
      script(
        [0],
        ...chunks
          .slice(0, 8)
          .map(({ from, bytes }) => deed(from === "client" ? 0 : 1, 0, bytes.subarray(0, 700))),
      ),
    ),
  run(input) {
    const option = lossy[(input[0] ?? 0) & 3];
    const deeds = deedsOf(input.subarray(1));
    const follow = (cut: number | undefined): { events: readonly unknown[]; state: string } => {
      const tracker = new HandshakeTracker({
        now: () => 0,
        maxMessageBytes,
        ...(option && { lossy: option }),
      });
      const events: HandshakeEvent[] = [];
      for (const { what, bytes } of deeds)
        for (const chunk of cut === undefined ? [bytes.slice()] : chunked(bytes, cut)) {
          events.push(...tracker.push((what & 1) === 0 ? "client" : "server", chunk));
          chunk.fill(0);
          holds(tracker.pendingBytes <= maxPendingBytes, `${tracker.pendingBytes} bytes are kept`);
        }
      events.push(...tracker.end());
      const { state, history, alerts } = tracker.summary();
      holds(Object.keys(transitions).includes(state), "a state that the table knows");
      holds(history.length <= 100 && alerts.length <= 8, "a summary is short");
      holds(
        events.filter(({ kind }) => kind === "violation").length <= 16,
        "violations are told a few times",
      );
      holds(events.filter(({ kind }) => kind === "established").length <= 1, "established once");
      holds(events.at(-1)?.kind === "closed", "closed comes last");
      return { events: events.map((event) => ("hello" in event ? event.kind : event)), state };
    };
    same(follow((input[0] ?? 0) >> 2), follow(undefined), "any chunking says the same");
  },
};
