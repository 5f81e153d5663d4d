import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bytesOf, textOf } from "@faultwire/testkit/http-summary";
import { describe, expect, it } from "vitest";
import { answersTo } from "./answer.ts";

const here = import.meta.dirname;

describe("README", () => {
  it("shows the example that runs here", () => {
    const readme = readFileSync(join(here, "../../README.md"), "utf8");
    expect(readme).toContain(readFileSync(join(here, "answer.ts"), "utf8"));
  });

  it("answers each complete request, and nothing behind what can't be read", () => {
    const two = bytesOf("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nhiGET /b HTTP/1.1\r\n\r\nGET /c");
    const answers = answersTo([two.subarray(0, 30), two.subarray(30)]);
    expect(answers?.map((answer) => textOf(answer).split("\r\n")[0])).toEqual([
      "HTTP/1.1 503 Service Unavailable",
      "HTTP/1.1 503 Service Unavailable",
    ]);
    expect(answersTo([bytesOf("GET / HTTP/1.1\r\n folded\r\n\r\n")])).toBeUndefined();
  });
});
