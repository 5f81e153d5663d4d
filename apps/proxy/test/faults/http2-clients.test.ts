/** Each fault of HTTP/2, as Node's client of HTTP/2 meets it: what a program is told, and what a report says of it. */
import { once } from "node:events";
import type { ClientHttp2Session } from "node:http2";
import { judge } from "@faultwire/fault-engine";
import { soon } from "@faultwire/testkit/soon";
import { describe, expect, it } from "vitest";
import {
  ask,
  gotOf,
  type Http2World,
  http2World,
  type Serve,
  type WorldOptions,
} from "../support/http2-world.ts";

const kept: Serve = (stream) => {
  stream.respond({ ":status": 200, "content-type": "text/plain" });
  stream.end("0123456789".repeat(2));
};

/** Says how many bytes of the request's body have come. */
const countBytes: Serve = (stream) => {
  let bytes = 0;
  stream.on("data", (data: Buffer) => {
    bytes += data.length;
  });
  stream.on("end", () => {
    stream.respond({ ":status": 200, "x-bytes": String(bytes) }, { endStream: true });
  });
};

async function meet(
  fault: string,
  more: Partial<WorldOptions> & { readonly match?: string } = {},
): Promise<Http2World & { readonly session: ClientHttp2Session }> {
  const { match = "match: { path: '/*' }, ", ...options } = more;
  const rules = `[{ name: rule, ${match}fault: { http2: ${fault} } }]`;
  const world = await http2World({ rules, serve: kept, ...options });
  return { ...world, session: await world.client(["h2"]) };
}

/** What the error of a session says. */
async function errorOf(session: ClientHttp2Session): Promise<string> {
  const [error] = (await soon(once(session, "error"), "the event error of session")) as [
    Error & { code?: string },
  ];
  return error.message;
}

/** As most clients send it: with its length. */
const post = { ":method": "POST", "content-length": "1" };

const verdicts = ({ running }: Http2World): string[] =>
  judge([], running.events, { asksOnce: true }).checks.map(({ outcome, check }) => `${check}: ${outcome}`);

describe("a stream that is reset", () => {
  it.each([
    ["{ code: REFUSED_STREAM }", 7],
    ["{ code: CANCEL, at: response-head }", 8],
    ["{ code: ENHANCE_YOUR_CALM }", 11],
  ])("%s: the request fails with that code, and the session goes on", async (reset, code) => {
    const { session } = await meet(`{ reset: ${reset} }`, {
      match: "match: { path: '/*' }, when: { first: 1 }, ",
    });
    const got = await ask(session, {});
    expect([got.status, got.code]).toEqual([undefined, code]);
    expect((await ask(session, {})).isWhole).toBe(true);
    expect(session.destroyed).toBe(false);
  });

  it("behind some bytes: the client has those and the code", async () => {
    const { session } = await meet("{ reset: { code: INTERNAL_ERROR, afterBytes: 7 } }");
    const got = await ask(session, {});
    expect([got.status, got.body.toString(), got.code]).toEqual([200, "0123456", 2]);
  });

  it("REFUSED_STREAM is to be sent again, and the report sees whether it is", async () => {
    const world = await meet("{ reset: { code: REFUSED_STREAM } }", {
      match: "match: { path: '/*' }, when: { first: 1 }, ",
    });
    await ask(world.session, post, "x");
    await expect.poll(() => verdicts(world)).toContain("retriesPassingErrors: fail");
    await ask(world.session, post, "x");
    await expect.poll(() => verdicts(world)).toContain("retriesPassingErrors: pass");
  });

  it("with another code a POST is not to be sent again, and the report sees whether it is", async () => {
    const world = await meet("{ reset: { code: INTERNAL_ERROR } }", {
      match: "match: { path: '/*' }, when: { first: 1 }, ",
    });
    await ask(world.session, post, "x");
    await expect.poll(() => verdicts(world)).toContain("leavesWhatMayBeDone: pass");
    await ask(world.session, post, "x");
    await expect.poll(() => verdicts(world)).toContain("leavesWhatMayBeDone: fail");
  });
});

describe("a GOAWAY", () => {
  it("that covers the request: it is served, and the session takes no more", async () => {
    const { session } = await meet("{ goaway: { last: this, debug: restarting } }");
    const goaway = once(session, "goaway");
    const got = await ask(session, {});
    expect([got.status, got.isWhole]).toEqual([200, true]);
    const [code, last, debug] = (await goaway) as [number, number, Buffer];
    expect([code, last, debug.toString()]).toEqual([0, 1, "restarting"]);
    await expect.poll(() => session.closed || session.destroyed).toBe(true);
  });

  it("that leaves the request out, and a client that comes back on another connection", async () => {
    const world = await meet("{ goaway: { code: INTERNAL_ERROR, last: below, closeAfter: 0ms } }", {
      match: "match: { path: '/*' }, when: { first: 1 }, ",
    });
    const got = await ask(world.session, {});
    expect([got.status, got.isWhole]).toEqual([undefined, false]);
    const again = await ask(await world.client(["h2"]), {});
    expect(again.status).toBe(200);
    await expect
      .poll(() => verdicts(world))
      .toEqual(expect.arrayContaining(["retriesPassingErrors: pass", "leavesGoneConnection: pass"]));
  });
});

describe("SETTINGS, windows and PINGs", () => {
  it("are what Node's session says of its peer", async () => {
    const { session } = await meet(
      "{ settings: { maxConcurrentStreams: 7, initialWindowSize: 1000, maxFrameSize: 20000, maxHeaderListSize: 4000 } }",
      { match: "" },
    );
    await soon(once(session, "remoteSettings"), "the event remoteSettings of session");
    expect(session.remoteSettings).toMatchObject({
      maxConcurrentStreams: 7,
      initialWindowSize: 1000,
      maxFrameSize: 20_000,
      maxHeaderListSize: 4000,
    });
  });

  // A client of Node 20.19 sends a GOAWAY there, and says nothing to its program.
  it.skipIf(process.versions.node.startsWith("20.19."))(
    "a value that is not allowed ends the session",
    async () => {
      const { session } = await meet("{ settings: { initialWindowSize: 4294967295 } }", { match: "" });
      expect(await errorOf(session)).toMatch(/NGHTTP2_FLOW_CONTROL_ERROR|Protocol error|flow/i);
    },
  );

  it("a small initial window is opened again as it is used: all of a long body comes", async () => {
    const { session } = await meet("{ settings: { initialWindowSize: 1000 } }", {
      match: "",
      serve: countBytes,
    });
    await soon(once(session, "remoteSettings"), "the event remoteSettings of session");
    const got = await ask(session, { ":method": "POST" }, "x".repeat(20_000));
    expect(got.headers["x-bytes"]).toBe("20000");
  });

  it("a window that never opens: not a byte of a body goes", async () => {
    let got = 0;
    const { session } = await meet("{ window: never }", {
      match: "",
      serve: (stream) => {
        stream.on("data", (data: Buffer) => {
          got += data.length;
        });
      },
    });
    await soon(once(session, "remoteSettings"), "the event remoteSettings of session");
    const request = session.request({ ":path": "/", ":method": "POST" });
    request.on("error", () => {});
    request.end("x".repeat(1000));
    await soon(new Promise((resolve) => session.ping(resolve)), "the answer to a PING");
    await soon(new Promise((resolve) => session.ping(resolve)), "the answer to a PING");
    expect([got, request.writableLength > 0 || !request.writableFinished]).toEqual([0, true]);
  });

  it("one that opens in drops: all of the body comes", async () => {
    const { session } = await meet("{ window: { bytes: 400, every: 5ms } }", {
      match: "",
      serve: countBytes,
    });
    await soon(once(session, "remoteSettings"), "the event remoteSettings of session");
    const got = await ask(session, { ":method": "POST" }, "x".repeat(1000));
    expect(got.headers["x-bytes"]).toBe("1000");
  });

  it("a PING gets no answer, and requests go on", async () => {
    const world = await meet("{ ping: { afterPings: 1 } }", { match: "" });
    await soon(new Promise((resolve) => world.session.ping(resolve)), "the answer to a PING");
    let isAnswered = false;
    world.session.ping(() => {
      isAnswered = true;
    });
    expect((await ask(world.session, {})).status).toBe(200);
    await expect.poll(() => world.running.told("done").map(({ fault }) => fault)).toEqual(["http2.ping"]);
    expect(isAnswered).toBe(false);
  });
});

describe("frames and header sections that RFC 9113 does not allow", () => {
  // Of Node 20.20 nothing more is to be seen: its request gets neither an answer nor an error.
  it.each([
    ["bad-length", 6],
    ["wrong-stream", 1],
    ["idle-stream", 1],
    ["oversized", 6],
  ])("%s: Node's client ends the connection with code %i, and says so to the upstream", async (how, code) => {
    const codes: number[] = [];
    const { session } = await meet(`{ frame: { how: ${how} } }`, {
      serve: (stream, headers, raw) => {
        stream.session?.on("goaway", (said) => codes.push(said));
        kept(stream, headers, raw);
      },
    });
    session.request({ ":path": "/" }).on("error", () => {});
    await expect.poll(() => codes).toEqual([code]);
  });

  it.each(["uppercase", "connection-specific", "missing-status"])(
    "%s: the request fails with PROTOCOL_ERROR",
    async (how) => {
      const { session } = await meet(`{ headers: ${how} }`);
      const got = await gotOf(session.request({ ":path": "/" }));
      expect([got.status, got.code]).toEqual([undefined, 1]);
    },
  );
});
