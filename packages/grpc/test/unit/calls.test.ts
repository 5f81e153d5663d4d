import { describe, expect, it } from "vitest";
import {
  codeOfHttpStatus,
  isGrpcCall,
  isGrpcContentType,
  methodOfPath,
  nameOfStatus,
} from "../../src/index.ts";

describe("which requests are calls", () => {
  it.each([
    ["application/grpc", true],
    ["application/grpc+proto", true],
    ["Application/gRPC+json", true],
    [" application/grpc ; charset=utf-8", true],
    ["application/grpc-web", false],
    ["application/grpc-web+proto", false],
    ["application/grpcx", false],
    ["application/json", false],
    [undefined, false],
  ])("content-type %s: %s", (contentType, is) => {
    expect(isGrpcContentType(contentType)).toBe(is);
  });

  it("a POST, whatever the case of its field's name", () => {
    expect(isGrpcCall("POST", [["Content-Type", "application/grpc"]])).toBe(true);
    expect(isGrpcCall("GET", [["content-type", "application/grpc"]])).toBe(false);
    expect(isGrpcCall("POST", [["accept", "application/grpc"]])).toBe(false);
  });

  it.each([
    ["/helloworld.Greeter/SayHello", { service: "helloworld.Greeter", method: "SayHello" }],
    ["/prefix/a.B/C?x=/1", { service: "a.B", method: "C" }],
    ["/a.B/", undefined],
    ["/a", undefined],
    ["*", undefined],
    ["", undefined],
  ])("the method of %s", (path, method) => {
    expect(methodOfPath(path)).toEqual(method);
  });
});

describe("status codes", () => {
  it.each([
    [400, "INTERNAL"],
    [401, "UNAUTHENTICATED"],
    [403, "PERMISSION_DENIED"],
    [404, "UNIMPLEMENTED"],
    [429, "UNAVAILABLE"],
    [431, "INTERNAL"],
    [502, "UNAVAILABLE"],
    [503, "UNAVAILABLE"],
    [504, "UNAVAILABLE"],
    [500, "UNKNOWN"],
    [200, "UNKNOWN"],
    [529, "UNKNOWN"],
  ])("HTTP %i stands for %s", (status, name) => {
    expect(nameOfStatus(codeOfHttpStatus(status))).toBe(name);
  });

  it("have their numbers", () => {
    expect(Array.from({ length: 18 }, (_, code) => nameOfStatus(code)).join(" ")).toBe(
      "OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED status 17",
    );
  });
});
