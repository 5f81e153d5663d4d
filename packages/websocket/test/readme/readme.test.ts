import { readFileSync } from "node:fs";
import { join } from "node:path";
import { concatBytes } from "@faultwire/testkit/chunkers";
import { describe, expect, it } from "vitest";
import { encodeClose, encodeFrame, FrameReader, frameLimits } from "../../src/index.ts";
import { saidByServers } from "./broken-frames.ts";
import { watchServer } from "./count-messages.ts";

const here = import.meta.dirname;
const readme = readFileSync(join(here, "../../README.md"), "utf8");

describe("README", () => {
  it.each(["count-messages.ts", "broken-frames.ts"])("shows %s, which runs here", (name) => {
    expect(readme).toContain(readFileSync(join(here, name), "utf8"));
  });

  it("counts messages and passes every byte on", () => {
    const wire = concatBytes([
      encodeFrame({ type: "text", payload: Uint8Array.of(97) }),
      encodeFrame({ type: "close", payload: encodeClose(1013) }),
    ]);
    const passed: Uint8Array[] = [];
    const watch = watchServer((bytes) => passed.push(bytes));
    watch.push(wire);
    expect(watch).toMatchObject({ messages: 1, closeCode: 1013 });
    expect(concatBytes(passed)).toEqual(wire);
  });

  it("writes what a reader refuses, but for the text, which it does not look into", () => {
    const codes = saidByServers.map((bytes) => {
      const [item] = new FrameReader({ from: "server" }).push(bytes);
      return item?.kind === "malformed" ? item.code : item?.kind;
    });
    expect(codes).toEqual(["head", "reserved-opcode", "head", "payload-too-large", "masked"]);
  });

  it("names every limit with its default", () => {
    for (const [name, value] of Object.entries(frameLimits)) {
      const shown = value === Number.MAX_SAFE_INTEGER ? "2^53 − 1" : String(value);
      expect(readme).toMatch(new RegExp(`\\| \`${name}\` +\\| ${shown.replace("^", "\\^")} +\\|`));
    }
  });
});
