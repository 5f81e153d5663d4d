/** A line through a proxy before its tunnel is there: what waits, what is asked of it, how it fails. */
import { beforeEach, describe, expect, it } from "vitest";
import { ChainedLine } from "../../src/sockets/chained-line.ts";
import { ChainError } from "../../src/upstream/chain-error.ts";
import type { HandshakeStep } from "../../src/upstream/handshake-step.ts";
import { PlayedLine, rememberingEars } from "../support/played-line.ts";

let inner: PlayedLine;
let line: ChainedLine;
let heard: string[];
let timer: (() => void) | undefined;
let delayMs: number | undefined;
let errors: Error[];
let steps: HandshakeStep[];

beforeEach(() => {
  inner = new PlayedLine();
  steps = [];
  errors = [];
  line = new ChainedLine(inner, {
    handshake: { hello: Buffer.from("hello"), push: () => steps.shift()! },
    clock: {
      now: () => 0,
      after: (ms, action) => {
        delayMs = ms;
        timer = action;
        return () => {
          timer = undefined;
        };
      },
    },
    guard: (act) => act(),
    proxy: "http://corp.test:1",
    handshakeMs: 1234,
    words: ({ message }) => `words: ${message}`,
  });
  const remembered = rememberingEars();
  heard = remembered.heard;
  line.listen({ ...remembered.ears, failed: (error) => errors.push(error) });
});

const said = (): string => Buffer.concat(inner.written).toString();
const open = (rest = ""): void => {
  steps = [{ kind: "open", rest: Buffer.from(rest) }];
  inner.ears.data(Buffer.from("any"));
};

describe("before the tunnel", () => {
  it("the proxy is asked at once, and its answer is read in any case", () => {
    expect([said(), inner.isPaused, delayMs]).toEqual(["hello", false, 1234]);
    line.setPaused(true);
    expect(inner.isPaused).toBe(false);
  });

  it("words of the upstream that come with the proxy's answer are heard once what waited is said", () => {
    line.write(Buffer.from("abc"));
    open("first words");
    expect([said(), heard]).toEqual(["helloabc", ["opened", "data first words"]]);
  });

  it("how the proxy has ended is not how the upstream has", () => {
    inner.peerEnd = "fin";
    expect(line.peerEnd).toBeUndefined();
    open();
    expect(line.peerEnd).toBe("fin");
  });

  it("the handshake goes on with what it says", () => {
    steps = [{ kind: "more" }, { kind: "more", say: Buffer.from("password") }];
    inner.ears.data(Buffer.from("a"));
    inner.ears.data(Buffer.from("b"));
    expect([inner.done, heard]).toEqual([["write 5", "write 8"], []]);
  });
});

describe("behind the tunnel", () => {
  it("everything passes, and no timer is left", () => {
    open();
    expect(timer).toBeUndefined();
    line.write(Buffer.from("x"));
    line.setPaused(true);
    inner.ears.data(Buffer.from("y"));
    inner.ears.drained();
    inner.ears.ended("reset");
    inner.ears.closed();
    inner.ears.closed();
    expect([said(), inner.isPaused]).toEqual(["hellox", true]);
    // Closed once: nobody listens behind it.
    expect(heard).toEqual(["opened", "data y", "drained", "reset", "closed"]);
  });

  it("a failure of the line is none of the proxy's any more", () => {
    open();
    inner.ears.failed?.(new Error("late"));
    expect([errors, inner.done]).toEqual([[], ["write 5"]]);
  });
});

describe("no tunnel", () => {
  it.each<[string, () => void, Partial<ChainError>]>([
    [
      "an end of the proxy's",
      () => inner.ears.ended("fin"),
      { code: "PROXY_BROKEN", status: 502, message: "it ended the connection without an answer" },
    ],
    [
      "a proxy that can't be reached",
      () => inner.ears.failed?.(new Error("gone")),
      { code: "PROXY_UNREACHABLE", status: 502, message: "words: gone" },
    ],
    [
      "no answer in time",
      () => timer?.(),
      { code: "PROXY_TIMEOUT", status: 504, message: "it did not answer within 1234 ms" },
    ],
    [
      "a refusal",
      () => {
        steps = [{ kind: "refused", error: new ChainError("PROXY_AUTH", "no", 502) }];
        inner.ears.data(Buffer.from("any"));
      },
      { code: "PROXY_AUTH", status: 502, message: "no" },
    ],
  ])("%s is told once, with the proxy's name, and ends the connection", (_what, fail, expected) => {
    fail();
    expect(errors).toEqual([expect.objectContaining({ ...expected, proxy: "http://corp.test:1" })]);
    expect([inner.done, timer]).toEqual([["write 5", "destroyed"], undefined]);
    steps = [{ kind: "open", rest: Buffer.from("late") }];
    inner.ears.data(Buffer.from("late"));
    inner.ears.ended("fin");
    inner.ears.failed?.(new Error("late"));
    expect([errors.length, heard, inner.done.length]).toEqual([1, [], 2]);
    inner.ears.closed();
    expect(heard).toEqual(["closed"]);
  });

  it("a line that is given up, or closed, leaves no timer behind", () => {
    line.destroy();
    expect([timer, inner.done]).toEqual([undefined, ["write 5", "destroyed"]]);
  });

  it("a line that the system has closed leaves none either", () => {
    inner.ears.closed();
    expect([timer, heard]).toEqual([undefined, ["closed"]]);
  });
});
