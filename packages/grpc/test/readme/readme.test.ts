import { readFileSync } from "node:fs";
import { join } from "node:path";
import { concatBytes } from "@faultwire/testkit/chunkers";
import { describe, expect, it } from "vitest";
import { encodePrefix, grpcLimits, readStatus, statusFields } from "../../src/index.ts";
import { overloaded } from "./overloaded.ts";
import { watchResponse } from "./watch-response.ts";

const here = import.meta.dirname;
const readme = readFileSync(join(here, "../../README.md"), "utf8");

describe("README", () => {
  it.each(["watch-response.ts", "overloaded.ts"])("shows %s, which runs here", (name) => {
    expect(readme).toContain(readFileSync(join(here, name), "utf8"));
  });

  it("counts the messages of a response, and names its status", () => {
    const watch = watchResponse();
    watch.data(concatBytes([encodePrefix(2), Uint8Array.of(1, 2), encodePrefix(0), encodePrefix(9)]));
    expect(watch.trailers(statusFields({ code: 14 }))).toBe("2 messages, UNAVAILABLE");
    expect(watch.trailers([])).toBe("2 messages, no status");
  });

  it("writes what it says of an overload", () => {
    expect(overloaded.slice(0, 2)).toEqual([
      ["grpc-status", "8"],
      ["grpc-message", "50 %25 of the caf%C3%A9s are closed"],
    ]);
    expect(readStatus(overloaded)).toEqual({ code: 8, retryDelayMs: 2000, pushback: 2000 });
  });

  it("names every limit with its default", () => {
    const shown: Readonly<Record<number, string>> = {
      [2 ** 32 - 1]: "2^32 − 1",
      [2 ** 31 - 1]: "2^31 − 1",
      16384: "16,384",
    };
    for (const [name, value] of Object.entries(grpcLimits))
      expect(readme.replaceAll(/ +/g, " ")).toContain(`| \`${name}\` | ${shown[value] ?? value} |`);
  });
});
