/** A line in clear to a server of HTTP/1.1: HTTP/2 with prior knowledge is translated on it, and all else is not touched. */
import { Http2Connection } from "@faultwire/http2";
import { expect, it } from "vitest";
import { PriorKnowledgeLine } from "../../src/translate/prior-knowledge-line.ts";
import { PlayedLine, rememberingEars } from "../support/played-line.ts";

function rig() {
  const inner = new PlayedLine();
  const told: string[] = [];
  const line = new PriorKnowledgeLine(inner, {
    open: () => new PlayedLine(),
    maxConnections: 1,
    now: () => 0,
    guard: (act) => act(),
    translated: () => told.push("translated"),
  });
  const { ears, heard } = rememberingEars();
  line.listen(ears);
  return { line, inner, heard, told };
}

const said = ({ written }: PlayedLine): string => Buffer.concat(written).toString("latin1");

/** What a client of HTTP/2 says first: the preface, its settings, and a GET. */
function beginning(): Uint8Array {
  const client = new Http2Connection({
    role: "client",
    now: () => 0,
    handler: { headers() {}, data() {}, reset() {}, drained() {}, failed() {} },
  });
  const fields = [
    [":method", "GET"],
    [":scheme", "http"],
    [":authority", "api.test"],
    [":path", "/a"],
  ] as const;
  client.request({ fields, neverIndexed: new Set() }, true);
  return client.take(true);
}

it.each(["POST / HTTP/1.1\r\n", "PRIMARY", "\u0016\u0003\u0001", "P"])("%j goes as it is", (text) => {
  const { line, inner, told } = rig();
  for (const byte of Buffer.from(text)) line.write(Buffer.of(byte));
  line.end("fin");
  expect([said(inner), told]).toEqual([text, []]);
});

it("HTTP/2 is translated, also where it comes byte for byte; nothing is said to who still speaks", async () => {
  const { line, inner, heard, told } = rig();
  for (const byte of beginning()) line.write(Buffer.of(byte));
  expect([said(inner), told]).toEqual(["GET /a HTTP/1.1\r\nhost: api.test\r\n\r\n", ["translated"]]);
  expect(heard).toEqual([]);
  await Promise.resolve();
  expect(heard.length).toBeGreaterThan(0);
});

it("its end closes it once", () => {
  const { line, heard } = rig();
  line.write(beginning());
  line.destroy();
  line.destroy();
  line.write(Buffer.from("more"));
  expect([line.isClosed, line.hasEnded, heard]).toEqual([true, true, ["closed"]]);
});
