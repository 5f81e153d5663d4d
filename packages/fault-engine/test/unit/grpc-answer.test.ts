/** What an error of HTTP becomes on a gRPC call. */
import type { HttpResponse } from "@faultwire/http1";
import { describe, expect, it } from "vitest";
import { providerError } from "../../src/index.ts";
import { asGrpcAnswer } from "../../src/internal.ts";

const answerOf = (
  status: number,
  body: string,
  headers: HttpResponse["headers"] = [],
): HttpResponse["headers"] => {
  const made = asGrpcAnswer({ status, headers, body: new TextEncoder().encode(body) });
  expect([made.status, made.body.length, made.headers[0]]).toEqual([
    200,
    0,
    ["content-type", "application/grpc"],
  ]);
  return made.headers.slice(1);
};

describe("an error on a gRPC call", () => {
  it("has the code that its HTTP status stands for, and its text as the message", () => {
    expect(
      answerOf(503, "no healthy upstream", [
        ["content-type", "text/plain"],
        ["content-length", "19"],
      ]),
    ).toEqual([
      ["grpc-status", "14"],
      ["grpc-message", "no healthy upstream"],
    ]);
    expect(answerOf(500, "")).toEqual([
      ["grpc-status", "2"],
      ["grpc-message", "HTTP status 500"],
    ]);
  });

  it("keeps the other fields as metadata", () => {
    expect(
      answerOf(429, "busy", [
        ["retry-after", "2"],
        ["x-faultwire", "r"],
      ]),
    ).toEqual([
      ["retry-after", "2"],
      ["x-faultwire", "r"],
      ["grpc-status", "14"],
      ["grpc-message", "busy"],
    ]);
  });

  it("of a JSON body says its message", () => {
    const { status, body } = providerError({
      provider: "anthropic",
      error: "overloaded_error",
      requestId: "r",
      nowMs: 0,
    });
    expect(answerOf(status, new TextDecoder().decode(body)).slice(0, 2)).toEqual([
      ["grpc-status", "2"],
      ["grpc-message", "Overloaded"],
    ]);
    expect(answerOf(403, '{"reason":"none"}')[1]).toEqual(["grpc-message", "HTTP status 403"]);
  });

  it("of Google's keeps its own code and its RetryInfo", () => {
    const made = asGrpcAnswer(
      providerError({
        ...{ provider: "gemini", error: "RESOURCE_EXHAUSTED", requestId: "r", nowMs: 0 },
        ...{ retryAfterSeconds: 3, message: "quota" },
      }),
    );
    expect(made.headers.filter(([name]) => name.startsWith("grpc-"))).toEqual([
      ["grpc-status", "8"],
      ["grpc-message", "quota"],
      ["grpc-status-details-bin", expect.stringMatching(/^CAgSBXF1b3RhGjAK/)],
    ]);
  });

  it("of a status that is none stays as it is", () => {
    const response = { status: 302, headers: [["location", "/"]], body: new Uint8Array(1) } as const;
    expect(asGrpcAnswer(response)).toBe(response);
  });
});
