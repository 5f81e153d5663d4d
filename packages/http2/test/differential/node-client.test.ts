/** Our end as a server, with Node's HTTP/2 client on the other: nghttp2 judges every byte of ours. */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  sensitiveHeaders,
} from "node:http2";
import {
  ErrorCode,
  type HeaderSection,
  type Http2Handler,
  type Http2Stream,
  sectionOf,
} from "@faultwire/http2";
import { afterEach, describe, expect, it } from "vitest";
import { serveOnce, type Wired, type WiredOptions } from "../support/wired.ts";

const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0)) end();
});

type Answer = (wire: Wired<Seen>, stream: Http2Stream<Seen>, seen: Seen) => void;

/** Node's client against a server of ours that does this with each request, once all of it is there. */
async function served(
  answer: Answer,
  options: WiredOptions<Seen> = {},
  ears: Partial<Http2Handler<Seen>> = {},
): Promise<{ session: ClientHttp2Session; wire: Wired<Seen> }> {
  let wire: Wired<Seen> | undefined;
  const { port, wired, close } = await serveOnce<Seen>(
    {
      headers(stream, kind, section, endStream) {
        stream.owner ??= { section, parts: [], trailers: undefined };
        if (kind === "trailers") stream.owner.trailers = section;
        if (endStream) answer(wire!, stream, stream.owner);
      },
      data(stream, data, endStream) {
        stream.owner!.parts.push(data);
        wire!.connection.consumed(stream, data.length);
        if (endStream) answer(wire!, stream, stream.owner!);
      },
      ...ears,
    },
    options,
  );
  const session = connect(`http://127.0.0.1:${port}`);
  session.on("error", () => {});
  endings.push(() => session.destroy(), close);
  wire = await wired;
  return { session, wire };
}

interface Seen {
  readonly section: HeaderSection;
  readonly parts: Uint8Array[];
  trailers: HeaderSection | undefined;
}

const headOf = (request: ClientHttp2Stream): Promise<Record<string, unknown>> =>
  new Promise((resolve, reject) => {
    request.on("response", (headers) => resolve({ ...headers }));
    request.on("error", reject);
  });
const bodyOf = async (request: ClientHttp2Stream): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
};
const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value, "latin1"));

describe("as a server", () => {
  it("reads requests in wire order, and answers with head, body and trailers", async () => {
    const { session } = await served((wire, stream, seen) => {
      wire.connection.respond(
        stream,
        sectionOf([
          [":status", "103"],
          ["link", "</a>"],
        ]),
        false,
      );
      wire.connection.respond(
        stream,
        sectionOf([
          [":status", "200"],
          ["x-fields", String(seen.section.fields.length)],
        ]),
        false,
      );
      for (const part of seen.parts) wire.connection.data(stream, part);
      wire.connection.end(stream, { kind: "trailers", section: sectionOf([["x-trailer", "t"]]) });
    });
    const request = session.request({
      ":method": "POST",
      ":path": "/v1/messages",
      "x-b": "1",
      "x-a": ["2", "3"],
      cookie: ["a=1", "b=2"],
    });
    const interim: unknown[] = [];
    const trailers: unknown[] = [];
    request.on("headers", (headers) => interim.push(headers[":status"]));
    request.on("trailers", (fields) => trailers.push(fields["x-trailer"]));
    request.end(Buffer.alloc(100_000, "x"));
    expect(await headOf(request)).toMatchObject({ ":status": 200, "x-fields": "9" });
    expect((await bodyOf(request)).equals(Buffer.alloc(100_000, "x"))).toBe(true);
    expect(interim).toEqual([103]);
    expect(trailers).toEqual(["t"]);
  });

  it("keeps the order of pseudo-header fields and fields, cookies that are split, and bytes beyond ASCII", async () => {
    let fields: unknown;
    const { session } = await served((wire, stream, seen) => {
      fields = seen.section.fields;
      wire.connection.respond(
        stream,
        sectionOf([
          [":status", "204"],
          ["x-back", "\xe9\xff"],
        ]),
        true,
      );
    });
    const request = session.request({
      ":path": "/p?q=1",
      ":method": "GET",
      b: "\xe9",
      a: "1",
      cookie: ["x=1", "y=2"],
    });
    expect((await headOf(request))["x-back"]).toBe("\xe9\xff");
    expect(fields).toEqual([
      [":path", "/p?q=1"],
      [":method", "GET"],
      [":authority", expect.stringMatching(/^127/)],
      [":scheme", "http"],
      ["b", "\xe9"],
      ["a", "1"],
      ["cookie", "x=1"],
      ["cookie", "y=2"],
    ]);
  });

  it("knows fields that were never to be indexed", async () => {
    const marked: string[] = [];
    const { session } = await served((wire, stream, { section }) => {
      for (const field of section.fields) if (section.neverIndexed.has(field)) marked.push(field[0]);
      wire.connection.respond(stream, sectionOf([[":status", "200"]]), true);
    });
    const headers = { "x-api-key": "secret", "x-open": "1" };
    await headOf(
      session.request({
        ...headers,
        [sensitiveHeaders]: ["x-api-key"],
      } as never),
    );
    expect(marked).toEqual(["x-api-key"]);
  });

  it("takes large header sections over several frames, both ways", async () => {
    const large = "v".repeat(60_000);
    const { session } = await served((wire, stream, { section }) => {
      wire.connection.respond(
        stream,
        sectionOf([
          [":status", "200"],
          ["x-large", section.fields.at(-1)![1]],
        ]),
        true,
      );
    });
    expect((await headOf(session.request({ "x-large": large })))["x-large"]).toBe(large);
  });

  it("decodes and encodes through many messages, so that both tables stay the same", async () => {
    const { session } = await served((wire, stream, { section }) => {
      const own = section.fields.filter(([name]) => name.startsWith("x-"));
      wire.connection.respond(stream, sectionOf([[":status", "200"], ...own]), true);
    });
    for (let round = 0; round < 200; round++) {
      const headers = { [`x-${round % 17}`]: `v${round % 5}`.repeat((round % 40) + 1), "x-same": "always" };
      expect(await headOf(session.request(headers))).toMatchObject(headers);
    }
  });

  it("sends no more than windows allow, and the rest when there is room", async () => {
    const body = Buffer.alloc(1_000_000, "y");
    const { session, wire } = await served((wire, stream) => {
      wire.connection.respond(stream, sectionOf([[":status", "200"]]), false);
      wire.connection.data(stream, body);
      wire.connection.end(stream);
    });
    const request = session.request({ ":path": "/" });
    await headOf(request);
    request.pause();
    await new Promise((resolve) => setImmediate(resolve));
    expect(wire.connection.heldBytes).toBeGreaterThan(900_000);
    expect((await bodyOf(request)).length).toBe(body.length);
    expect(wire.connection.streams).toBe(0);
  });

  it("hears a client that cancels, with its code", async () => {
    const codes: number[] = [];
    const { session, wire } = await served(
      (wire, stream) => wire.connection.respond(stream, sectionOf([[":status", "200"]]), false),
      {},
      { reset: (_stream, code, isOurs) => codes.push(code, Number(isOurs)) },
    );
    const request = session.request({ ":path": "/" });
    await headOf(request);
    request.close(constants.NGHTTP2_CANCEL);
    await expect.poll(() => codes).toEqual([8, 0]);
    expect(wire.connection.streams).toBe(0);
  });

  it("resets a stream behind its data, and never looks ended before", async () => {
    const { session } = await served((wire, stream) => {
      wire.connection.respond(stream, sectionOf([[":status", "200"]]), false);
      wire.connection.data(stream, text("half"));
      wire.connection.end(stream, { kind: "reset", code: ErrorCode.INTERNAL_ERROR });
    });
    const request = session.request({ ":path": "/" });
    request.on("error", () => {});
    const seen: string[] = [];
    request.on("data", (part) => seen.push(String(part)));
    request.on("end", () => seen.push("end"));
    await expect.poll(() => request.closed).toBe(true);
    expect(request.rstCode).toBe(2);
    expect(seen.filter((what) => what !== "end")).toEqual(["half"]);
  });

  it("answers pings, and takes and gives GOAWAY", async () => {
    let told: unknown;
    const { session, wire } = await served(() => {}, {}, { goaway: ({ code }) => (told = code) });
    await new Promise((resolve) => session.ping(Buffer.from("12345678"), resolve));
    const goaway = new Promise((resolve) =>
      session.on("goaway", (code, last, data) => resolve([code, last, String(data)])),
    );
    wire.connection.goaway(ErrorCode.ENHANCE_YOUR_CALM, 0, text("slow down"));
    wire.flush();
    expect(await goaway).toEqual([11, 0, "slow down"]);
    const other = await served(() => {}, {}, { goaway: ({ code }) => (told = code) });
    other.session.on("connect", () => other.session.goaway(3));
    await expect.poll(() => told).toBe(3);
  });
});
