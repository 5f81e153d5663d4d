/** The head of a response whose body is compressed anew, as its client reads it. */
import type { ContentCoding, Fault } from "@faultwire/fault-engine";
import { describe, expect, it } from "vitest";
import { FaultDesk } from "../../../src/index.ts";
import { exchangesRig } from "../../support/exchanges-rig.ts";

/** A coding that changes nothing. */
const coding = (): ContentCoding => ({
  name: "same",
  opener: {
    push: (coded, take) => {
      take(coded);
      return null;
    },
    finish: () => true,
    trailing: new Uint8Array(0),
  },
  closer: { push: (content) => content, finish: () => new Uint8Array(0) },
  close: () => {},
});
const duplicate: Fault = {
  kind: "stream.duplicate",
  events: { indices: [0], types: null, every: null, probability: null },
};

/** Lines of the head that a client gets of such a response, and what is told of the fault. */
function headOf(...lines: readonly string[]) {
  const rig = exchangesRig([duplicate], { desk: new FaultDesk(() => 0, coding) });
  rig.says("client", "GET / HTTP/1.1\r\nHost: api.test\r\n\r\n");
  const event = "data: {}\n\n";
  const usual = ["Content-Type: text/event-stream", "Content-Encoding: same", "Transfer-Encoding: chunked"];
  const head = ["HTTP/1.1 200 OK", ...usual, ...lines, "", ""].join("\r\n");
  rig.says("server", `${head}${event.length.toString(16)}\r\n${event}\r\n0\r\n\r\n`);
  rig.gone();
  const [got = "", body = ""] = rig.got.client.split("\r\n\r\n", 2);
  expect(body.split("data: {}")).toHaveLength(3);
  const [done] = rig.told("done");
  return { lines: got.split("\r\n").slice(1 + usual.length), instead: done?.instead };
}

describe("a head of a body that is coded anew", () => {
  it("has a weak validator where it had a strong one, and every other field as it was", () => {
    expect(headOf('ETag: "v1"', 'X-Quoted: "v1"', 'ETag: W/"v2"', "etag: none").lines).toEqual([
      'ETag: W/"v1"',
      'X-Quoted: "v1"',
      'ETag: W/"v2"',
      "etag: none",
    ]);
  });

  it("has no digest of the bytes as they were, and that is told by name", () => {
    const of = (...names: readonly string[]) =>
      headOf("X-A: 1", ...names.map((name) => `${name}: x`), "X-B: 2");
    expect(of("Content-MD5").lines).toEqual(["X-A: 1", "X-B: 2"]);
    expect(of("Content-MD5").instead).toContain("without content-md5, since");
    expect(of("Digest", "REPR-DIGEST", "content-digest")).toEqual({
      lines: ["X-A: 1", "X-B: 2"],
      instead: expect.stringContaining("without digest and repr-digest and content-digest, since"),
    });
  });

  it("stays byte for byte where nothing of it depends on them", () => {
    const { lines, instead } = headOf("x-odd:\t  1  ", "X-Same: a", "X-Same: b");
    expect([lines, instead]).toEqual([["x-odd:\t  1  ", "X-Same: a", "X-Same: b"], undefined]);
  });
});
