/** What lines are asked for before they are open: through a proxy whose tunnel is not there yet, and to an upstream whose version is not agreed on. */
import type { Line, SecureLine } from "@faultwire/lines";
import { beforeEach, describe, expect, it } from "vitest";
import { ChainedLine } from "../../src/sockets/chained-line.ts";
import { VersionLine } from "../../src/translate/version-line.ts";
import { PlayedLine, rememberingEars } from "../support/played-line.ts";

/** A line around another one, and what opens it. */
interface Rig {
  readonly line: Line;
  readonly open: () => void;
}

const rigs: readonly [string, (inner: PlayedLine) => Rig][] = [
  [
    "a line through a proxy",
    (inner) => ({
      line: new ChainedLine(inner, {
        handshake: { hello: Buffer.from("hello"), push: () => ({ kind: "open", rest: Buffer.from("") }) },
        clock: { now: () => 0, after: () => () => {} },
        guard: (act) => act(),
        proxy: "http://corp.test:1",
        handshakeMs: 1,
        words: ({ message }) => message,
      }),
      open: () => inner.ears.data(Buffer.from("any")),
    }),
  ],
  [
    "a line whose version of HTTP is agreed on",
    (inner) => ({
      line: new VersionLine(inner as unknown as SecureLine, {
        spoken: "http/1.1",
        again: () => new PlayedLine() as unknown as SecureLine,
        open: () => new PlayedLine(),
        maxConnections: 1,
        now: () => 0,
        translated: () => {},
      }),
      open: () => inner.ears.opened?.(),
    }),
  ],
];

describe.each(rigs)("%s", (_what, rig) => {
  let inner: PlayedLine;
  let line: Line;
  let open: () => void;
  let heard: string[];
  /** What it has done by itself. */
  let own: number;
  const done = (): readonly string[] => inner.done.slice(own);
  const said = (): string => Buffer.concat(inner.written).toString().replace("hello", "");

  beforeEach(() => {
    inner = new PlayedLine();
    ({ line, open } = rig(inner));
    const remembered = rememberingEars();
    heard = remembered.heard;
    line.listen(remembered.ears);
    own = inner.done.length;
  });

  it("what is written waits, is counted, and is not what the caller does to its memory later", () => {
    const memory = Buffer.from("abc");
    inner.waitingBytes = 5;
    line.write(memory);
    memory.fill("x");
    line.write(Buffer.from("d"));
    expect([said(), line.waitingBytes]).toEqual(["", 9]);
    inner.waitingBytes = 0;
    open();
    line.write(Buffer.from("e"));
    expect([said(), line.waitingBytes, heard]).toEqual(["abcde", 0, ["opened"]]);
  });

  it("one that can take no more when it opens tells of room by itself", () => {
    line.write(Buffer.alloc(70_000));
    inner.needsDrain = true;
    open();
    expect([line.needsDrain, heard]).toEqual([true, ["opened"]]);
    inner.needsDrain = false;
    inner.ears.drained();
    expect(heard).toEqual(["opened", "drained"]);
  });

  it("what is written as an answer to the first words goes behind all that waits", () => {
    line.write(Buffer.from("a"));
    line.write(Buffer.from("b"));
    const write = inner.write.bind(inner);
    inner.write = (bytes) => {
      write(bytes);
      if (Buffer.from(bytes).toString() === "a") line.write(Buffer.from("c"));
    };
    open();
    expect(said()).toBe("abc");
  });

  it.each(["fin", "reset"] as const)("a %s waits for what was written, and nothing comes behind", (how) => {
    line.write(Buffer.from("abc"));
    line.end(how);
    line.write(Buffer.from("late"));
    line.end("reset");
    expect([done(), line.hasEnded]).toEqual([[], true]);
    open();
    expect(done()).toEqual(["write 3", how]);
    line.end("reset");
    expect(done()).toHaveLength(2);
  });

  it("an end behind nothing is said at once", () => {
    line.end("fin");
    expect([done(), line.hasEnded]).toEqual([["fin"], true]);
    line.write(Buffer.from("late"));
    line.end("reset");
    expect(done()).toEqual(["fin"]);
  });

  it("who waits for what was written hears of it from the line that it went to; who waits for nothing, at once", () => {
    const told = (): void => {};
    line.whenGone("sent", told);
    expect(inner.watched).toEqual([["sent", told]]);
    line.write(Buffer.from("abc"));
    line.whenGone("ended", told);
    expect(inner.watched).toHaveLength(1);
    open();
    expect(inner.watched).toEqual([
      ["sent", told],
      ["ended", told],
    ]);
  });

  it("more than 64 KiB that wait hold their sender back, until they are said", () => {
    line.write(Buffer.alloc(65_536));
    expect(line.needsDrain).toBe(false);
    inner.needsDrain = true;
    expect(line.needsDrain).toBe(true);
    inner.needsDrain = false;
    line.write(Buffer.alloc(1));
    expect(line.needsDrain).toBe(true);
    expect(heard).toEqual([]);
    open();
    expect([line.needsDrain, heard]).toEqual([false, ["opened", "drained"]]);
  });
});
