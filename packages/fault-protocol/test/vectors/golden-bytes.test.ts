import { create, type DescMessage, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import * as protocol from "@faultwire/fault-protocol";
import { describe, expect, it } from "vitest";
import { bytesField, textField, varint, varintField } from "./hand-encoder.ts";

interface Golden {
  readonly name: string;
  readonly bytes: number[];
  readonly encode: () => Uint8Array;
  readonly decoded: () => unknown;
  readonly expected: () => unknown;
}

/** One message: what the field table says it looks like, and what it is in the generated code's terms. */
function golden<Schema extends DescMessage>(
  name: string,
  schema: Schema,
  init: MessageInitShape<Schema>,
  bytes: number[],
): Golden {
  return {
    name: `${schema.name}: ${name}`,
    bytes,
    encode: () => toBinary(schema, create(schema, init)),
    decoded: () => fromBinary(schema, Uint8Array.from(bytes)),
    expected: () => create(schema, init),
  };
}

const header = (name: string, value: string): number[] => [...textField(1, name), ...textField(2, value)];
const headers = [
  { name: "content-type", value: "application/json" },
  { name: "x-empty", value: "" },
];
const body = new Uint8Array(300).fill(0xab);
const id = "0b9cbf43-91d5-4b2c-8d3a-54d2f7a0a6de";

const request = { method: "POST", path: "/v1/messages?beta=true", headers, body };
const requestBytes = [
  ...textField(1, "POST"),
  ...textField(2, "/v1/messages?beta=true"),
  ...bytesField(3, header("content-type", "application/json")),
  // A default value is not written: this header is its name alone.
  ...bytesField(3, textField(1, "x-empty")),
  ...bytesField(4, body),
];
const response = { statusCode: 529, headers: headers.slice(0, 1), body };
const responseBytes = [
  ...varintField(1, 529),
  ...bytesField(2, header("content-type", "application/json")),
  ...bytesField(3, body),
];

const vectors: Golden[] = [
  golden("has no field", protocol.HealthCheckRequestSchema, {}, []),
  golden("healthy", protocol.HealthCheckResponseSchema, { healthy: true, message: "2 tunnels" }, [
    ...varintField(1, 1),
    ...textField(2, "2 tunnels"),
  ]),
  golden("unhealthy without a word", protocol.HealthCheckResponseSchema, { healthy: false }, []),
  golden("has no field", protocol.GetPluginInfoRequestSchema, {}, []),
  golden(
    "every field",
    protocol.GetPluginInfoResponseSchema,
    {
      name: "n",
      version: "1.2.3",
      author: "ä",
      url: "https://example.test",
      platform: "node",
      direction: protocol.GetPluginInfoResponse_Direction.BOTH,
      side: protocol.GetPluginInfoResponse_Side.ANY,
    },
    [
      ...textField(1, "n"),
      ...textField(2, "1.2.3"),
      ...[0x1a, 0x02, 0xc3, 0xa4],
      ...textField(4, "https://example.test"),
      ...textField(5, "node"),
      ...varintField(6, 2),
      ...varintField(7, 2),
    ],
  ),
  golden(
    "EGRESS and SERVER are 1",
    protocol.GetPluginInfoResponseSchema,
    {
      direction: protocol.GetPluginInfoResponse_Direction.EGRESS,
      side: protocol.GetPluginInfoResponse_Side.SERVER,
    },
    [0x30, 0x01, 0x38, 0x01],
  ),
  golden(
    "INGRESS and CLIENT are 0, which is not written",
    protocol.GetPluginInfoResponseSchema,
    {
      direction: protocol.GetPluginInfoResponse_Direction.INGRESS,
      side: protocol.GetPluginInfoResponse_Side.CLIENT,
    },
    [],
  ),
  golden("has no field", protocol.GetPluginCapabilitiesRequestSchema, {}, []),
  golden(
    "both flags and every protocol, packed",
    protocol.GetPluginCapabilitiesResponseSchema,
    {
      canHandleHttpForward: true,
      canHandleTunnel: true,
      protocols: [
        protocol.GetPluginCapabilitiesResponse_SupportedProtocol.NONE,
        protocol.GetPluginCapabilitiesResponse_SupportedProtocol.HTTP,
        protocol.GetPluginCapabilitiesResponse_SupportedProtocol.HTTPS,
        protocol.GetPluginCapabilitiesResponse_SupportedProtocol.POSTGRESQL,
      ],
    },
    [...varintField(1, 1), ...varintField(2, 1), ...bytesField(3, [0, 1, 2, 3])],
  ),
  golden("a field", protocol.HttpHeaderSchema, { name: "a", value: "b" }, [0x0a, 1, 0x61, 0x12, 1, 0x62]),
  golden("every field", protocol.HttpRequestSchema, request, requestBytes),
  golden("every field", protocol.HttpResponseSchema, response, responseBytes),
  golden("a request", protocol.ProcessHttpRequestRequestSchema, { request }, bytesField(1, requestBytes)),
  golden(
    "CONTINUE is 0, which is not written",
    protocol.ProcessHttpRequestResponseSchema,
    { action: protocol.ProcessHttpRequestResponse_Action.CONTINUE, modifiedRequest: request },
    bytesField(2, requestBytes),
  ),
  golden(
    "ABORT is 1",
    protocol.ProcessHttpRequestResponseSchema,
    { action: protocol.ProcessHttpRequestResponse_Action.ABORT, abortResponse: response },
    [...varintField(1, 1), ...bytesField(3, responseBytes)],
  ),
  golden("a response", protocol.ProcessHttpResponseRequestSchema, { response }, bytesField(1, responseBytes)),
  golden(
    "CONTINUE is 0, which is not written",
    protocol.ProcessHttpResponseResponseSchema,
    { action: protocol.ProcessHttpResponseResponse_Action.CONTINUE, modifiedResponse: response },
    bytesField(2, responseBytes),
  ),
  golden(
    "ABORT is 1",
    protocol.ProcessHttpResponseResponseSchema,
    { action: protocol.ProcessHttpResponseResponse_Action.ABORT, abortResponse: response },
    [...varintField(1, 1), ...bytesField(3, responseBytes)],
  ),
  golden(
    "a read call on the client's side: both enums are 0",
    protocol.ProcessTunnelDataRequestSchema,
    {
      id,
      side: protocol.ProcessTunnelDataRequest_Side.CLIENT,
      direction: protocol.ProcessTunnelDataRequest_Direction.INGRESS,
      chunk: body,
    },
    [...textField(1, id), ...bytesField(4, body)],
  ),
  golden(
    "a write call on the server's side: both enums are 1",
    protocol.ProcessTunnelDataRequestSchema,
    {
      id,
      side: protocol.ProcessTunnelDataRequest_Side.SERVER,
      direction: protocol.ProcessTunnelDataRequest_Direction.EGRESS,
      chunk: new Uint8Array([1]),
    },
    [...textField(1, id), 0x10, 0x01, 0x18, 0x01, 0x22, 0x01, 0x01],
  ),
  golden(
    "BOTH is 2",
    protocol.ProcessTunnelDataRequestSchema,
    { direction: protocol.ProcessTunnelDataRequest_Direction.BOTH },
    [0x18, 0x02],
  ),
  golden(
    "pass_through is 1",
    protocol.ProcessTunnelDataResponseSchema,
    { action: { case: "passThrough", value: { chunk: body } } },
    bytesField(1, bytesField(1, body)),
  ),
  golden(
    "replace is 2",
    protocol.ProcessTunnelDataResponseSchema,
    { action: { case: "replace", value: { modifiedChunk: body } } },
    bytesField(2, bytesField(1, body)),
  ),
  golden(
    "buffer is 3",
    protocol.ProcessTunnelDataResponseSchema,
    { action: { case: "buffer", value: { estimatedTimeToReleaseMs: 2_147_483_647 } } },
    bytesField(3, [0x08, ...varint(2_147_483_647)]),
  ),
  golden(
    "close is 4",
    protocol.ProcessTunnelDataResponseSchema,
    { action: { case: "close", value: { reason: "over" } } },
    bytesField(4, textField(1, "over")),
  ),
  golden("no action", protocol.ProcessTunnelDataResponseSchema, {}, []),
  golden("a chunk", protocol.PassThroughSchema, { chunk: body }, bytesField(1, body)),
  golden("a chunk", protocol.ReplaceSchema, { modifiedChunk: body }, bytesField(1, body)),
  golden("a time", protocol.BufferSchema, { estimatedTimeToReleaseMs: 300 }, [0x08, 0xac, 0x02]),
  golden("a reason", protocol.CloseSchema, { reason: "x" }, [0x0a, 0x01, 0x78]),
];

describe("golden bytes, from the field table by hand", () => {
  it.each(vectors)("$name, encoded", ({ bytes, encode }) => {
    expect(Array.from(encode())).toEqual(bytes);
  });

  it.each(vectors)("$name, decoded", ({ decoded, expected }) => {
    expect(decoded()).toEqual(expected());
  });

  it("covers every message of the protocol", () => {
    const covered = new Set(vectors.map(({ name }) => name.split(":")[0]));
    const all = protocol.file_plugin_plugin.messages.map(({ name }) => name);
    expect([...covered].sort()).toEqual([...all].sort());
  });
});
