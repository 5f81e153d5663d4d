/** One client of a replay that speaks HTTP/2, on a socket and a clock of the test. */
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { manualTimers } from "@faultwire/testkit/manual-timers";
import { beforeEach, expect, it } from "vitest";
import { Http2ReplayConnection } from "../../src/http2-replay-connection.ts";
import { HeldExchanges, type Recording, Recordings } from "../../src/index.ts";
import { bytesOf, exchange } from "../support/exchange.ts";
import { Http2ReplayClient, type SaidFrame } from "../support/http2.ts";

/** One end of a pair: what is written to it, the other one says. */
class End extends EventEmitter {
  other: End | undefined;
  readonly writableNeedDrain = false;
  readonly writableEnded = false;
  readonly destroyed = false;

  setTimeout(): void {}
  write(bytes: Uint8Array): boolean {
    this.other?.emit("data", bytes);
    return true;
  }
  end(): void {}
}

const asked = [
  [":method", "POST"],
  [":scheme", "http"],
  [":authority", "api.test"],
  [":path", "/v1/messages"],
] as const;
/** Names and values of those fields. */
const askedBytes = 7 + 4 + 7 + 4 + 10 + 8 + 5 + 12;
/** What a piece costs besides its bytes. */
const pieceBytes = 128;

let timers: ReturnType<typeof manualTimers>;
let held: HeldExchanges;
let client: Http2ReplayClient;

beforeEach(() => {
  timers = manualTimers();
});

function serve(recorded: Recording, maxHeldBytes = 1_000_000): void {
  const [ours, theirs] = [new End(), new End()];
  held = new HeldExchanges(maxHeldBytes);
  client = new Http2ReplayClient(theirs as unknown as Socket);
  [ours.other, theirs.other] = [theirs, ours];
  new Http2ReplayConnection({
    ...{ recordings: new Recordings([recorded]), speed: 1, now: timers.now, after: timers.after },
    ...{
      log: () => {},
      unreached: () => {},
      held,
      pass: undefined,
      markHeader: undefined,
      scheme: "http",
      reset: () => {},
    },
    socket: ours as unknown as Socket,
  });
}

const said = (frames: readonly SaidFrame[]): string[] =>
  frames.map((frame) =>
    frame.kind === "data" ? Buffer.from(frame.bytes).toString() : frame.kind === "reset" ? "reset" : "head",
  );

it("each frame comes at its time, and none before", () => {
  serve(exchange("1", "late"));
  const heard = client.asks(asked, bytesOf("1"));
  expect([said(heard), timers.armed]).toEqual([[], 1]);
  timers.advance(19);
  expect(said(heard)).toEqual([]);
  timers.advance(1);
  expect([said(heard), timers.armed]).toEqual([["head"], 1]);
  timers.advance(25);
  expect(said(heard).join(" ")).toBe("head late");
  expect(timers.armed).toBe(0);
});

it("a request counts with its fields and its body until it is answered", () => {
  serve(exchange("1", "late"));
  const stream = client.asks(asked, new Uint8Array(0));
  expect(said(stream)[0]).toBe("head");
  expect(held.bytes).toBe(0);
});

it.each([
  ["200", askedBytes + pieceBytes + 1 + pieceBytes],
  ["503", askedBytes + pieceBytes + 1 + pieceBytes - 1],
])("gets %s where %i bytes may be held", (status, maxHeldBytes) => {
  serve(exchange("1", "one"), maxHeldBytes);
  const heard = client.asks(asked, bytesOf("1"));
  timers.advance(100);
  expect(heard[0]).toMatchObject({ fields: expect.arrayContaining([[":status", status]]) });
  expect(held.bytes).toBe(0);
});
