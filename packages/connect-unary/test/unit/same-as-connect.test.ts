/** The same frames to both: connect's adapter alone, and with the fast path before it. */
import type { ClientHttp2Session } from "node:http2";
import { create } from "@bufbuild/protobuf";
import { BytesValueSchema, StringValueSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unaryFastPath } from "../../src/index.ts";
import { EchoService } from "../support/echo-service.ts";
import { type Answer, call, enveloped, paths, RawServer } from "../support/raw-client.ts";

type Bytes = ReturnType<typeof create<typeof BytesValueSchema>>;
let taken = 0;

/** What the request's text asks for. */
async function answer(request: Bytes): Promise<Bytes> {
  switch (new TextDecoder().decode(request.value)) {
    case "message":
      throw new ConnectError("100 % später: “no”\n", Code.FailedPrecondition);
    case "metadata":
      throw new ConnectError("see metadata", Code.NotFound, { "x-where": "elsewhere", "a-first": "1" });
    case "details":
      throw new ConnectError("see details", Code.Aborted, undefined, [
        { desc: StringValueSchema, value: { value: "more" } },
      ]);
    case "other error":
      throw new Error("a secret");
    case "no error":
      throw "a string";
    case "nothing":
      return create(BytesValueSchema);
    default:
      return request;
  }
}

const methods = { echo: (request: Bytes): Bytes => request, answer };
const takes = unaryFastPath({ service: EchoService, methods, maxMessageBytes: 1000 });
const routes = (router: ConnectRouter): ConnectRouter =>
  router.service(EchoService, { ...methods, other: methods.echo });
const plain = RawServer.create(routes, undefined, 1000);
const fast = RawServer.create(
  routes,
  (stream, headers) => {
    const took = takes(stream, headers);
    if (took) taken++;
    return took;
  },
  1000,
);
let connectClient: ClientHttp2Session;
let fastClient: ClientHttp2Session;

beforeAll(async () => {
  connectClient = await plain.client();
  fastClient = await fast.client();
});
afterAll(async () => {
  await plain.close();
  await fast.close();
});

/** Names, values and order; the date is the second's and not the call's. */
function comparable({ headers, body, trailers, rstCode }: Answer): unknown {
  const ordered = (fields: object): unknown =>
    Object.entries(fields).map(([name, value]) => [name, name === "date" ? "now" : value]);
  return { headers: ordered(headers), body: body.toString("hex"), trailers: ordered(trailers), rstCode };
}

async function both(
  path: string,
  body: Uint8Array,
  headers?: Record<string, string>,
): Promise<{ ours: Answer; theirs: Answer }> {
  const before = taken;
  const [theirs, ours] = await Promise.all([
    call(connectClient, path, body, headers),
    call(fastClient, path, body, headers),
  ]);
  expect(taken).toBe(before + 1);
  return { ours, theirs };
}

const withFlags = (flags: number, body: Buffer): Buffer => {
  body[0] = flags;
  return body;
};
const declaring = (messageBytes: number, sent: number): Buffer => {
  const body = Buffer.alloc(5 + sent);
  body.writeUInt32BE(messageBytes, 1);
  return body;
};

describe("answers that are connect's, bit for bit", () => {
  const cases: [
    name: string,
    status: number,
    path: string,
    body: Buffer,
    headers?: Record<string, string>,
  ][] = [
    ["a message", 0, paths.echo, enveloped("hello")],
    [
      "content type application/grpc+proto",
      0,
      paths.echo,
      enveloped("hello"),
      { "content-type": "application/grpc+proto" },
    ],
    ["an empty message", 0, paths.echo, enveloped("")],
    ["the longest message", 0, paths.echo, enveloped(new Uint8Array(997))],
    ["a promise", 0, paths.answer, enveloped("anything")],
    ["an empty answer", 0, paths.answer, enveloped("nothing")],
    ["unknown flags", 0, paths.echo, withFlags(0x80, enveloped("hello"))],
    ["identity", 0, paths.echo, enveloped("hello"), { "grpc-encoding": "identity" }],
    [
      "a caller that takes gzip",
      0,
      paths.echo,
      enveloped("hello".repeat(9)),
      { "grpc-accept-encoding": "gzip" },
    ],
    ["a deadline that is far", 0, paths.answer, enveloped("anything"), { "grpc-timeout": "10M" }],
    ["a ConnectError's message", Code.FailedPrecondition, paths.answer, enveloped("message")],
    ["a ConnectError's metadata", Code.NotFound, paths.answer, enveloped("metadata")],
    ["a ConnectError's details", Code.Aborted, paths.answer, enveloped("details")],
    ["another error", Code.Internal, paths.answer, enveloped("other error")],
    ["a thrown string", Code.Internal, paths.answer, enveloped("no error")],
    ["no message", Code.Unimplemented, paths.echo, Buffer.alloc(0)],
    ["half a prefix", Code.InvalidArgument, paths.echo, Buffer.alloc(3)],
    ["half a message", Code.InvalidArgument, paths.echo, declaring(100, 50)],
    ["two messages", Code.Unimplemented, paths.echo, Buffer.concat([enveloped("a"), enveloped("b")])],
    ["a message too long", Code.ResourceExhausted, paths.echo, declaring(1001, 1001)],
    [
      "a message that only says that it is long",
      Code.ResourceExhausted,
      paths.echo,
      declaring(0xffffffff, 0),
    ],
    [
      "a compressed message without a compression",
      Code.Internal,
      paths.echo,
      withFlags(1, enveloped("hello")),
    ],
    ["bytes that are no message", Code.Internal, paths.echo, Buffer.from([0, 0, 0, 0, 2, 0x0a, 0x7f])],
    [
      "a deadline that is none",
      Code.InvalidArgument,
      paths.echo,
      enveloped("hello"),
      { "grpc-timeout": "soon" },
    ],
  ];
  it.each(cases)("%s", async (_, status, path, body, headers) => {
    const { ours, theirs } = await both(path, body, headers);
    expect(comparable(ours)).toEqual(comparable(theirs));
    expect(ours.headers[":status"]).toBe(200);
    expect(ours.trailers["grpc-status"]).toBe(String(status));
  });
});

describe("answers that differ on purpose", () => {
  it("names identity as the compression that it has, where the protocol puts it: in the headers", async () => {
    const { ours, theirs } = await both(paths.echo, enveloped("hello"), { "grpc-encoding": "gzip" });
    expect(ours.headers["grpc-accept-encoding"]).toBe("identity");
    expect(theirs.trailers["grpc-accept-encoding"]).toBe("");
    expect(ours.trailers["grpc-status"]).toBe(String(Code.Unimplemented));
    expect(theirs.trailers["grpc-status"]).toBe(String(Code.Unimplemented));
  });

  it("keeps to a timeout that no timer can hold, where connect's would expire at once", async () => {
    const ours = await call(fastClient, paths.answer, enveloped("anything"), { "grpc-timeout": "99999999H" });
    expect(ours.trailers["grpc-status"]).toBe("0");
  });
});

describe("streams that are left to connect", () => {
  const json = Buffer.from('"aGVsbG8="');
  const cases: [name: string, path: string, body: Buffer, headers: Record<string, string>][] = [
    ["another method", paths.other, enveloped("hello"), {}],
    ["an unknown method", "/test.EchoService/None", enveloped("hello"), {}],
    ["the Connect protocol", paths.other, json, { "content-type": "application/json" }],
    ["gRPC-Web", paths.other, enveloped("hello"), { "content-type": "application/grpc-web+proto" }],
    ["a content type that nobody knows", paths.other, enveloped("hello"), { "content-type": "text/plain" }],
    ["GET", paths.echo, Buffer.alloc(0), { ":method": "GET" }],
    ["a query", `${paths.echo}?a=b`, enveloped("hello"), {}],
    ["the Connect protocol for a method of ours", paths.echo, json, { "content-type": "application/json" }],
    [
      "JSON for a method of ours",
      paths.echo,
      enveloped("hello"),
      { "content-type": "application/grpc+json" },
    ],
    ["text/plain for a method of ours", paths.echo, enveloped("hello"), { "content-type": "text/plain" }],
  ];
  it.each(cases)("%s", async (_, path, body, headers) => {
    const before = taken;
    const ours = await call(fastClient, path, body, headers);
    const theirs = await call(connectClient, path, body, headers);
    expect(taken).toBe(before);
    expect(comparable(ours)).toEqual(comparable(theirs));
  });
});
