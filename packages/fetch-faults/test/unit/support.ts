/** A `fetch` that answers what a test says, in parts of so many bytes, and a clock that is turned by hand. */
import type { EngineEvent } from "@faultwire/fault-engine";
import { chunksOf } from "@faultwire/testkit/chunkers";
import { manualTimers } from "@faultwire/testkit/manual-timers";
import { type FaultyFetchOptions, type Fetch, faultyFetch } from "../../src/index.ts";

export const url = "https://api.anthropic.com/v1/messages";
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What the upstream answers. */
export interface Upstream {
  readonly body: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly chunkBytes?: number;
  /** Fails the body behind its last part. */
  readonly failure?: Error;
}

export interface Call {
  readonly input: Parameters<Fetch>[0];
  readonly init: Parameters<Fetch>[1];
}

/** Lets everything happen that waits for no time. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export function rigOf(rule: string, upstream: Upstream, more: Partial<FaultyFetchOptions> = {}) {
  const timers = manualTimers();
  const events: EngineEvent[] = [];
  const calls: Call[] = [];
  const state = { cancelled: [] as unknown[], pulled: 0 };
  const inner: Fetch = async (input, init) => {
    calls.push({ input, init });
    if (init?.signal?.aborted) throw init.signal.reason;
    const parts = chunksOf(utf8(upstream.body), upstream.chunkBytes ?? 1_000_000);
    const left = [...parts];
    const stream = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          state.pulled++;
          const part = left.shift();
          if (part) controller.enqueue(part.slice());
          else if (upstream.failure) controller.error(upstream.failure);
          else controller.close();
        },
        cancel: (reason) => {
          state.cancelled.push(reason);
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(stream, { status: upstream.status ?? 200, headers: { ...upstream.headers } });
  };
  const fetch = faultyFetch(inner, {
    rules: `{ version: 1, rules: [{ name: r, ${rule} }] }`,
    seed: 7,
    clock: { now: timers.now, after: timers.after, wallNow: () => Date.UTC(2026, 0, 1) },
    onEvent: (event) => events.push(event),
    onBug: (_, message) => {
      throw new Error(message);
    },
    ...more,
  });
  /** What was told, in short. */
  const told = (): string[] =>
    events.flatMap((event) => {
      switch (event.type) {
        case "done":
          return [event.instead === undefined ? "done" : `done: ${event.instead}`];
        case "undone":
          return [`undone: ${event.reason}`];
        case "response":
          return [`${event.injected ? "injected " : ""}${event.status}`];
        case "end":
          return [event.how];
        default:
          return [];
      }
    });
  return { fetch, timers, events, calls, state, told };
}

/** What a caller sees of a call. */
export interface Seen {
  readonly status: number | null;
  readonly headers: Headers;
  readonly parts: readonly (readonly [atMs: number, text: string])[];
  readonly text: string;
  readonly failure: unknown;
  /** When the head came. */
  readonly headAtMs: number;
}

/** Makes a call and turns the clock until it is over, or so many ms have passed. */
export async function see(
  { fetch, timers }: Pick<ReturnType<typeof rigOf>, "fetch" | "timers">,
  init: Parameters<Fetch>[1] = { method: "POST", body: "{}" },
  patienceMs = 1_000_000,
): Promise<Seen> {
  const seen = {
    status: null as number | null,
    headers: new Headers(),
    parts: [] as [number, string][],
    text: "",
    failure: undefined as unknown,
    headAtMs: -1,
  };
  let isOver = false;
  const run = async (): Promise<void> => {
    const decoder = new TextDecoder();
    try {
      const response = await fetch(url, init);
      seen.status = response.status;
      seen.headers = response.headers;
      seen.headAtMs = timers.now();
      const reader = response.body?.getReader();
      for (;;) {
        const next = await reader?.read();
        if (!next || next.done) break;
        const text = decoder.decode(next.value, { stream: true });
        seen.parts.push([timers.now(), text]);
        seen.text += text;
      }
    } catch (error) {
      seen.failure = error;
    }
    isOver = true;
  };
  void run();
  const until = timers.now() + patienceMs;
  for (;;) {
    await settled();
    if (isOver) return seen;
    if (timers.armed === 0 || timers.now() >= until) throw new Error("the call hangs");
    timers.advance(1);
    if (timers.now() > 5_000) timers.advance(500);
  }
}
