/** What is known of an upstream's answers by the bytes that go to the client. */
import type { RequestHead } from "@faultwire/http1";
import { expect, it } from "vitest";
import { ResponseWatch } from "../../src/front/response-watch.ts";

function watching(...methods: readonly string[]): {
  watch: ResponseWatch;
  state: (said?: string) => unknown[];
} {
  const watch = new ResponseWatch();
  for (const method of methods) watch.expect({ method } as RequestHead);
  const state = (said = ""): unknown[] => {
    watch.saw(Buffer.from(said));
    return [
      watch.outstanding,
      ...(watch.hasBegun ? ["begun"] : []),
      ...(watch.isUpgraded ? ["upgraded"] : []),
      ...(watch.isLost ? ["lost"] : []),
    ];
  };
  return { watch, state };
}

it("counts answers, whole ones alone", () => {
  const { state, watch } = watching("GET", "HEAD");
  expect(state()).toEqual([2]);
  expect(state("H")).toEqual([2, "begun"]);
  expect(state("TTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n")).toEqual([2, "begun"]);
  expect(state("ab")).toEqual([2, "begun"]);
  expect(state("c")).toEqual([1]);
  watch.expect({ method: "GET" } as RequestHead);
  expect(state("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n")).toEqual([1]);
  expect(state("HTTP/1.1 204 No Content\r\n\r\n")).toEqual([0]);
});

it("an interim response is no answer, and the upgrade ends HTTP", () => {
  const { state } = watching("GET");
  expect(state("HTTP/1.1 103 Early Hints\r\n\r\n")).toEqual([1]);
  expect(state("HTTP/1.1 101 Switching Protocols\r\n\r\n")).toEqual([1, "upgraded"]);
  expect(state("\0\x01HTTP/1.1 x\r\n\r\n")).toEqual([1, "upgraded"]);
});

it.each([
  ["what is none of HTTP", "SSH-2.0\r\n\r\n"],
  ["an answer that nobody asked for", "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"],
])("%s is lost, and stays so", (_what, said) => {
  const { state, watch } = watching("GET");
  expect(state(said)).toContain("lost");
  const { outstanding } = watch;
  expect(state("HTTP/1.1 204 No Content\r\n\r\n")).toContain("lost");
  expect(watch.outstanding).toBe(outstanding);
});
