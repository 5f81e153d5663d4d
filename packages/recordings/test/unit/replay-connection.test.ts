/** One client of a replay, on a socket and a clock of the test. */
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { beforeEach, describe, expect, it } from "vitest";
import { HeldExchanges, type Recording, Recordings, recordingLimits } from "../../src/index.ts";
import { ReplayConnection } from "../../src/replay-connection.ts";
import { bytesOf, exchange, responseText, textOf } from "../support/exchange.ts";

/** As much of a socket as a replay uses. */
class TestSocket extends EventEmitter {
  heard = "";
  state: "open" | "ended" | "destroyed" = "open";
  isPaused = false;
  idleMs = 0;
  onIdle: () => void = () => {};

  setTimeout(ms: number, onIdle: () => void): void {
    this.idleMs = ms;
    this.onIdle = onIdle;
  }
  write(bytes: Uint8Array | string): boolean {
    this.heard += typeof bytes === "string" ? bytes : textOf(bytes);
    return true;
  }
  end(bytes?: Uint8Array): void {
    if (bytes) this.write(bytes);
    this.state = "ended";
  }
  destroy(): void {
    this.state = "destroyed";
  }
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
  says(text: string): void {
    this.emit("data", bytesOf(text));
  }
  /** What was heard since the last time. */
  taken(): string {
    const { heard } = this;
    this.heard = "";
    return heard;
  }
}

const post = (body: string, more = ""): string =>
  `POST /v1/messages HTTP/1.1\r\nHost: api.test\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;

let socket: TestSocket;
/** What is waited for, the latest last; what was taken back or has come is no longer there. */
let timers: { readonly delayMs: number; readonly action: () => void }[];
let nowMs: number;
let resets: number;

/** Lets the first of the timers come. */
function comes(): void {
  const timer = timers.shift()!;
  nowMs += timer.delayMs;
  timer.action();
}

beforeEach(() => {
  socket = new TestSocket();
  timers = [];
  nowMs = 0;
  resets = 0;
});

function serve(exchanges: readonly Recording[], speed = 1, held = new HeldExchanges(1_000_000_000)): void {
  new ReplayConnection({
    ...{ scheme: "http", recordings: new Recordings(exchanges), speed, log: () => {}, unreached: () => {} },
    ...{ held, pass: undefined, markHeader: undefined },
    socket: socket as unknown as Socket,
    now: () => nowMs,
    after: (delayMs, action) => {
      const timer = { delayMs, action };
      timers.push(timer);
      return () => {
        timers = timers.filter((one) => one !== timer);
      };
    },
    reset: () => resets++,
  });
}

describe("a client that goes", () => {
  it("is said nothing more: what was waited for is taken back", () => {
    serve([exchange("1", "late")]);
    socket.says(post("1"));
    expect(timers.map(({ delayMs }) => delayMs)).toEqual([20]);
    comes();
    expect(timers).toHaveLength(1);
    socket.emit("close");
    expect(timers).toEqual([]);
  });

  it("is not reset behind that either", () => {
    const of = exchange("1", "x");
    serve([{ ...of, response: { ...of.response, end: "reset" } }], Infinity);
    socket.says(post("1"));
    expect(timers).toHaveLength(1);
    socket.emit("close");
    expect([timers, resets]).toEqual([[], 0]);
  });

  it("is reset behind the last byte where it stays", () => {
    const of = exchange("1", "x");
    serve([{ ...of, response: { ...of.response, end: "reset" } }], Infinity);
    socket.says(post("1"));
    expect([socket.heard, resets]).toEqual([responseText(of), 0]);
    comes();
    expect(resets).toBe(1);
  });

  it("and breaks its connection does no harm", () => {
    serve([exchange("1", "x")]);
    expect(() => socket.emit("error", new Error("ECONNRESET"))).not.toThrow();
  });
});

describe("a client that rests", () => {
  it("is closed behind its limit, but not while its answer is under way", () => {
    serve([exchange("1", "late")]);
    expect(socket.idleMs).toBe(recordingLimits.idleMs);
    socket.says(post("1"));
    socket.onIdle();
    expect(socket.state).toBe("open");
    comes();
    comes();
    expect(socket.heard).toBe(responseText(exchange("1", "late")));
    socket.onIdle();
    expect(socket.state).toBe("destroyed");
  });
});

describe("what a replay says by itself", () => {
  it("a request that was not recorded is no end of its connection", () => {
    serve([exchange("1", "one")], Infinity);
    socket.says(post("2"));
    const answer = socket.taken();
    expect(answer).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
    expect(answer).toContain("\r\nx-faultwire-replay: not-recorded\r\n");
    expect(answer).toContain("\r\nx-should-retry: false\r\n");
    expect(answer).not.toMatch(/^connection:/im);
    socket.says(post("1"));
    expect([socket.heard, socket.state]).toEqual([responseText(exchange("1", "one")), "open"]);
  });

  it.each([
    ["what is no request", 400, () => socket.says("no request\r\n\r\n")],
    [
      "a body over the limit",
      413,
      () => {
        socket.says(post("").replace("Content-Length: 0", `Content-Length: ${2 ** 30}`));
        const piece = new Uint8Array(recordingLimits.maxRequestBytes / 4);
        for (let count = 0; count < 4; count++) socket.emit("data", piece);
        expect([socket.heard, socket.state]).toEqual(["", "open"]);
        socket.emit("data", piece.subarray(0, 1));
      },
    ],
  ] as const)("%s is answered with %i, and ends its connection, as the answer says", (_what, status, act) => {
    serve([exchange("1", "one")]);
    act();
    const answer = socket.taken();
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toMatch(/^connection: close\r$/im);
    expect(answer).not.toContain("x-faultwire-replay");
    expect(socket.state).toBe("ended");
    socket.says(post("1"));
    expect(socket.heard).toBe("");
  });

  it.each([
    ["100-continue", true],
    ["100-Continue", true],
    ["200-ok", false],
    ["", false],
  ])("100 Continue is said for the expectation %j: %s", (expectation, isSaid) => {
    serve([exchange("1", "one")], Infinity);
    const asks = post("1", expectation && `Expect: ${expectation}\r\n`);
    socket.says(asks.slice(0, -1));
    expect(socket.taken()).toBe(isSaid ? "HTTP/1.1 100 Continue\r\n\r\n" : "");
    socket.says(asks.slice(-1));
    expect(socket.taken()).toBe(responseText(exchange("1", "one")));
  });
});

it("a client that pipelines too many requests is not read until its answers have come", () => {
  serve([exchange("1", "x")]);
  // One is being answered; the others wait.
  socket.says(post("1").repeat(recordingLimits.maxOutstanding));
  expect(socket.isPaused).toBe(false);
  socket.says(post("1"));
  expect(socket.isPaused).toBe(true);
  comes();
  comes();
  expect(socket.isPaused).toBe(false);
});

describe("an answer that is under way", () => {
  it("comes whole, and in its turn, before the refusal of what is no request", () => {
    serve([exchange("1", "one"), exchange("2", "two")]);
    socket.says(`${post("1")}${post("2")}no request\r\n\r\n`);
    expect([socket.heard, socket.state]).toEqual(["", "open"]);
    for (let count = 0; count < 4; count++) comes();
    const [one, two] = [exchange("1", "one"), exchange("2", "two")].map(responseText);
    expect(socket.heard).toMatch(/HTTP\/1\.1 400 Bad Request\r\n/);
    expect(socket.heard.slice(0, socket.heard.indexOf("HTTP/1.1 400 "))).toBe(`${one}${two}`);
    expect([socket.state, timers]).toEqual(["ended", []]);
  });

  it("comes whole though the requests behind it are too much together: the largest gets 503 in its turn", () => {
    const held = new HeldExchanges(800);
    serve([exchange("1", "one")], 1, held);
    socket.says(`${post("1")}${post("2")}${post("x".repeat(400))}`);
    for (let count = 0; count < 2; count++) comes();
    const one = responseText(exchange("1", "one"));
    expect(socket.heard.slice(0, one.length)).toBe(one);
    expect(socket.heard.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 404", "HTTP/1.1 503"]);
    expect([socket.state, held.bytes]).toEqual(["ended", 0]);
  });

  it.each(["fin", "reset"] as const)("and ends with a %s is the last one", (end) => {
    const of = exchange("1", "x");
    serve([{ ...of, response: { ...of.response, end } }], Infinity);
    socket.says(post("1") + post("1"));
    socket.says(post("1"));
    expect(socket.heard).toBe(responseText(of));
    expect(timers.map(({ delayMs }) => delayMs)).toEqual(end === "reset" ? [50] : []);
  });
});

it("a response of HTTP/2 with a field that HTTP/1.1 does not allow is an error that says so", () => {
  const frames = [
    {
      kind: "headers",
      atMs: 0,
      fields: [
        [":status", "200"],
        ["x-a", "\u0001"],
      ],
      end: true,
    },
  ] as const;
  serve([{ ...exchange("1", ""), response: { frames, end: "open" } }], Infinity);
  socket.says(post("1"));
  expect(socket.heard).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n/);
  expect(socket.heard).toContain("can't be said in HTTP/1.1: the value of x-a has code 1 at 0");
  expect(socket.state).toBe("ended");
});
