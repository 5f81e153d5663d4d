/** What comes for a stream that is over (RFC 9113 section 5.1, "closed", and 5.1.1). */
import { ErrorCode, HpackEncoder, writeData, writeHeaders, writeRstStream } from "@faultwire/http2";
import { expect, it } from "vitest";
import { peerOf, requestBlock } from "../support/peer.ts";

const { CANCEL, PROTOCOL_ERROR, STREAM_CLOSED } = ErrorCode;

/** A client that has opened stream 5 and reset it. */
function resetOnce(): { say: ReturnType<typeof peerOf>["say"]; encoder: HpackEncoder } {
  const { say } = peerOf("server");
  const encoder = new HpackEncoder();
  say(writeHeaders(5, requestBlock(encoder), false, 16_384), writeRstStream(5, CANCEL));
  return { say, encoder };
}

it("a frame behind the client's own RST_STREAM is an error of its stream", () => {
  const { say } = resetOnce();
  const { resets, goaway } = say(writeData(5, new Uint8Array(3), true));
  expect([resets.get(5), goaway]).toEqual([STREAM_CLOSED, undefined]);
});

it("HEADERS behind the client's own RST_STREAM are one, too", () => {
  const { say, encoder } = resetOnce();
  const { resets, goaway } = say(writeHeaders(5, requestBlock(encoder), true, 16_384));
  expect([resets.get(5), goaway]).toEqual([STREAM_CLOSED, undefined]);
});

it.each([1, 3])("stream %i can't be opened once a higher one was", (id) => {
  const { say, encoder } = resetOnce();
  expect(say(writeHeaders(id, requestBlock(encoder), true, 16_384)).goaway).toBe(PROTOCOL_ERROR);
});

it("what crosses with a RST_STREAM of ours is no error", () => {
  const { say, connection } = peerOf("server");
  const encoder = new HpackEncoder();
  say(writeHeaders(1, requestBlock(encoder), false, 16_384));
  connection.reset(connection.find(1)!, CANCEL);
  const { resets, goaway } = say(writeData(1, new Uint8Array(3), true));
  expect([resets.get(1), goaway]).toEqual([CANCEL, undefined]);
});
