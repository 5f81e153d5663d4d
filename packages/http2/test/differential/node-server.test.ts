/** Our end as a client, with Node's HTTP/2 server on the other. */
import { createHash } from "node:crypto";
import type { ServerHttp2Stream } from "node:http2";
import * as http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { ErrorCode, type Http2Handler, type Http2Stream, sectionOf } from "@faultwire/http2";
import { afterEach, describe, expect, it } from "vitest";
import { connectTo, type Wired } from "../support/wired.ts";

interface Got {
  readonly sections: [string, Record<string, string>][];
  readonly parts: Uint8Array[];
  isOver: boolean;
  code: number | undefined;
}

type Serve = (stream: ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => void;

type Ask = (fields: [string, string][], body?: Uint8Array) => { stream: Http2Stream<Got>; got: Got };

const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0)) end();
});

/** A client of ours against Node's server. */
async function asking(
  serve: Serve,
  settings: http2.Settings = {},
  ears: Partial<Http2Handler<Got>> = {},
): Promise<{ wire: Wired<Got>; ask: Ask }> {
  const server = http2.createServer({ settings });
  server.on("stream", serve);
  server.on("sessionError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const wire = await connectTo<Got>(port, {
    headers(stream, kind, { fields }, endStream) {
      stream.owner!.sections.push([kind, Object.fromEntries(fields)]);
      stream.owner!.isOver ||= endStream;
    },
    data(stream, data, endStream) {
      stream.owner!.parts.push(data);
      stream.owner!.isOver ||= endStream;
      wire.connection.consumed(stream, data.length);
    },
    reset(stream, code) {
      stream.owner!.code = code;
    },
    ...ears,
  });
  endings.push(
    () => wire.close(),
    () => server.close(),
  );
  const ask: Ask = (fields, body) => {
    const got: Got = { sections: [], parts: [], isOver: false, code: undefined };
    const pseudo: [string, string][] = [
      [":method", body ? "POST" : "GET"],
      [":scheme", "http"],
      [":authority", "origin.test"],
      [":path", "/"],
    ];
    const stream = wire.connection.request(sectionOf([...pseudo, ...fields]), body === undefined, got);
    if (body) {
      wire.connection.data(stream, body);
      wire.connection.end(stream);
    }
    wire.flush();
    return { stream, got };
  };
  return { wire, ask };
}

describe("as a client", () => {
  it("gets interim responses, a head, a body and trailers", async () => {
    const { ask } = await asking((stream) => {
      stream.additionalHeaders({ ":status": 103, link: "</x>" });
      stream.respond({ ":status": 200, "x-a": "1" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "x-sum": "7" }));
      stream.end("body");
    });
    const { got } = ask([]);
    await expect.poll(() => got.isOver).toBe(true);
    expect(got.sections.map(([kind, fields]) => [kind, fields[":status"], fields["x-sum"]])).toEqual([
      ["interim", "103", undefined],
      ["response", "200", undefined],
      ["trailers", undefined, "7"],
    ]);
    expect(Buffer.concat(got.parts).toString()).toBe("body");
  });

  it("sends large bodies as windows allow, and they come whole", async () => {
    const body = new Uint8Array(3_000_000).map((_byte, at) => at * 31);
    const { ask } = await asking((stream) => {
      const hash = createHash("sha256");
      stream.on("data", (part) => hash.update(part));
      stream.on("end", () => {
        stream.respond({ ":status": 200 });
        stream.end(hash.digest("hex"));
      });
    });
    const { got } = ask([], body);
    await expect.poll(() => got.isOver).toBe(true);
    expect(Buffer.concat(got.parts).toString()).toBe(createHash("sha256").update(body).digest("hex"));
  });

  it("lets requests wait for a place among the streams that the server takes", async () => {
    const open: ServerHttp2Stream[] = [];
    let most = 0;
    const { wire, ask } = await asking(
      (stream) => {
        open.push(stream);
        most = Math.max(most, open.length);
      },
      { maxConcurrentStreams: 2 },
    );
    ask([]);
    await expect.poll(() => open.length).toBe(1);
    const rest = [ask([]), ask([]), ask([])];
    expect(wire.connection.streams).toBe(4);
    for (let served = 0; served < 4; served++) {
      await expect.poll(() => open.length).toBeGreaterThan(0);
      const stream = open.shift()!;
      stream.respond({ ":status": 204 }, { endStream: true });
    }
    await expect.poll(() => rest.every(({ got }) => got.isOver)).toBe(true);
    expect(most).toBeLessThanOrEqual(2);
  });

  it("hears a reset with its code, and resets with one", async () => {
    const codes: number[] = [];
    const { wire, ask } = await asking((stream, headers) => {
      stream.on("error", () => {});
      stream.on("close", () => codes.push(stream.rstCode));
      if (headers["x-by"] === "server") stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
    });
    const refused = ask([["x-by", "server"]]);
    await expect.poll(() => refused.got.code).toBe(7);
    const { stream } = ask([["x-by", "client"]]);
    await expect.poll(() => stream.id).toBeGreaterThan(1);
    wire.connection.reset(stream, ErrorCode.CANCEL);
    wire.flush();
    await expect.poll(() => codes).toContain(8);
  });

  it("gives up streams above a GOAWAY, which the server has not worked on", async () => {
    const { wire, ask } = await asking((stream) => {
      stream.on("error", () => {});
      stream.session!.goaway(0, 1);
    });
    const first = ask([]);
    const second = ask([]);
    await expect.poll(() => wire.connection.isGoingAway).toBe(true);
    expect(second.got.code).toBe(ErrorCode.REFUSED_STREAM);
    expect(first.got.code).toBeUndefined();
  });
});
