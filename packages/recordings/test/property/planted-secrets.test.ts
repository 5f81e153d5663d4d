/** Secrets planted everywhere are looked for in all that is written. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import type { Header } from "@faultwire/http1";
import { propertyRuns } from "@faultwire/testkit/property-runs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type LeftReason, openRecorder, readRecordings } from "../../src/index.ts";
import { bytesOf } from "../support/exchange.ts";
import { Http2TapRig } from "../support/http2.ts";

/** Known by its shape, or by the name that stands before it alone. */
const shaped = fc.stringMatching(/^[A-Za-z0-9]{16,30}$/).map((rest) => `sk-ant-api03-${rest}`);
const opaque = fc.stringMatching(/^[A-Za-z0-9]{16,30}$/);
const secretName = fc.constantFrom(
  "access_token",
  "refreshToken",
  "id_token",
  "client_secret",
  "OPENAI_API_KEY",
  "password",
  "Cookie",
  "aws_secret_access_key",
);

interface Planted {
  readonly secrets: readonly string[];
  readonly headers: readonly Header[];
  readonly target: string;
  readonly body: string;
}

/** A message with secrets in its headers, its target, its JSON or form. */
const message = fc
  .record({
    shape: shaped,
    one: opaque,
    two: opaque,
    three: opaque,
    four: opaque,
    key: secretName,
    isForm: fc.boolean(),
  })
  .map(({ shape, one, two, three, four, key, isForm }): Planted => {
    const nested = JSON.stringify({ [key]: two, note: shape });
    const body = isForm
      ? `a=1&${key}=${one}&client%5Fsecret=${two}`
      : `{"a":1,"${key}" : "${one}","list":[{"text":${JSON.stringify(nested)}}]}`;
    return {
      secrets: [shape.slice(13), one, two, three, four],
      headers: [
        ["content-type", isForm ? "application/x-www-form-urlencoded" : "application/json"],
        ["x-auth-token", three],
        ["x-note", shape],
      ],
      target: `/v1/x?access_token=${four}&key=${shape}`,
      body,
    };
  });

/** An answer: JSON alone, as forms are requests. */
const answer = fc.record({ shape: shaped, one: opaque, two: opaque, three: opaque, key: secretName }).map(
  ({ shape, one, two, three, key }): Planted => ({
    secrets: [shape.slice(13), one, two, three],
    headers: [
      ["set-cookie", `session=${three}; Path=/`],
      ["location", `https://h/cb?access_token=${two}`],
    ],
    target: "",
    body: `data: {"${key}":"${one}","say":"${shape}"}\n\n`,
  }),
);

async function kept(
  keep: (recorder: Awaited<ReturnType<typeof openRecorder>>) => void,
): Promise<{ readonly text: string; readonly files: number; readonly left: readonly LeftReason[] }> {
  const folder = await mkdtemp(join(tmpdir(), "faultwire-planted-"));
  try {
    const left: LeftReason[] = [];
    const recorder = await openRecorder({ folder, left: (reason) => left.push(reason) });
    keep(recorder);
    await recorder.close();
    const names = await readdir(folder);
    const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
    if (names.length > 0) await readRecordings(folder);
    return { text: names.join("\n") + texts.join("\n"), files: names.length, left };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const lines = (headers: readonly Header[]): string =>
  headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
const pieces = (text: string, size: number): string[] =>
  Array.from({ length: Math.ceil(text.length / size) }, (_, at) => text.slice(at * size, (at + 1) * size));

function expectNone(text: string, ...planted: readonly Planted[]): void {
  for (const secret of planted.flatMap(({ secrets }) => secrets)) {
    expect(text).not.toContain(secret);
    expect(text).not.toContain(Buffer.from(secret).toString("base64").slice(0, -4));
  }
}

it("none is written of HTTP/1.1, wherever chunks and the connection's bytes cut them", async () => {
  await fc.assert(
    fc.asyncProperty(
      message,
      answer,
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 40 }),
      async (asked, said, chunk, part) => {
        const { text, files } = await kept((recorder) => {
          const tap = recorder.tap({ scheme: "https", host: "api.test", protocol: "http/1.1" });
          const chunked = (body: string): string =>
            `Transfer-Encoding: chunked\r\n\r\n${pieces(body, chunk)
              .map((one) => `${one.length.toString(16)}\r\n${one}\r\n`)
              .join("")}0\r\nset-cookie: ${said.secrets[1]}\r\n\r\n`;
          const question = `POST ${asked.target} HTTP/1.1\r\nHost: api.test\r\n${lines(asked.headers)}${chunked(asked.body)}`;
          for (const one of pieces(question, part)) tap.toUpstream(bytesOf(one));
          const response = `HTTP/1.1 200 OK\r\n${lines(said.headers)}${chunked(said.body)}`;
          for (const one of pieces(response, part)) tap.fromUpstream(bytesOf(one));
        });
        expect(files).toBe(1);
        expectNone(text, asked, said);
      },
    ),
    { numRuns: propertyRuns(30) },
  );
});

it("none is written of HTTP/2, wherever DATA cuts them", async () => {
  await fc.assert(
    fc.asyncProperty(message, answer, fc.integer({ min: 1, max: 40 }), async (asked, said, size) => {
      const { text, files } = await kept((recorder) => {
        const rig = new Http2TapRig(recorder.tap({ scheme: "https", host: "api.test", protocol: "h2" }));
        rig.asks(bytesOf(asked.body), asked.headers, asked.target);
        rig.says([
          { kind: "headers", fields: [[":status", "200"], ...said.headers], end: false },
          ...pieces(said.body, size).map(
            (one) => ({ kind: "data", bytes: bytesOf(one), end: false }) as const,
          ),
          { kind: "headers", fields: [["x-session-token", said.secrets[1] ?? ""]], end: true },
        ]);
      });
      expect(files).toBe(1);
      expectNone(text, asked, said);
    }),
    { numRuns: propertyRuns(30) },
  );
});

it.each([
  ["gzip", (text: string) => gzipSync(text)],
  ["br", (text: string) => brotliCompressSync(text)],
  ["gzip, br", (text: string) => brotliCompressSync(gzipSync(text))],
])(
  "a body in %s is opened: one with a secret is not written, another one as it came",
  async (coding, compress) => {
    const exchange = (recorder: Awaited<ReturnType<typeof openRecorder>>, body: Uint8Array): void => {
      const tap = recorder.tap({ scheme: "https", host: "api.test", protocol: "http/1.1" });
      tap.toUpstream(bytesOf("GET / HTTP/1.1\r\nHost: api.test\r\n\r\n"));
      tap.fromUpstream(
        bytesOf(`HTTP/1.1 200 OK\r\nContent-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n\r\n`),
      );
      tap.fromUpstream(body);
    };
    const secret = await kept((recorder) => exchange(recorder, compress('{"access_token":"abcdefgh"}')));
    expect([secret.files, secret.left]).toEqual([0, ["compressed-secret"]]);
    const clean = compress('{"max_tokens":1}');
    const { files, text, left } = await kept((recorder) => exchange(recorder, clean));
    expect([files, left]).toEqual([1, []]);
    expect(text).toContain(Buffer.from(clean).toString("base64"));
    const damaged = await kept((recorder) => exchange(recorder, bytesOf("no such format")));
    expect([damaged.files, damaged.left]).toEqual([0, ["unopened"]]);
  },
);

it("a coding that nobody knows is not written, and one that was cut off is looked at as far as it came", async () => {
  const say = (recorder: Awaited<ReturnType<typeof openRecorder>>, head: string, body: Uint8Array): void => {
    const tap = recorder.tap({ scheme: "https", host: "api.test", protocol: "http/1.1" });
    tap.toUpstream(bytesOf("GET / HTTP/1.1\r\nHost: api.test\r\n\r\n"));
    tap.fromUpstream(bytesOf(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n`));
    tap.fromUpstream(body);
    tap.upstreamEnded("reset");
  };
  const unknown = await kept((recorder) => say(recorder, "Content-Encoding: dcz", bytesOf("x")));
  expect(unknown.left).toEqual(["unopened"]);
  const zipped = gzipSync(`{"access_token":"abcdefgh","more":"${"x".repeat(50)}"}`, { level: 0 });
  const cut = await kept((recorder) =>
    say(recorder, "Content-Encoding: gzip\r\nContent-Length: 999", zipped.subarray(0, -20)),
  );
  expect(cut.left).toEqual(["compressed-secret"]);
});
