import { create } from "@bufbuild/protobuf";
import {
  ProcessHttpRequestResponse_Action as Action,
  HttpRequestSchema,
  HttpResponseSchema,
} from "@faultwire/fault-protocol";
import type { TunnelPolicy } from "@faultwire/tunnel";
import { describe, expect, it } from "vitest";
import { answerHttpRequest, answerHttpResponse } from "../../src/forward.ts";

const policy = (fails: boolean): TunnelPolicy => ({
  isTarget: (host) => host === "api.test",
  connection: () => undefined,
  request: () =>
    fails
      ? { kind: "respond", status: 503, headers: [["retry-after", "1"]], body: Uint8Array.of(1) }
      : undefined,
});
const request = (host: string, body: Uint8Array = Uint8Array.of(104, 105)) =>
  create(HttpRequestSchema, {
    method: "POST",
    path: "/v1/messages?beta=true&x=%2F",
    headers: [
      { name: "host", value: host },
      { name: "x-twice", value: "a" },
      { name: "x-twice", value: "b" },
    ],
    body,
  });

describe("a forward-mode request", () => {
  it("goes on as it came but for the query, which the host keeps by itself", () => {
    const { response, outcome } = answerHttpRequest(request("api.test"), policy(false));
    expect(response.action).toBe(Action.CONTINUE);
    expect(response.modifiedRequest).toMatchObject({ ...request("api.test"), path: "/v1/messages" });
    expect(outcome).toEqual({ host: "api.test", method: "POST", target: true, injectedStatus: undefined });
  });

  it("that fails is answered, with a port in its host or without", () => {
    for (const host of ["api.test", "API.test:8443"]) {
      const { response } = answerHttpRequest(request(host), policy(true));
      expect(response.action).toBe(Action.ABORT);
      expect(response.abortResponse).toMatchObject({
        statusCode: 503,
        headers: [{ name: "retry-after", value: "1" }],
      });
    }
  });

  it("to another host never fails", () => {
    expect(answerHttpRequest(request("other.test"), policy(true)).response.action).toBe(Action.CONTINUE);
  });

  it("too large for the host to take back goes on as the host's own copy", () => {
    const { response } = answerHttpRequest(request("api.test", new Uint8Array(5_000_000)), policy(false));
    expect(response.action).toBe(Action.CONTINUE);
    expect(response.modifiedRequest).toBeUndefined();
  });
});

describe("a forward-mode response", () => {
  it("goes back with a content-length, without which the host dies", () => {
    const chunked = create(HttpResponseSchema, {
      statusCode: 200,
      headers: [{ name: "transfer-encoding", value: "chunked" }],
      body: Uint8Array.of(1, 2, 3),
    });
    expect(answerHttpResponse(chunked).modifiedResponse?.headers).toContainEqual(
      expect.objectContaining({ name: "content-length", value: "3" }),
    );
  });
});
