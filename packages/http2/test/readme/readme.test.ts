import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  CONNECTION_PREFACE,
  FrameReader,
  FrameType,
  HpackDecoder,
  HpackEncoder,
  http2Limits,
  readUint32,
  writeHeaders,
  writeSettings,
} from "@faultwire/http2";
import { describe, expect, it } from "vitest";
import { answerUnasked, turn, unavailable } from "./answer.ts";

const here = import.meta.dirname;
const readme = readFileSync(join(here, "../../README.md"), "utf8");

describe("README", () => {
  it("shows the example that runs here", () => {
    expect(readme).toContain(readFileSync(join(here, "answer.ts"), "utf8"));
  });

  it("names each limit with its default", () => {
    for (const [name, value] of Object.entries(http2Limits))
      expect(readme).toMatch(
        new RegExp(`\`${name}\` +\\| ${String(value).replace(/\B(?=(\d{3})+$)/g, " ")} `),
      );
  });

  it("answers, cuts an answer short, and puts a frame between two others", () => {
    const connection = unavailable(() => 0);
    const encoder = new HpackEncoder();
    const ask = (stream: number, path: string): Uint8Array =>
      writeHeaders(
        stream,
        encoder.encode([
          [":method", "GET"],
          [":scheme", "http"],
          [":authority", "a"],
          [":path", path],
        ]),
        true,
      );
    answerUnasked(connection);
    const said = turn(
      connection,
      Buffer.concat([CONNECTION_PREFACE, writeSettings([]), ask(1, "/"), ask(3, "/reset")]),
    );
    const frames = new FrameReader().push(Buffer.concat(said));
    const decoder = new HpackDecoder();
    const statuses = frames
      .filter(({ type }) => type === FrameType.HEADERS)
      .map(({ payload }) => decoder.decode(payload).fields[0]?.[1]);
    expect(statuses).toEqual(["503", "200"]);
    const last = frames.at(-1)!;
    expect([last.type, last.streamId, readUint32(last.payload, 0)]).toEqual([FrameType.RST_STREAM, 3, 2]);
    expect(frames.filter(({ type }) => type === FrameType.PING)).toHaveLength(1);
  });
});
