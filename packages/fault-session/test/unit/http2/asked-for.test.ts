/** What is told of a request that is answered before all of it has come: a repeat is known by what it asks for. */
import { ErrorCode } from "@faultwire/http2";
import { describe, expect, it } from "vitest";
import { Http2Rig, type Http2RigOptions } from "../../support/http2-rig.ts";
import { errorFault } from "../../support/scripted-policy.ts";

const answering: NonNullable<Http2RigOptions["serve"]> = (stream, upstream) => {
  upstream.respond(stream, { fields: [[":status", "200"]], neverIndexed: new Set() }, true);
};
const fault = errorFault("anthropic/api_error");

/** A request whose body comes when its answer has gone; the first is answered here, the others pass. */
function ask(rig: Http2Rig, body: string): void {
  const { stream } = rig.ask([], null);
  for (const part of [body.slice(0, 3), body.slice(3)]) {
    rig.client.data(stream, Buffer.from(part));
    rig.pump();
  }
  rig.client.end(stream);
  rig.pump();
}

const rigOf = (): Http2Rig =>
  new Http2Rig({ request: (number) => (number === 0 ? fault : null), serve: answering });

describe("a request that is answered at its head", () => {
  it("is told once all of it has come, by what it asks for", () => {
    const rig = rigOf();
    const { stream, got } = rig.ask([], null);
    expect(got.end).toBe("end");
    expect(rig.told("response")).toMatchObject([{ request: "r1", status: 500 }]);
    expect(rig.told("request")).toEqual([]);
    rig.nowMs = 70;
    expect(rig.exchanges.isQuiet).toBe(false);
    rig.client.data(stream, Buffer.from("ques"));
    rig.client.data(stream, Buffer.from("tion"));
    rig.client.end(stream);
    rig.pump();
    expect(rig.told("request")).toMatchObject([{ request: "r1", atMs: 70, bodyBytes: 8 }]);
    expect(rig.told("end")).toMatchObject([{ request: "r1", atMs: 0, how: "complete" }]);
    expect(rig.exchanges.isQuiet).toBe(true);
  });

  it("has the fingerprint of the same that passes, and another than a different one", () => {
    const rig = rigOf();
    ask(rig, "question");
    ask(rig, "question");
    ask(rig, "another question");
    const [first, second, third] = rig.told("request").map(({ fingerprint }) => fingerprint);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  it("has the messages of a gRPC call that come behind its status", () => {
    const status = {
      code: 14,
      message: "",
      details: [],
      retryDelayMs: null,
      pushback: null,
      afterMessages: null,
    };
    const rig = new Http2Rig({ fault: { kind: "grpc.status", ...status } });
    const { stream } = rig.ask([["content-type", "application/grpc"]], null);
    rig.client.data(stream, Buffer.from("\0\0\0\0\x01a\0\0\0\0\0", "latin1"));
    rig.client.end(stream);
    rig.pump();
    expect(rig.told("end")).toMatchObject([
      { grpc: { client: { messages: 2, bytes: 1 }, status: { by: "fault", code: 14 } } },
    ]);
  });

  it("is told as far as it has come where its client breaks it off, or its connection ends", () => {
    const rig = rigOf();
    const { stream } = rig.ask([], null);
    rig.client.data(stream, Buffer.from("que"));
    rig.pump();
    rig.client.reset(stream, ErrorCode.NO_ERROR);
    rig.pump();
    expect(rig.told("request")).toMatchObject([{ bodyBytes: 3 }]);
    expect(rig.told("end")).toMatchObject([{ how: "complete" }]);
    const other = rigOf();
    other.ask([], null);
    other.exchanges.finish();
    expect(other.told("request")).toMatchObject([{ bodyBytes: 0 }]);
    expect(other.told("end")).toMatchObject([{ how: "complete" }]);
  });
});
