import { encodeEvent, type FaultMachine, type MachineContext, type StreamAction } from "../../src/index.ts";

const json = (name: string, value: object): string =>
  Buffer.from(encodeEvent(name, JSON.stringify({ type: name, ...value }))).toString();

/** The events of an answer as Anthropic's API sends it; every one as a text. */
export const anthropicEvents: readonly string[] = [
  json("message_start", { message: { id: "msg_1", role: "assistant", content: [], stop_reason: null } }),
  json("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
  json("ping", {}),
  json("content_block_delta", { index: 0, delta: { type: "text_delta", text: "Grüße" } }),
  json("content_block_delta", { index: 0, delta: { type: "text_delta", text: ", 世界" } }),
  json("content_block_stop", { index: 0 }),
  json("message_delta", { delta: { stop_reason: "end_turn" }, usage: { output_tokens: 7 } }),
  json("message_stop", {}),
];

export const context = (more: Partial<MachineContext> = {}): MachineContext => ({
  startMs: 0,
  random: () => 0.5,
  provider: null,
  requestId: "req_1",
  format: "sse",
  path: "",
  bodyBytes: null,
  ...more,
});

/** An action, its moment, and bytes as text. */
export type Seen = readonly [atMs: number, what: string];

const seenOf = (atMs: number, action: StreamAction): Seen => [
  atMs,
  action.kind === "bytes" ? Buffer.from(action.bytes).toString() : `<${action.kind}>`,
];

/**
 * Runs a machine on a clock that jumps from one moment to the next: a chunk every `everyMs`, then the end, then
 * whatever the machine still waits for, up to `untilMs`. Bytes are added to `raw`, too: a chunk may end in mid-character.
 */
export function drive(
  machine: FaultMachine,
  chunks: readonly (string | Uint8Array)[],
  { everyMs = 0, untilMs = 1_000_000, finish = true, raw = [] as Uint8Array[] } = {},
): Seen[] {
  const seen: Seen[] = [];
  const note = (atMs: number, actions: readonly StreamAction[]): void => {
    for (const action of actions) {
      seen.push(seenOf(atMs, action));
      if (action.kind === "bytes") raw.push(action.bytes.slice());
    }
  };
  const wakeUntil = (limitMs: number): void => {
    for (let guard = 0; guard < 10_000; guard++) {
      const wakeAtMs = machine.wakeAtMs;
      if (wakeAtMs === undefined || wakeAtMs > limitMs) return;
      note(wakeAtMs, machine.wake(wakeAtMs));
    }
    throw new Error("the machine never rests");
  };
  let nowMs = 0;
  for (const chunk of chunks) {
    wakeUntil(nowMs);
    // The caller may reuse its buffer: what the machine keeps has to be its own.
    const buffer = typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk.slice();
    note(nowMs, machine.push(buffer, nowMs));
    buffer.fill(0x2a);
    nowMs += everyMs;
  }
  if (finish) {
    const endMs = Math.max(0, nowMs - everyMs);
    note(endMs, machine.finish(endMs));
  }
  wakeUntil(untilMs);
  return seen;
}

/** All bytes of a run and how it ended. */
export function resultOf(seen: readonly Seen[]): { text: string; end: string | undefined } {
  const isEnd = (what: string): boolean => /^<(?:end|close|reset)>$/.test(what);
  return {
    text: seen.map(([, what]) => (isEnd(what) ? "" : what)).join(""),
    end: seen.map(([, what]) => what).find(isEnd),
  };
}
