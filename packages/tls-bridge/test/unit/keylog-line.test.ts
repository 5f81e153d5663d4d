import { inspect } from "node:util";
import { handshakeVectors } from "@faultwire/testkit/tls-vectors";
import { describe, expect, it } from "vitest";
import { KeylogLabel, keylogLimits, parseKeylogLine } from "../../src/index.ts";
import { refusal } from "../support/secrets.ts";

const random = "0123456789abcdef".repeat(4);
const hex = (bytes: number): string => "a7".repeat(bytes);

describe("a line of a key log", () => {
  it.each(["", "\n", "\r\n"])("is label, random and secret, whatever its end (%j)", (end) => {
    const entry = parseKeylogLine(`CLIENT_RANDOM ${random} ${hex(48)}${end}`);
    expect(entry?.label).toBe(KeylogLabel.clientRandom);
    expect(Buffer.from(entry!.clientRandom).toString("hex")).toBe(random);
    expect(Buffer.from(entry!.secret).toString("hex")).toBe(hex(48));
  });

  it("may be in capitals, and have a label that is not known", () => {
    expect(
      parseKeylogLine(`SERVER_TRAFFIC_SECRET_0 ${random.toUpperCase()} ${hex(32).toUpperCase()}`)?.secret,
    ).toEqual(new Uint8Array(32).fill(0xa7));
    expect(parseKeylogLine(`CLIENT_TRAFFIC_SECRET_N ${random} ${hex(64)}`)?.secret).toHaveLength(64);
  });

  it.each(["", "\n", "# a comment", "#"])("may say nothing (%j)", (line) => {
    expect(parseKeylogLine(line)).toBeUndefined();
  });

  it.each([
    ["two fields", `CLIENT_RANDOM ${random}`],
    ["four fields", `CLIENT_RANDOM ${random} ${hex(48)} 00`],
    ["two spaces", `CLIENT_RANDOM  ${random} ${hex(48)}`],
    ["a tab", `CLIENT_RANDOM\t${random} ${hex(48)}`],
    ["a space in front", ` CLIENT_RANDOM ${random} ${hex(48)}`],
    ["a space behind", `CLIENT_RANDOM ${random} ${hex(48)} `],
    ["two lines", `CLIENT_RANDOM ${random} ${hex(48)}\n\n`],
    ["half a byte", `CLIENT_RANDOM ${random} ${hex(48)}0`],
    ["no hex", `CLIENT_RANDOM ${random} ${hex(47)}0g`],
    ["a small label", `client_random ${random} ${hex(48)}`],
    ["a short random", `CLIENT_RANDOM ${random.slice(2)} ${hex(48)}`],
    ["a short master secret", `CLIENT_RANDOM ${random} ${hex(32)}`],
    ["a traffic secret of no hash", `CLIENT_TRAFFIC_SECRET_0 ${random} ${hex(33)}`],
    ["more than a line holds", `X ${random} ${hex(keylogLimits.lineCharacters)}`],
  ])("is refused with %s", (_, line) => {
    expect(refusal(() => parseKeylogLine(line))).toBe("bad-keylog-line");
  });

  it("gives no secret away, neither as an entry nor in the error", () => {
    const entry = parseKeylogLine(`CLIENT_RANDOM ${random} ${hex(48)}`);
    expect(inspect(entry, { showHidden: true }) + JSON.stringify(entry)).not.toMatch(/a7|167/);
    let message = "";
    try {
      parseKeylogLine(`CLIENT_RANDOM ${random} ${hex(47)}`);
    } catch (error) {
      message = inspect(error);
    }
    expect(message).toContain("47 bytes");
    expect(message).not.toContain("a7a7");
  });

  it("is what OpenSSL and GnuTLS wrote of every captured connection", () => {
    const lines = handshakeVectors().flatMap(({ keylog }) => keylog);
    expect(lines.length).toBeGreaterThan(100);
    for (const line of lines) expect(line.startsWith(`${parseKeylogLine(line)?.label} `)).toBe(true);
  });
});
