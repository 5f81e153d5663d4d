/** Whom a client wants to reach: no name is read as another one. */
import { expect, it } from "vitest";
import { asciiHost, parseAuthority } from "../../src/upstream/authority.ts";

it("a host has no character that it loses on its way, whichever it is and wherever it stands", () => {
  const lost: string[] = [];
  for (let point = 0; point <= 0x10ffff; point++) {
    const character = String.fromCodePoint(point);
    // A colon and digits behind it are a port.
    if (character === ":") continue;
    for (const text of [`a${character}b.example`, `${character}ab.example`, `ab.example${character}`]) {
      const read = parseAuthority(text, 443);
      if (read && asciiHost(read.host) === "ab.example") lost.push(`U+${point.toString(16)} in ${text}`);
      else if (point > 0xff) break;
    }
  }
  expect(lost).toEqual([]);
});

it("a host has no control character, no space and nothing that can't be seen", () => {
  const read: string[] = [];
  for (let point = 0; point <= 0x10ffff; point++) {
    const character = String.fromCodePoint(point);
    if (!/[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u.test(character)) continue;
    if (parseAuthority(`a${character}b.example:443`)) read.push(`U+${point.toString(16)}`);
  }
  expect(read).toEqual([]);
});
