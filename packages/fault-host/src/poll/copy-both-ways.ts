import { CopyBuffer } from "./copy-buffer.ts";
import { BrokenSocket, PENDING, type PollStream, StreamError, Task, type Waker } from "./poll.ts";

/** How a copy ended. */
export type CopyOutcome =
  | { readonly kind: "ended"; readonly fromClient: number; readonly fromUpstream: number }
  | { readonly kind: "failed"; readonly reason: string };

/** A running copy. */
export interface RunningCopy {
  /** Settles when the tunnel is over and both streams have been given up. Never rejects. */
  readonly finished: Promise<CopyOutcome>;
  /** Gives both streams up now. */
  stop(): void;
}

type Direction = {
  readonly source: PollStream;
  readonly sink: PollStream;
  buffer: CopyBuffer;
  state: { readonly kind: "running" } | { readonly kind: "ended"; readonly bytes: number } | Failed;
};
type Failed = { readonly kind: "failed"; readonly reason: string; readonly isSocketBroken: boolean };

/** Polls one direction on; its FIN goes out when it ends. */
function pollDirection(direction: Direction, waker: Waker): void {
  try {
    const copied = direction.buffer.poll(waker, direction.source, direction.sink);
    if (copied === PENDING) return;
    direction.sink.shutdown();
    direction.state = { kind: "ended", bytes: copied };
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    direction.state = {
      kind: "failed",
      reason: error.message,
      isSocketBroken: error instanceof BrokenSocket,
    };
  }
}

function start(
  client: PollStream,
  upstream: PollStream,
  pollPair: (up: Direction, down: Direction, waker: Waker) => CopyOutcome | undefined,
): RunningCopy {
  const running = { kind: "running" } as const;
  const up: Direction = { source: client, sink: upstream, buffer: new CopyBuffer(), state: running };
  const down: Direction = { source: upstream, sink: client, buffer: new CopyBuffer(), state: running };
  let finish!: (outcome: CopyOutcome) => void;
  const finished = new Promise<CopyOutcome>((resolve) => {
    finish = resolve;
  });
  const end = (outcome: CopyOutcome): void => {
    task.stop();
    client.drop();
    upstream.drop();
    finish(outcome);
  };
  const task = new Task(() => {
    const outcome = pollPair(up, down, task);
    if (outcome) end(outcome);
    return outcome !== undefined;
  });
  task.wake();
  return { finished, stop: () => end({ kind: "failed", reason: "the host was closed" }) };
}

const failed = ({ reason }: Failed): CopyOutcome => ({ kind: "failed", reason });

const outcomeOf = (up: Direction, down: Direction): CopyOutcome | undefined => {
  if (up.state.kind === "running" || down.state.kind === "running") return undefined;
  if (up.state.kind === "failed") return failed(up.state);
  if (down.state.kind === "failed") return failed(down.state);
  return { kind: "ended", fromClient: up.state.bytes, fromUpstream: down.state.bytes };
};

/**
 * Copies both ways as a CONNECT tunnel does: until *both* directions are over, however the first one ended. One
 * task polls both, so whatever wakes one direction wakes the other too.
 *
 * @param endsWithSocket Whether both are over when one of the two sockets is broken. The binary leaves the other end
 *   hanging then.
 */
export function copyUntilBothEnd(
  client: PollStream,
  upstream: PollStream,
  endsWithSocket: boolean = false,
): RunningCopy {
  let turn = 0;
  return start(client, upstream, (up, down, waker) => {
    const order = turn++ % 2 === 0 ? [up, down] : [down, up];
    for (const direction of order) {
      if (direction.state.kind === "running") pollDirection(direction, waker);
      const { state } = direction;
      if (endsWithSocket && state.kind === "failed" && state.isSocketBroken) return failed(state);
    }
    return outcomeOf(up, down);
  });
}

/**
 * Copies both ways as a TCP mapping does: until one direction fails or both have ended. When one ends, the copy of
 * the other is thrown away and begun anew, with whatever its buffer held.
 */
export function copyUntilOneFails(client: PollStream, upstream: PollStream): RunningCopy {
  return start(client, upstream, (up, down, waker) => {
    for (;;) {
      // Which of two ready directions is seen first is a matter of chance in the host.
      const order = Math.random() < 0.5 ? [up, down] : [down, up];
      const before = order.filter(({ state }) => state.kind === "running");
      for (const direction of before) {
        pollDirection(direction, waker);
        if (direction.state.kind !== "running") break;
      }
      if (up.state.kind === "failed" || down.state.kind === "failed") {
        return failed(up.state.kind === "failed" ? up.state : (down.state as Failed));
      }
      const rest = before.filter(({ state }) => state.kind === "running");
      if (rest.length === 0) return outcomeOf(up, down);
      if (rest.length === before.length) return undefined;
      for (const direction of rest) direction.buffer = new CopyBuffer();
    }
  });
}
