/** Responses that come compressed though nobody asked for it, and rules that read them: over sockets, in both versions of HTTP. */
import { once } from "node:events";
import * as http from "node:http";
import type * as http2 from "node:http2";
import type { Readable } from "node:stream";
import * as zlib from "node:zlib";
import { soon } from "@faultwire/testkit/soon";
import { describe, expect, it } from "vitest";
import { type Http2World, http2World, type WorldOptions } from "../support/http2-world.ts";

type ZlibStream = zlib.Gzip & { flush(): void };
const zstd = zlib as unknown as {
  readonly createZstdCompress?: () => ZlibStream;
  readonly createZstdDecompress?: () => ZlibStream;
};

/** What upstreams and clients use: the streams of `node:zlib`. */
const codings: readonly (readonly [name: string, close: () => ZlibStream, open: () => ZlibStream])[] = [
  ["gzip", zlib.createGzip, zlib.createGunzip],
  ["deflate", zlib.createDeflate, zlib.createInflate],
  ["br", zlib.createBrotliCompress as () => ZlibStream, zlib.createBrotliDecompress as () => ZlibStream],
  ...(zstd.createZstdCompress && zstd.createZstdDecompress
    ? ([["zstd", zstd.createZstdCompress, zstd.createZstdDecompress]] as const)
    : []),
];

const event = (at: number): string => `data: {"event":${at}}\n\n`;
const events = (...at: number[]): string => at.map(event).join("");
const rule = (fault: string): string => `[{ name: r, fault: { ${fault} } }]`;
const cut = rule("stream: { cut: { afterEvents: 2, stop: fin } }");
const twice = rule("stream: { duplicate: { every: 1 } }");

/** What a client reads of a response: it undoes the coding as a browser does, while the response still comes. */
class Reading {
  text = "";
  isWhole: boolean | undefined;
  readonly #head: Promise<http.IncomingHttpHeaders>;

  constructor(head: Promise<http.IncomingHttpHeaders>, body: Promise<Readable>, open: ZlibStream) {
    this.#head = head;
    open.on("data", (part: Buffer) => {
      this.text += part.toString();
    });
    open.on("error", () => {
      this.isWhole = false;
    });
    open.on("end", () => {
      this.isWhole ??= true;
    });
    void body.then((stream) => {
      stream.on("error", () => {});
      stream.on("close", () => {
        if (!stream.readableEnded) this.isWhole ??= false;
      });
      stream.pipe(open);
    });
  }

  async head(): Promise<http.IncomingHttpHeaders> {
    return this.#head;
  }

  async until(text: string): Promise<void> {
    await expect.poll(() => this.text).toBe(text);
  }

  async end(): Promise<boolean> {
    await expect.poll(() => this.isWhole).not.toBeUndefined();
    return this.isWhole ?? false;
  }
}

async function read1({ tls }: Http2World, open: ZlibStream, method = "GET"): Promise<Reading> {
  const socket = await tls(["http/1.1"]);
  const request = http.request({ method, headers: { host: "api.test" }, createConnection: () => socket });
  request.on("error", () => {});
  request.end();
  const response = once(request, "response").then(([got]) => got as http.IncomingMessage);
  return new Reading(
    response.then(({ headers }) => headers),
    response,
    open,
  );
}

async function read2({ client }: Http2World, open: ZlibStream): Promise<Reading> {
  const session = await client(["h2"]);
  const request = session.request({ ":path": "/" });
  const head = once(request, "response").then(([fields]) => fields as http2.IncomingHttpHeaders);
  return new Reading(head as Promise<http.IncomingHttpHeaders>, Promise.resolve(request), open);
}

/** An upstream whose stream goes on when a test says so. */
class Upstream {
  readonly #coding: string;
  readonly #close: ZlibStream;
  #hasBegun: (() => void) | undefined;
  readonly #begun: Promise<void> = new Promise((resolve) => {
    this.#hasBegun = resolve;
  });

  constructor(coding: string, close: ZlibStream) {
    this.#coding = coding;
    this.#close = close;
  }

  get options(): Pick<WorldOptions, "serve" | "serve1"> {
    const headers = { "content-type": "text/event-stream", "content-encoding": this.#coding };
    return {
      serve: (stream) => {
        stream.respond({ ":status": 200, ...headers });
        this.#close.pipe(stream);
        this.#hasBegun?.();
      },
      serve1: (_, response) => {
        response.writeHead(200, headers);
        this.#close.pipe(response);
        this.#hasBegun?.();
      },
    };
  }

  async say(text: string): Promise<void> {
    await this.#begun;
    this.#close.write(text);
    this.#close.flush();
  }

  end(): void {
    this.#close.end();
  }
}

const ways = [
  ["HTTP/1.1", "http/1.1", read1],
  ["HTTP/2", "h2", read2],
  ["HTTP/2 in front of HTTP/1.1", "http/1.1", read2],
] as const;

describe.each(ways)("over %s", (_way, protocol, read) => {
  describe.each(codings)("in %s", (coding, close, open) => {
    it("an event reaches its client before the upstream says the next", async () => {
      const upstream = new Upstream(coding, close());
      const world = await http2World({ protocol, rules: twice, ...upstream.options });
      const reading = await read(world, open());
      let expected = "";
      for (const at of [1, 2, 3]) {
        await upstream.say(event(at));
        expected += events(at, at);
        await reading.until(expected);
      }
      upstream.end();
      expect(await reading.end()).toBe(true);
      expect((await reading.head())["content-encoding"]).toBe(coding);
      await expect.poll(() => world.running.told("done").length).toBe(1);
    });

    it("a cut is one of the compressed stream, and all before it can be read", async () => {
      const upstream = new Upstream(coding, close());
      const world = await http2World({ protocol, rules: cut, ...upstream.options });
      const reading = await read(world, open());
      // One chunk with the point in its middle.
      await upstream.say(events(1, 2, 3));
      await reading.until(events(1, 2));
      expect(await reading.end()).toBe(false);
      await expect.poll(() => world.running.told("done").length).toBe(1);
      expect(world.running.told("end").map(({ how }) => how)).toEqual(["cut"]);
    });
  });
});

/** An answer of HTTP/1.1 that is all there. */
const whole =
  (body: Uint8Array, headers: http.OutgoingHttpHeaders = {}): http.RequestListener =>
  (_, response) => {
    response.writeHead(200, {
      "content-type": "text/event-stream",
      "content-encoding": "gzip",
      "content-length": body.length,
      ...headers,
    });
    response.end(body);
  };

describe("a response with a length", () => {
  it("has none where a rule reads it, and no digest that would not agree, which is told", async () => {
    const digests = { "content-digest": "sha-256=:AA==:", "content-md5": "AA==", etag: '"a"', "x-kept": "1" };
    const serve1 = whole(zlib.gzipSync(events(1, 2, 3)), digests);
    const world = await http2World({ protocol: "http/1.1", rules: twice, serve1 });
    const reading = await read1(world, zlib.createGunzip());
    expect(await reading.end()).toBe(true);
    expect(reading.text).toBe(events(1, 1, 2, 2, 3, 3));
    const headers = await reading.head();
    expect(headers).toMatchObject({ "transfer-encoding": "chunked", etag: 'W/"a"', "x-kept": "1" });
    expect(Object.keys(headers).filter((name) => /length|digest|md5/.test(name))).toEqual([]);
    await expect
      .poll(() => world.running.told("done").map(({ instead }) => instead))
      .toEqual([
        "as asked for, but without content-digest and content-md5, since the body is compressed anew",
      ]);
  });

  it("passes byte for byte where no rule reads it, and its events are counted all the same", async () => {
    const body = zlib.gzipSync(events(1, 2, 3));
    const serve1 = whole(body, { "content-digest": "sha-256=:AA==:" });
    const world = await http2World({ protocol: "http/1.1", serve1 });
    const { isWhole, headers, bytes } = await raw(world);
    expect([isWhole, bytes.equals(body)]).toEqual([true, true]);
    expect(headers).toMatchObject({
      "content-length": String(body.length),
      "content-digest": "sha-256=:AA==:",
    });
    await expect.poll(() => world.running.told("end").map((end) => end.events)).toEqual([3]);
  });

  it("passes byte for byte where its coding can't be read, and is told with the reason", async () => {
    const body = Buffer.from(events(1, 2, 3));
    const world = await http2World({ protocol: "http/1.1", rules: cut, serve1: whole(body) });
    const { isWhole, bytes } = await raw(world);
    expect([isWhole, bytes.toString()]).toEqual([true, events(1, 2, 3)]);
    await expect
      .poll(() => world.running.told("undone").map(({ reason }) => reason))
      .toEqual(["the response is compressed, and its gzip can't be read: incorrect header check"]);
  });

  it("ends where its coding breaks, cut off as it would be by any reader of it", async () => {
    const good = zlib.gzipSync(events(1, 2, 3, 4, 5), { finishFlush: zlib.constants.Z_SYNC_FLUSH });
    // A client that opens the coding apart may lose what comes together with the break.
    let breaks = (): void => {};
    const serve1: http.RequestListener = (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream", "content-encoding": "gzip" });
      response.write(good);
      breaks = () => response.end(Buffer.alloc(600, 255));
    };
    const late = rule("stream: { cut: { afterEvents: 9, stop: fin } }");
    const world = await http2World({ protocol: "http/1.1", rules: late, serve1 });
    const reading = await read1(world, zlib.createGunzip());
    await reading.until(events(1, 2, 3, 4, 5));
    breaks();
    expect(await reading.end()).toBe(false);
    await expect
      .poll(() => world.running.told("undone").map(({ reason }) => reason))
      .toEqual([expect.stringMatching(/^the response is compressed, and its gzip can't be read: invalid /)]);
    expect(world.running.told("end").map(({ how }) => how)).toEqual(["cut"]);
  });

  it("keeps it where there is no body: an answer to HEAD", async () => {
    const world = await http2World({ protocol: "http/1.1", rules: cut, serve1: whole(Buffer.alloc(9)) });
    const { headers, bytes } = await raw(world, "HEAD");
    expect([headers["content-length"], headers["content-encoding"], bytes.length]).toEqual(["9", "gzip", 0]);
    await expect
      .poll(() => world.running.told("undone").map(({ reason }) => reason))
      .toEqual(["the response has no body"]);
  });

  it("of nothing stays nothing", async () => {
    const world = await http2World({ protocol: "http/1.1", rules: cut, serve1: whole(Buffer.alloc(0)) });
    const { isWhole, bytes } = await raw(world);
    expect([isWhole, bytes.length]).toEqual([true, 0]);
  });
});

/** What came as it came. */
async function raw(
  { tls }: Http2World,
  method = "GET",
): Promise<{ isWhole: boolean; headers: http.IncomingHttpHeaders; bytes: Buffer }> {
  const socket = await tls(["http/1.1"]);
  const request = http.request({ method, headers: { host: "api.test" }, createConnection: () => socket });
  request.end();
  const [response] = (await soon(once(request, "response"), "the event response of request")) as [
    http.IncomingMessage,
  ];
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return { isWhole: response.complete, headers: response.headers, bytes: Buffer.concat(parts) };
}

describe("fetch", () => {
  it.each(["gzip", "deflate", "br"])("reads %s as it would read the same fault without", async (coding) => {
    const [, close] = codings.find(([name]) => name === coding)!;
    const upstream = new Upstream(coding, close());
    const settings = { reverse: "https://api.test" };
    const { running } = await http2World({
      protocol: "http/1.1",
      rules: cut,
      settings,
      ...upstream.options,
    });
    const asked = fetch(`http://127.0.0.1:${running.proxy.port}/`);
    await upstream.say(event(1));
    const reader = (await asked).body!.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader.read()).value).toBe(event(1));
    await upstream.say(events(2, 3));
    let rest = "";
    const read = async (): Promise<never> => {
      for (;;) rest += (await reader.read()).value ?? "";
    };
    await expect(read()).rejects.toThrow("terminated");
    // The event comes with the cut; this fetch decompresses apart, and may learn of the cut before it has it.
    expect(["", event(2)]).toContain(rest);
  });
});

describe("a budget", () => {
  it("takes from a compressed answer what it says that it used", async () => {
    const used = JSON.stringify({ usage: { input_tokens: 990, output_tokens: 1 } });
    const limit = rule("http: { rateLimit: { inputTokensPerMinute: 1000, provider: anthropic } }");
    const serve1 = whole(zlib.gzipSync(used), { "content-type": "application/json" });
    const world = await http2World({ protocol: "http/1.1", rules: limit, serve1 });
    const reading = await read1(world, zlib.createGunzip());
    expect([await reading.end(), reading.text]).toEqual([true, used]);
    expect((await reading.head())["content-encoding"]).toBe("gzip");
    const socket = await world.tls(["http/1.1"]);
    const body = "x".repeat(80);
    const request = http.request({
      method: "POST",
      headers: { host: "api.test" },
      createConnection: () => socket,
    });
    request.end(body);
    const [response] = (await soon(once(request, "response"), "the event response of request")) as [
      http.IncomingMessage,
    ];
    response.resume();
    expect(response.statusCode).toBe(429);
  });
});
