/** What becomes of calls that are cut short, cancelled, late, held or drained. */
import { once } from "node:events";
import { type ClientHttp2Session, constants, type ServerHttp2Stream } from "node:http2";
import { type AddressInfo, connect } from "node:net";
import { create } from "@bufbuild/protobuf";
import { BytesValueSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { soon } from "@faultwire/testkit/soon";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type UnaryCall, unaryFastPath } from "../../src/index.ts";
import { EchoService } from "../support/echo-service.ts";
import { answerOf, call, enveloped, open, paths, RawServer, textOf } from "../support/raw-client.ts";
import {
  cancelFrame,
  dataFrame,
  framesOf,
  headersFrame,
  lastDataFrame,
  preface,
} from "../support/raw-frames.ts";

type Bytes = ReturnType<typeof create<typeof BytesValueSchema>>;
interface Held {
  readonly request: Bytes;
  readonly call: UnaryCall<Bytes>;
}

/** Calls that the `answer` method has got and not answered. */
let held: Held[];
let onHeld: () => void;
let echoed: number;
let server: RawServer;
let client: ClientHttp2Session;

/** The next call that is held. */
async function nextHeld(): Promise<Held> {
  while (held.length === 0)
    await soon(
      new Promise<void>((resolve) => {
        onHeld = resolve;
      }),
      "a call for the handler",
    );
  return held.shift()!;
}

beforeEach(async () => {
  held = [];
  onHeld = () => {};
  echoed = 0;
  server = RawServer.create(
    (router) => router.service(EchoService, {}),
    unaryFastPath({
      service: EchoService,
      maxMessageBytes: 4_194_304,
      methods: {
        echo: (request) => {
          echoed++;
          return request;
        },
        answer: (request, unaryCall) => {
          held.push({ request, call: unaryCall });
          onHeld();
          return undefined;
        },
      },
    }),
  );
  client = await server.client();
});
afterEach(() => server.close());

describe("cancellation", () => {
  it("reaches the handler once when the caller resets the stream", async () => {
    const stream = open(client, paths.answer);
    stream.end(enveloped("hold me"));
    const { call: unaryCall } = await nextHeld();
    const reasons: ConnectError[] = [];
    const cancelled = new Promise<void>((resolve) => {
      unaryCall.onCancelled((reason) => {
        reasons.push(reason);
        resolve();
      });
    });
    const { signal } = unaryCall;
    expect(signal.aborted).toBe(false);
    stream.close(constants.NGHTTP2_CANCEL);
    await soon(cancelled, "the cancellation");
    expect(reasons.map(({ code }) => code)).toEqual([Code.Canceled]);
    expect(signal.aborted).toBe(true);
    expect(unaryCall.cancelled).toBe(reasons[0]);
    unaryCall.respond(create(BytesValueSchema));
    unaryCall.fail(new Error("too late"));
    unaryCall.onCancelled((reason) => reasons.push(reason));
    expect(reasons).toHaveLength(2);
    expect(textOf(await call(client, paths.echo, enveloped("still here")))).toBe("still here");
  });

  it("reaches the handler when the connection is gone, and makes a signal that is aborted already", async () => {
    open(client, paths.answer).end(enveloped("hold me"));
    const { call: unaryCall } = await nextHeld();
    const cancelled = new Promise<ConnectError>((resolve) => {
      unaryCall.onCancelled(resolve);
    });
    client.destroy();
    expect((await soon(cancelled, "the cancellation")).code).toBe(Code.Canceled);
    expect(unaryCall.signal.reason).toBe(unaryCall.cancelled);
  });

  it("is not told to a handler that has answered", async () => {
    const stream = open(client, paths.answer);
    stream.end(enveloped("answer me"));
    const { request, call: unaryCall } = await nextHeld();
    unaryCall.onCancelled(() => {
      throw new Error("was answered");
    });
    unaryCall.respond(request);
    expect(textOf(await answerOf(stream))).toBe("answer me");
    expect(unaryCall.cancelled).toBeUndefined();
  });
});

describe("cancellation that comes with the call", () => {
  it("reaches a handler that asks for it only then", async () => {
    const socket = connect((server.server.address() as AddressInfo).port, "127.0.0.1");
    socket.on("error", () => {});
    socket.resume();
    const frames = [headersFrame(1, paths.answer), lastDataFrame(1, enveloped("hold me")), cancelFrame(1)];
    socket.write(Buffer.concat([preface, ...frames]));
    const { call: unaryCall } = await nextHeld();
    const reason = await soon(
      new Promise<ConnectError>((resolve) => unaryCall.onCancelled(resolve)),
      "the cancellation",
    );
    expect(reason.code).toBe(Code.Canceled);
    socket.destroy();
  });
});

describe("deadlines", () => {
  it("are answered when they pass, and the handler hears of it", async () => {
    const stream = open(client, paths.answer, { "grpc-timeout": "50m" });
    stream.end(enveloped("hold me"));
    const { call: unaryCall } = await nextHeld();
    expect(unaryCall.timeoutMs).toBe(50);
    const cancelled = new Promise<ConnectError>((resolve) => {
      unaryCall.onCancelled(resolve);
    });
    const { trailers } = await answerOf(stream);
    expect(trailers["grpc-status"]).toBe(String(Code.DeadlineExceeded));
    expect((await soon(cancelled, "the cancellation")).code).toBe(Code.DeadlineExceeded);
    unaryCall.respond(create(BytesValueSchema));
  });

  it("run from the headers on, not from the last byte", async () => {
    const stream = open(client, paths.echo, { "grpc-timeout": "20m" });
    stream.write(enveloped("never ends"));
    const trailers = once(stream, "trailers");
    stream.resume();
    const [received] = (await soon(trailers, "the trailers")) as [Record<string, string>];
    expect(received["grpc-status"]).toBe(String(Code.DeadlineExceeded));
    expect(echoed).toBe(0);
    stream.close();
  });

  it("have the last word: what a handler answers behind them goes nowhere", async () => {
    const stream = open(client, paths.answer, { "grpc-timeout": "20m" });
    stream.end(enveloped("hold me"));
    const { call: unaryCall } = await nextHeld();
    const thrown: unknown[] = [];
    const late = new Promise<void>((resolve) => {
      // Now the status is given, and its trailers wait to be written.
      unaryCall.onCancelled(() => {
        for (const act of [
          () => unaryCall.respond(create(BytesValueSchema)),
          () => unaryCall.fail(new ConnectError("late", Code.Aborted)),
        ])
          try {
            act();
          } catch (error) {
            thrown.push(error);
          }
        resolve();
      });
    });
    const { body, trailers } = await soon(answerOf(stream), "the answer");
    await soon(late, "the cancellation");
    expect(thrown).toEqual([]);
    expect([body.length, trailers["grpc-status"]]).toEqual([0, String(Code.DeadlineExceeded)]);
  });

  it.each(["99999999H", "2147484S"])("beyond what a timer holds never pass: %s", async (timeout) => {
    const stream = open(client, paths.answer, { "grpc-timeout": timeout });
    stream.end(enveloped("hold me"));
    const { request, call: unaryCall } = await nextHeld();
    // A timer that can't hold its wait fires at once: before one of 20 ms that began behind it.
    const { trailers } = await call(client, paths.answer, enveloped("short"), { "grpc-timeout": "20m" });
    expect(trailers["grpc-status"]).toBe(String(Code.DeadlineExceeded));
    expect(unaryCall.cancelled).toBeUndefined();
    unaryCall.respond(request);
    expect(textOf(await soon(answerOf(stream), "the answer"))).toBe("hold me");
  });

  it("of nothing are over before the handler is asked", async () => {
    const { trailers } = await call(client, paths.echo, enveloped("late"), { "grpc-timeout": "0S" });
    expect(trailers["grpc-status"]).toBe(String(Code.DeadlineExceeded));
    expect(echoed).toBe(0);
  });
});

describe("requests that are not whole", () => {
  /** What a caller sends on a connection of its own; resolves when the server has closed the stream. */
  async function send(frames: readonly Uint8Array[], thenBreak: boolean): Promise<void> {
    const opened = once(server.server, "stream");
    const socket = connect((server.server.address() as AddressInfo).port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write(Buffer.concat([preface, headersFrame(1, paths.echo)]));
    const [stream] = (await opened) as [ServerHttp2Stream];
    const closed = new Promise((resolve) => {
      stream.once("close", resolve);
    });
    socket.write(Buffer.concat(frames));
    if (thenBreak) {
      await soon(once(stream, "data"), "the event data of stream");
      socket.resetAndDestroy();
    }
    await soon(closed, "the close");
    socket.destroy();
  }

  const whole = dataFrame(1, enveloped("hello"));
  const half = dataFrame(1, enveloped("hello").subarray(0, 7));

  it("never reach the handler when the caller resets the stream", async () => {
    await send([whole, cancelFrame(1)], false);
    await send([half, cancelFrame(1)], false);
    await send([cancelFrame(1)], false);
    expect(echoed).toBe(0);
  });

  it("never reach the handler when the connection breaks, and do the others no harm", async () => {
    await send([whole], true);
    await send([half], true);
    expect(echoed).toBe(0);
    expect(textOf(await call(client, paths.echo, enveloped("alive")))).toBe("alive");
  });
});

describe("requests that are too much", () => {
  it("are those of more than 4 MiB, unless another limit is given", async () => {
    const methods = { echo: () => create(BytesValueSchema) };
    const plain = RawServer.create(() => {}, unaryFastPath({ service: EchoService, methods }));
    const other = await plain.client();
    const envelopeOf = (messageBytes: number): Buffer => {
      // Field 1 with a length of four bytes, then as many zeros.
      const value = messageBytes - 5;
      const head = [
        10,
        (value & 127) | 128,
        ((value >> 7) & 127) | 128,
        ((value >> 14) & 127) | 128,
        value >> 21,
      ];
      const envelope = Buffer.alloc(5 + messageBytes);
      envelope.writeUInt32BE(messageBytes, 1);
      envelope.set(head, 5);
      return envelope;
    };
    const statuses = [4_194_304, 4_194_305].map(async (bytes) => {
      const { trailers } = await call(other, paths.echo, envelopeOf(bytes));
      return trailers["grpc-status"];
    });
    expect(await Promise.all(statuses)).toEqual(["0", String(Code.ResourceExhausted)]);
    await plain.close();
  });

  it("are refused on the prefix, while the rest is still to come", async () => {
    const stream = open(client, paths.echo);
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(4_194_305, 1);
    const trailers = once(stream, "trailers");
    stream.resume();
    stream.write(prefix);
    const [received] = (await soon(trailers, "the trailers")) as [Record<string, string>];
    expect(received["grpc-status"]).toBe(String(Code.ResourceExhausted));
    stream.end();
  });

  it("are told to stop when they go on after the refusal", async () => {
    const stream = open(client, paths.echo);
    const prefix = Buffer.alloc(5, 0xff);
    stream.resume();
    const closed = once(stream, "close");
    const more = (): void => {
      while (!stream.destroyed && !stream.closed && stream.write(Buffer.alloc(65_536)));
    };
    stream.on("drain", more);
    stream.write(prefix);
    more();
    await soon(closed, "the close");
    expect(stream.rstCode).toBe(constants.NGHTTP2_NO_ERROR);
    expect(echoed).toBe(0);
  });
});

describe("answers", () => {
  it("larger than the caller's window arrive whole when it reads them, and the caller may leave before", async () => {
    const big = new Uint8Array(1_000_000).fill(7);
    const slow = open(client, paths.echo);
    const gone = open(client, paths.echo);
    slow.end(enveloped(big));
    gone.end(enveloped(big));
    await Promise.all([once(slow, "response"), once(gone, "response")]);
    gone.close(constants.NGHTTP2_CANCEL);
    const { body, trailers } = await answerOf(slow);
    expect(body.equals(enveloped(big))).toBe(true);
    expect(trailers["grpc-status"]).toBe("0");
  });

  it.each([
    ["short", 5],
    ["at the limit of what is copied", 1021],
    ["just above it", 1022],
    ["as long as a chunk", 8192],
  ])("that are %s are one DATA frame, prefix and message, before the trailers", async (_, length) => {
    const { port } = server.server.address() as AddressInfo;
    const socket = connect(port, "127.0.0.1");
    const request = enveloped(new Uint8Array(length).fill(7));
    socket.write(Buffer.concat([preface, headersFrame(1, paths.echo), lastDataFrame(1, request)]));
    let received = Buffer.alloc(0);
    for await (const part of socket) {
      received = Buffer.concat([received, part as Buffer]);
      if (framesOf(received, 1).some(({ endsStream }) => endsStream)) break;
    }
    const [headers, data, trailers, ...more] = framesOf(received, 1);
    expect([headers?.type, data?.type, trailers?.type, more]).toEqual([1, 0, 1, []]);
    expect(data?.payload.equals(request)).toBe(true);
    expect(trailers?.endsStream).toBe(true);
  });

  it("that are no message of the method are an error of ours", async () => {
    const stream = open(client, paths.answer);
    stream.end(enveloped("answer me"));
    const { call: unaryCall } = await nextHeld();
    unaryCall.respond({ $typeName: "google.protobuf.BytesValue", value: 7 } as unknown as Bytes);
    expect((await answerOf(stream)).trailers["grpc-status"]).toBe(String(Code.Internal));
  });

  it("fail with their code whatever the error brings along", async () => {
    const failures: [ConnectError, Code][] = [
      [new ConnectError("half a \ud800 character", Code.NotFound), Code.NotFound],
      [new ConnectError("a header of HTTP/1", Code.NotFound, { connection: "close" }), Code.Internal],
    ];
    for (const [failure, code] of failures) {
      const stream = open(client, paths.answer);
      stream.end(enveloped("answer me"));
      (await nextHeld()).call.fail(failure);
      expect((await answerOf(stream)).trailers["grpc-status"]).toBe(String(code));
    }
  });

  it("in flight are given while the server drains, and then it is closed", async () => {
    const stream = open(client, paths.answer);
    stream.end(enveloped("one more"));
    const { request, call: unaryCall } = await nextHeld();
    const closed = new Promise((resolve) => server.server.close(resolve));
    const goaway = once(client, "goaway");
    for (const session of server.sessions) session.close();
    await soon(goaway, "GOAWAY");
    unaryCall.respond(request);
    expect(textOf(await answerOf(stream))).toBe("one more");
    await soon(closed, "the close");
  });
});

it("the message is the handler's to slice: a plain Uint8Array", async () => {
  open(client, paths.answer).end(enveloped("slice me"));
  const { request, call: unaryCall } = await nextHeld();
  expect(request.value.constructor).toBe(Uint8Array);
  unaryCall.respond(request);
});
