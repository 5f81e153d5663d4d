/** What windows and room keep back, on streams of HTTP/2: nothing comes to a standstill, and nothing is lost. */
import { ErrorCode, type Http2Connection, sectionOf } from "@faultwire/http2";
import { describe, expect, it } from "vitest";
import { Http2Rig, type Http2RigOptions, type Received } from "../../support/http2-rig.ts";

const head = sectionOf([[":status", "200"]]);
const sizeOf = ({ parts }: Received): number => parts.reduce((sum, { length }) => sum + length, 0);

/** An upstream that answers with so many bytes. */
function large(bytes: number): NonNullable<Http2RigOptions["serve"]> {
  return (stream, upstream: Http2Connection<Received>) => {
    upstream.respond(stream, head, false);
    upstream.data(stream, new Uint8Array(bytes));
    upstream.end(stream);
  };
}

describe("what is kept back", () => {
  it("a download goes on once there is room again, though the client, whose window is large, says nothing", () => {
    const bytes = 2 ** 21;
    const rig = new Http2Rig({ serve: large(bytes), limits: { streamWindowBytes: 2 ** 24 } });
    rig.full.add("client");
    const { got } = rig.ask();
    rig.full.clear();
    rig.exchanges.flush();
    rig.pump();
    expect([sizeOf(got), got.end]).toEqual([bytes, "end"]);
  });

  it("an upstream that ends behind its response ends nothing before the client has all of it", () => {
    const bytes = 100_000;
    const rig = new Http2Rig({ serve: large(bytes) });
    rig.full.add("client");
    const { got } = rig.ask();
    rig.exchanges.serverEnded("fin");
    expect([rig.exchanges.owesClient, rig.exchanges.isQuiet]).toEqual([true, false]);
    rig.full.clear();
    rig.exchanges.flush();
    rig.pump();
    expect([sizeOf(got), got.end]).toEqual([bytes, "end"]);
    expect([rig.exchanges.owesClient, rig.exchanges.isQuiet]).toEqual([false, true]);
    expect(rig.told("end")).toMatchObject([{ how: "complete" }]);
  });

  it("a connection that a fault ends at a byte ends when the client has had room for all before it", () => {
    const rig = new Http2Rig({
      serve: large(2 ** 20),
      fault: { kind: "connection.close", at: { kind: "bytes", bytes: 400_000, from: "server" } },
      limits: { streamWindowBytes: 1000 },
    });
    const { got } = rig.ask();
    expect([sizeOf(got), rig.clientEnd]).toEqual([400_000, "fin"]);
    expect(rig.told("end")).toMatchObject([{ how: "cut" }]);
  });

  it("a request goes on behind a response that is over, and its stream ends", () => {
    const rig = new Http2Rig();
    const { stream, got } = rig.ask([], null);
    const asked = rig.upstream.find(1)!;
    rig.upstream.respond(asked, head, true);
    rig.pump();
    expect(got.end).toBe("end");
    rig.client.data(stream, new Uint8Array(300_000));
    rig.client.end(stream);
    rig.pump();
    expect([sizeOf(rig.upstreamReceived[0]!), rig.upstreamReceived[0]?.end]).toEqual([300_000, "end"]);
    expect([rig.client.streams, rig.upstream.streams]).toEqual([0, 0]);
  });

  it("what the client is told by a second GOAWAY is never more than by the first", () => {
    const rig = new Http2Rig();
    const first = rig.ask().got;
    const second = rig.ask().got;
    rig.upstream.goaway(0, 1);
    rig.pump();
    expect(second.end).toBe(ErrorCode.REFUSED_STREAM);
    rig.upstream.respond(rig.upstream.find(1)!, head, true);
    rig.upstream.goaway(0, 1);
    rig.pump();
    expect(first.end).toBe("end");
    expect(rig.goaways).toEqual([1, 1]);
  });
});
