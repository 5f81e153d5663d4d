/** Compressed bodies of HTTP/2: what they hold is known by the head of the response, and by no other section. */
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import type { RecordedFrame, Recording } from "../../src/index.ts";
import { withoutSecrets } from "../../src/without-secrets.ts";
import { exchange } from "../support/exchange.ts";

const secret = '{"access_token":"0123456789"}';
const answered = (head: readonly (readonly [string, string])[], body: Uint8Array): Recording => {
  const frames: RecordedFrame[] = [
    { kind: "headers", atMs: 0, fields: [[":status", "103"]], end: false },
    { kind: "headers", atMs: 1, fields: [[":status", "200"], ...head], end: false },
    { kind: "data", atMs: 2, bytes: body, end: false },
    { kind: "headers", atMs: 3, fields: [["content-encoding", "gzip"]], end: true },
  ];
  return { ...exchange("", ""), response: { frames, end: "open" } };
};

it("a secret in a compressed body can't be masked, so that it is not recorded", async () => {
  const gzip = [["content-encoding", "gzip"]] as const;
  expect(await withoutSecrets(answered(gzip, gzipSync(secret)))).toBe("compressed-secret");
  expect(await withoutSecrets(answered(gzip, Buffer.from("no gzip")))).toBe("unopened");
});

it("trailers do not say how a body is coded: it is masked as the text that it is", async () => {
  const kept = await withoutSecrets(answered([], Buffer.from(secret)));
  expect(kept).toMatchObject({ response: { frames: [{}, {}, { kind: "data" }, {}] } });
  const { frames } = (kept as Recording).response as { readonly frames: readonly RecordedFrame[] };
  const [, , data] = frames;
  expect(data?.kind === "data" && String(Buffer.from(data.bytes))).toBe('{"access_token":"xxxxxxxxxx"}');
});
