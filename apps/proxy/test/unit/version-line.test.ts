/** A line whose version of HTTP is agreed on by ALPN: what waits for that, what is told, and how often. */
import { type SecureLine, SecureLineError } from "@faultwire/lines";
import { expect, it } from "vitest";
import { type Protocol, VersionLine } from "../../src/translate/version-line.ts";
import { PlayedLine, rememberingEars } from "../support/played-line.ts";

interface Rig {
  readonly line: VersionLine;
  readonly inner: PlayedLine;
  /** The one that is opened where the upstream has not what was offered. */
  readonly second: PlayedLine;
  readonly heard: string[];
  readonly translated: Protocol[];
}

function rig(spoken: Protocol, agreed?: string): Rig {
  const inner = new PlayedLine();
  const second = new PlayedLine();
  inner.alpnProtocol = agreed;
  const translated: Protocol[] = [];
  const line = new VersionLine(inner as unknown as SecureLine, {
    spoken,
    again: () => second as unknown as SecureLine,
    open: () => new PlayedLine(),
    maxConnections: 1,
    now: () => 0,
    translated: (protocol) => translated.push(protocol),
  });
  const { ears, heard } = rememberingEars();
  line.listen(ears);
  return { line, inner, second, heard, translated };
}

const open = ({ ears }: PlayedLine): void => ears.opened?.();
const said = ({ written }: PlayedLine): string => Buffer.concat(written).toString("latin1");

it.each([
  ["http/1.1", "http/1.1"],
  ["http/1.1", undefined],
  ["h2", "h2"],
] as const)(
  "where %s is said and %s is agreed on, bytes pass as they are, what waited first",
  (spoken, agreed) => {
    const { line, inner, heard, translated } = rig(spoken, agreed);
    const memory = Buffer.from("abc");
    line.write(memory);
    memory.fill("x");
    inner.waitingBytes = 2;
    expect([said(inner), line.waitingBytes, line.hasEnded]).toEqual(["", 5, false]);
    open(inner);
    line.write(Buffer.from("d"));
    inner.ears.data(Buffer.from("e"));
    expect([said(inner), line.waitingBytes]).toEqual(["abcd", 2]);
    expect([heard, translated]).toEqual([["opened", "data e"], []]);
  },
);

it("each end of the upstream is told once, and a reset behind a FIN as well", () => {
  const { line, inner, heard } = rig("http/1.1");
  open(inner);
  inner.ears.ended("fin");
  inner.ears.ended("fin");
  expect([heard, line.peerEnd]).toEqual([["opened", "fin"], "fin"]);
  inner.ears.ended("reset");
  inner.ears.ended("fin");
  inner.ears.ended("reset");
  expect([heard, line.peerEnd]).toEqual([["opened", "fin", "reset"], "reset"]);
  inner.ears.closed();
  inner.ears.closed();
  inner.ears.ended("fin");
  expect(heard).toEqual(["opened", "fin", "reset", "closed"]);
  expect([line.isClosed, line.hasEnded]).toEqual([true, true]);
});

it("an upstream that has not what was offered is asked once more, and only then", () => {
  const other = new SecureLineError("handshake", "no protocol", true);
  const { line, inner, second, heard } = rig("http/1.1");
  line.write(Buffer.from("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"));
  const before = inner.ears;
  inner.ears.failed?.(other);
  // The first one is listened to no more.
  expect(inner.ears).not.toBe(before);
  expect([heard, said(second)]).toEqual([[], ""]);
  second.ears.failed?.(other);
  expect(heard).toEqual(["failed no protocol"]);
});

it("any other failure is told as it is", () => {
  const { inner, second, heard } = rig("http/1.1");
  inner.ears.failed?.(new SecureLineError("handshake", "another", false));
  inner.ears.failed?.(new Error("a third"));
  expect(heard).toEqual(["failed another", "failed a third"]);
  expect(second.ears).not.toBe(inner.ears);
});

it("a request of HTTP/1.1 goes to an upstream of HTTP/2 as HTTP/2, which is told", () => {
  const { line, inner, translated } = rig("http/1.1", "h2");
  line.write(Buffer.from("GET /a HTTP/1.1\r\nHost: a.test\r\n\r\n"));
  open(inner);
  expect(translated).toEqual(["h2"]);
  expect(said(inner).startsWith("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")).toBe(true);
  // A WINDOW_UPDATE is read whatever the client reads.
  line.setPaused(true);
  expect(inner.isPaused).toBe(false);
  line.destroy();
  expect(line.isClosed).toBe(true);
});

it("a preface of HTTP/2 goes to no upstream of HTTP/1.1", () => {
  const { line, inner, heard, translated } = rig("h2", "http/1.1");
  line.write(Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", "latin1"));
  open(inner);
  expect([translated, said(inner)]).toEqual([["http/1.1"], ""]);
  // Its settings are answered here.
  expect(heard.some((each) => each.includes("\x04\x01\0\0\0\0"))).toBe(true);
});
