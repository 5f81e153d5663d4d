/** Each fault of HTTP/2 frame by frame, as a client on a socket of its own gets it from the proxy, and what is told of it. */
import { describe, expect, it } from "vitest";
import { RawHttp2 } from "../../../../packages/fault-session/test/support/raw-http2.ts";
import { type Http2World, http2World, type Serve, type WorldOptions } from "../support/http2-world.ts";

const goawayRead = "PING goneaway";
const event = (text: string): string => `data: ${text}\n\n`;

/** Twenty bytes; with `/events` three server-sent events of nine bytes, a comment between them. */
const serve: Serve = (stream, { ":path": path }) => {
  if (path === "/events") {
    stream.respond({ ":status": 200, "content-type": "text/event-stream" });
    stream.end(`${event("a")}: wait\n\n${event("b")}${event("c")}`);
    return;
  }
  stream.respond({ ":status": 200, "content-type": "text/plain" });
  stream.end("0123456789".repeat(2));
};

interface Met extends Http2World {
  readonly raw: RawHttp2;
}

/** A proxy with one rule, and a client that has come to it. */
async function meet(
  fault: string,
  more: Partial<WorldOptions> & { readonly match?: string } = {},
): Promise<Met> {
  const { match = "match: { path: '/*' }, ", ...options } = more;
  const rules = `[{ name: rule, ${match}fault: { http2: ${fault} } }]`;
  const world = await http2World({ rules, serve, ...options });
  return { ...world, raw: new RawHttp2(await world.tls(["h2"])) };
}

const outcomes = ({ running }: Met): unknown[] => [
  ...running.told("done").map(({ fault }) => fault),
  ...running.told("undone").map(({ fault, reason }) => [fault, reason]),
];
const ends = ({ running }: Met): string[] => running.told("end").map(({ how }) => how);

/** A fault of its own for the first request alone; the next one is served. */
const once = "match: { path: '/*' }, when: { first: 1 }, ";

describe("http2.reset", () => {
  it.each([
    ["{ reset: { code: REFUSED_STREAM, at: request } }", ["RST_STREAM 1 7"], "failed"],
    ["{ reset: { code: HTTP_1_1_REQUIRED } }", ["RST_STREAM 1 13"], "failed"],
    ["{ reset: { code: NO_ERROR, at: response-head } }", ["RST_STREAM 1 0"], "failed"],
    ["{ reset: { code: CANCEL, afterBytes: 0 } }", ["HEADERS 1", "RST_STREAM 1 8"], "cut"],
    ["{ reset: { afterBytes: 7 } }", ["HEADERS 1", "DATA 1 7", "RST_STREAM 1 2"], "cut"],
    [
      "{ reset: { code: ENHANCE_YOUR_CALM, afterBytes: 20 } }",
      ["HEADERS 1", "DATA 1 20", "RST_STREAM 1 11"],
      "cut",
    ],
  ])("%s", async (fault, frames, end) => {
    const met = await meet(fault, { match: once });
    met.raw.ask();
    await met.raw.until(/^RST_STREAM/);
    // The connection is as good as ever.
    met.raw.ask();
    await met.raw.until("DATA 3 20 end");
    await expect.poll(() => ends(met)).toEqual([end, "complete"]);
    const ofFirst = met.raw.said.filter((line) => line.includes(" 1"));
    expect(ofFirst).toEqual(frames);
    expect(outcomes(met)).toEqual(["http2.reset"]);
  });

  it("a request that is reset in place of a response does not reach the upstream", async () => {
    let asked = 0;
    const met = await meet("{ reset: { code: REFUSED_STREAM } }", {
      serve: (stream) => {
        asked++;
        stream.respond({}, { endStream: true });
      },
    });
    met.raw.ask();
    await met.raw.until("RST_STREAM 1 7");
    expect(asked).toBe(0);
  });

  it("behind so many events, of which a comment is none", async () => {
    const met = await meet("{ reset: { code: INTERNAL_ERROR, afterEvents: 2 } }");
    met.raw.ask("/events");
    await met.raw.until("RST_STREAM 1 2");
    expect(met.raw.dataOf(1)).toBe(`${event("a")}: wait\n\n${event("b")}`);
    expect(outcomes(met)).toEqual(["http2.reset"]);
  });

  it.each([
    ["afterBytes: 21", "the response ended before its point had come"],
    ["afterEvents: 1", "the response is no event stream"],
  ])("%s, which never comes, is told, and the response is whole", async (point, reason) => {
    const met = await meet(`{ reset: { ${point} } }`);
    met.raw.ask();
    await met.raw.until(/^DATA 1 .*end$/);
    await expect.poll(() => outcomes(met)).toEqual([["http2.reset", reason]]);
    expect(met.raw.dataOf(1)).toHaveLength(20);
  });
});

describe("http2.goaway", () => {
  it.each([
    ["all", 2_147_483_647],
    ["this", 1],
  ])("last: %s covers the request, which is served; one PING shows when it was read", async (last, id) => {
    const met = await meet(`{ goaway: { code: ENHANCE_YOUR_CALM, last: ${last}, debug: slow down } }`, {
      match: once,
    });
    met.raw.ask();
    await met.raw.until("DATA 1 20 end");
    expect(met.raw.said).toEqual([`GOAWAY ${id} 11 slow down`, goawayRead, "HEADERS 1", "DATA 1 20 end"]);
    await expect.poll(() => outcomes(met)).toEqual(["http2.goaway"]);
    expect(met.raw.hasEnded).toBe(false);
  });

  it.each(["below", "none"])(
    "last: %s leaves the request without an answer, and the upstream without it",
    async (last) => {
      let asked = 0;
      const met = await meet(`{ goaway: { last: ${last} } }`, { serve: () => void asked++, match: once });
      met.raw.ask();
      await met.raw.until(goawayRead);
      await met.raw.settle();
      expect(met.raw.said.slice(0, 2)).toEqual(["GOAWAY 0 0", goawayRead]);
      expect(asked).toBe(0);
      await expect.poll(() => ends(met)).toEqual(["failed"]);
      expect(met.running.told("decision")).toMatchObject([{ code: "NO_ERROR", unprocessed: true }]);
      expect(outcomes(met)).toEqual(["http2.goaway"]);
    },
  );

  it("below this one: requests before it are served, those behind it are not", async () => {
    let answerLate = (): void => {};
    const met = await meet("{ goaway: { last: below } }", {
      match: "match: { path: /gone }, ",
      serve: (stream, headers, raw) => {
        answerLate = () => {
          answerLate = () => {};
          serve(stream, headers, raw);
        };
      },
    });
    met.raw.ask("/late");
    met.raw.ask("/gone");
    met.raw.ask("/behind");
    await met.raw.until(goawayRead);
    await expect.poll(() => ends(met)).toEqual(["failed", "failed"]);
    await expect
      .poll(() => {
        answerLate();
        return met.raw.lines.includes("DATA 1 20 end");
      })
      .toBe(true);
    await met.raw.settle();
    expect(met.raw.said.filter((line) => !line.startsWith("PING"))).toEqual([
      "GOAWAY 1 0",
      "HEADERS 1",
      "DATA 1 20 end",
    ]);
    await expect.poll(() => ends(met)).toEqual(["failed", "failed", "complete"]);
  });

  it("behind bytes of the response, exactly there", async () => {
    const met = await meet("{ goaway: { last: this, afterBytes: 5 } }");
    met.raw.ask();
    await met.raw.until("DATA 1 15 end");
    expect(met.raw.said).toEqual(["HEADERS 1", "DATA 1 5", "GOAWAY 1 0", goawayRead, "DATA 1 15 end"]);
    await expect.poll(() => outcomes(met)).toEqual(["http2.goaway"]);
  });

  it("in the middle of a response that it does not cover: nothing more comes of it", async () => {
    const met = await meet("{ goaway: { code: INTERNAL_ERROR, last: none, afterBytes: 5 } }");
    met.raw.ask();
    await met.raw.until(goawayRead);
    await met.raw.settle();
    expect(met.raw.said.slice(0, 4)).toEqual(["HEADERS 1", "DATA 1 5", "GOAWAY 0 2", goawayRead]);
    expect(met.raw.dataOf(1)).toBe("01234");
    await expect.poll(() => ends(met)).toEqual(["cut"]);
  });

  it("graceful: the second GOAWAY names the last stream, and the connection ends behind it", async () => {
    // What comes behind the point is there already: nothing but the end takes its time.
    const met = await meet("{ goaway: { closeAfter: 500ms, afterBytes: 20 } }", { match: once });
    met.raw.ask();
    await expect.poll(() => met.raw.hasEnded).toBe(true);
    expect(met.raw.dataOf(1)).toHaveLength(20);
    expect(met.raw.said.filter((line) => !line.startsWith("DATA"))).toEqual([
      "HEADERS 1",
      "GOAWAY 2147483647 0",
      goawayRead,
      "GOAWAY 1 0",
    ]);
    await expect.poll(() => ends(met)).toEqual(["complete"]);
    expect(outcomes(met)).toEqual(["http2.goaway"]);
  });

  it("abrupt: the connection ends with it, and what is under way is cut", async () => {
    const met = await meet(
      "{ goaway: { code: INTERNAL_ERROR, last: this, afterBytes: 5, closeAfter: 0ms } }",
    );
    met.raw.ask();
    await expect.poll(() => met.raw.hasEnded).toBe(true);
    expect(met.raw.said).toEqual(["HEADERS 1", "DATA 1 5", "GOAWAY 1 2", goawayRead]);
    await expect.poll(() => ends(met)).toEqual(["cut"]);
    expect(outcomes(met)).toEqual(["http2.goaway"]);
  });

  it("a request on the same connection is told apart by whether the client had read the GOAWAY", async () => {
    const met = await meet("{ goaway: { last: this } }", { match: once });
    met.raw.ask();
    await met.raw.until(goawayRead);
    met.raw.ask();
    await expect.poll(() => met.running.told("request").length).toBe(2);
    met.raw.answerPing();
    met.raw.ask();
    await expect
      .poll(() => met.running.told("request").map(({ afterGoaway }) => afterGoaway))
      .toEqual([undefined, undefined, true]);
    await met.raw.settle();
    expect(met.raw.said.filter((line) => / [35]\b/.test(line))).toEqual([]);
  });
});

describe("http2.settings", () => {
  const all =
    "{ settings: { maxConcurrentStreams: 3, initialWindowSize: 1000, maxFrameSize: 20000, maxHeaderListSize: 4000 } }";

  it("of a connection are its first ones", async () => {
    const met = await meet(all, { match: "" });
    met.raw.ask();
    await met.raw.until("DATA 1 20 end");
    expect(met.raw.lines[0]).toBe("SETTINGS 3=3 4=1000 6=4000 5=20000");
    expect(met.raw.lines.filter((line) => line.startsWith("SETTINGS "))).toHaveLength(2);
    await expect.poll(() => outcomes(met)).toEqual(["http2.settings"]);
    expect(met.running.told("done")).toMatchObject([{ request: null }]);
  });

  it("of a request come with it", async () => {
    const met = await meet(all);
    met.raw.ask();
    await met.raw.until("DATA 1 20 end");
    expect(met.raw.lines).toContain("SETTINGS 3=3 4=1000 5=20000 6=4000");
    await expect.poll(() => outcomes(met)).toEqual(["http2.settings"]);
  });

  it("more streams than that are refused, once the client has acknowledged it", async () => {
    const met = await meet("{ settings: { maxConcurrentStreams: 1 } }", {
      match: "",
      serve: (stream, { ":path": path }) => {
        if (path === "/") stream.respond({ ":status": 200 });
        else stream.respond({ ":status": 200 }, { endStream: true });
      },
    });
    met.raw.ask();
    await met.raw.until("HEADERS 1");
    met.raw.ask("/early");
    await met.raw.until("HEADERS 3 end");
    met.raw.acknowledge();
    met.raw.ask("/late");
    await met.raw.until("RST_STREAM 5 7");
  });

  it("a frame as large as was allowed is taken", async () => {
    const met = await meet("{ settings: { maxFrameSize: 20000 } }", {
      match: "",
      serve: (stream) => {
        stream.respond({ ":status": 200 });
        stream.pipe(stream);
      },
    });
    await met.raw.until(/^SETTINGS 3/);
    const body = "x".repeat(20_000);
    met.raw.ask("/", body);
    await expect.poll(() => met.raw.dataOf(1).length).toBe(20_000);
  });
});

describe("http2.window", () => {
  it("never: a connection begins with a window of 0, and no room comes", async () => {
    const met = await meet("{ window: never }", { match: "" });
    const id = met.raw.ask("/", null);
    await met.raw.settle();
    expect(met.raw.lines[0]).toMatch(/ 4=0 /);
    expect(met.raw.lines.filter((line) => line.startsWith(`WINDOW_UPDATE ${id} `))).toEqual([]);
    await expect.poll(() => outcomes(met)).toEqual(["http2.window"]);
  });

  it("in drops: so many bytes, again and again", async () => {
    const met = await meet("{ window: { bytes: 100, every: 10ms } }", {
      match: "",
      serve: (stream) => void stream.resume(),
    });
    met.raw.ask("/", null);
    const drops = (): string[] => met.raw.lines.filter((line) => line.startsWith("WINDOW_UPDATE 1 "));
    await expect.poll(() => drops().length).toBeGreaterThan(2);
    expect(new Set(drops())).toEqual(new Set(["WINDOW_UPDATE 1 100"]));
  });

  it("of a request: its stream gets nothing back, and it is done when it has used its room", async () => {
    const met = await meet("{ window: never }", { serve: (stream) => void stream.resume() });
    const id = met.raw.ask("/", null);
    met.raw.data(id, 262_144);
    await met.raw.settle();
    expect(met.raw.lines.filter((line) => line.startsWith(`WINDOW_UPDATE ${id} `))).toEqual([]);
    met.raw.reset(id, 8);
    await expect.poll(() => outcomes(met)).toEqual(["http2.window"]);
    expect(ends(met)).toEqual(["abandoned"]);
  });

  it.each([
    ["", "the request has no body, or all of it had come"],
    ["short", "all of the request fitted into the room that it had"],
  ])("of a request with the body %j: it is told that nothing came of it", async (body, reason) => {
    const met = await meet("{ window: never }");
    met.raw.ask("/", body);
    await met.raw.until("DATA 1 20 end");
    await expect.poll(() => outcomes(met)).toEqual([["http2.window", reason]]);
  });
});

describe("http2.ping", () => {
  it("answers so many, and no more; done when one came without an answer", async () => {
    const met = await meet("{ ping: { afterPings: 2 } }", { match: "" });
    met.raw.ask();
    await met.raw.until("DATA 1 20 end");
    for (const text of ["ping-one", "ping-two"]) met.raw.ping(text);
    await met.raw.until("PING ack ping-two");
    expect(outcomes(met)).toEqual([]);
    met.raw.ping("ping-3rd");
    met.raw.ask();
    await met.raw.until("DATA 3 20 end");
    expect(met.raw.said.filter((line) => line.startsWith("PING"))).toEqual([
      "PING ack ping-one",
      "PING ack ping-two",
    ]);
    await expect.poll(() => outcomes(met)).toEqual(["http2.ping"]);
  });

  it.each([
    ["", "of a connection"],
    [once, "of a request, from then on"],
  ])("without a PING nothing was done (%s%s)", async (match) => {
    const met = await meet("{ ping: unanswered }", { match });
    const socket = await met.tls(["h2"]);
    const raw = new RawHttp2(socket);
    raw.ask();
    await raw.until("DATA 1 20 end");
    await expect.poll(() => ends(met)).toEqual(["complete"]);
    expect(outcomes(met)).toEqual([]);
    socket.end();
    await expect.poll(() => outcomes(met)).toContainEqual(["http2.ping", "the client sent no PING"]);
  });
});

describe("http2.frame", () => {
  it.each([
    ["{ how: bad-length }", ["PING of 7", "HEADERS 1", "DATA 1 20 end"]],
    ["{ how: wrong-stream, at: response-head }", ["DATA 0 2", "HEADERS 1", "DATA 1 20 end"]],
    ["{ how: idle-stream, afterBytes: 0 }", ["HEADERS 1", "DATA 2001 2", "DATA 1 20 end"]],
    ["{ how: closed-stream }", ["HEADERS 1", "DATA 1 20 end", "DATA 1 2"]],
    ["{ how: oversized, afterBytes: 10 }", ["HEADERS 1", "DATA 1 10", "DATA 1 16385", "DATA 1 10 end"]],
  ])("%s", async (fault, frames) => {
    const met = await meet(`{ frame: ${fault} }`);
    met.raw.ask();
    await met.raw.until(frames.at(-1)!);
    await met.raw.settle();
    expect(met.raw.said.slice(0, -1)).toEqual(frames);
    await expect.poll(() => outcomes(met)).toEqual(["http2.frame"]);
    expect(ends(met)).toEqual(["complete"]);
  });

  it("closed-stream behind a response without a body", async () => {
    const met = await meet("{ frame: { how: closed-stream } }", {
      serve: (stream) => stream.respond({ ":status": 204 }, { endStream: true }),
    });
    met.raw.ask();
    await met.raw.until("DATA 1 2");
    expect(met.raw.said).toEqual(["HEADERS 1 end", "DATA 1 2"]);
    await expect.poll(() => outcomes(met)).toEqual(["http2.frame"]);
  });

  it("a client that takes frames of any size is told of as such", async () => {
    const met = await meet("{ frame: { how: oversized } }");
    const raw = new RawHttp2(await met.tls(["h2"]), [[5, 16_777_215]]);
    raw.ask();
    await raw.until("DATA 1 20 end");
    await expect
      .poll(() => outcomes(met))
      .toEqual([
        ["http2.frame", "the client takes frames of 16777215 bytes; 4194305 is the largest that is made"],
      ]);
  });
});

describe("http2.headers", () => {
  it.each([
    ["uppercase", [":status", "Content-Type", "date"]],
    ["connection-specific", [":status", "content-type", "date", "connection"]],
    ["missing-status", ["content-type", "date"]],
  ])("%s", async (how, names) => {
    const met = await meet(`{ headers: ${how} }`);
    met.raw.ask();
    await met.raw.until("DATA 1 20 end");
    expect(met.raw.sections[0]?.map(([name]) => name)).toEqual(names);
    await expect.poll(() => outcomes(met)).toEqual(["http2.headers"]);
  });
});
