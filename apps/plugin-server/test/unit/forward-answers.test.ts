/** The host's messages, whole: every field of what is answered, and what is answered where the host takes no such thing. */
import { create, toJson } from "@bufbuild/protobuf";
import {
  HttpRequestSchema,
  HttpResponseSchema,
  hostLimits,
  ProcessHttpRequestResponseSchema,
  ProcessHttpResponseResponseSchema,
} from "@faultwire/fault-protocol";
import type { Header } from "@faultwire/http1";
import { describe, expect, it } from "vitest";
import { answerInstead, goBack, goOn, headersOf } from "../../src/forward-answers.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
/** A body as the JSON of the protocol has it. */
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const tooLong = new Uint8Array(hostLimits.maxMessageBytes + 1);

const request = create(HttpRequestSchema, {
  method: "PUT",
  path: "/v1/messages?beta=true",
  headers: [
    { name: "host", value: "api.test" },
    { name: "Content-Length", value: "5" },
    { name: "x-a", value: "1" },
  ],
  body: ascii("hello"),
});
const response = create(HttpResponseSchema, {
  statusCode: 203,
  headers: [
    { name: "content-type", value: "text/plain" },
    { name: "x-b", value: "2" },
  ],
  body: ascii("upstream's"),
});

/** `CONTINUE` is 0, which is left out otherwise. */
const whole = { alwaysEmitImplicit: true } as const;
const asked = (answer: ReturnType<typeof goOn>["answer"]) =>
  toJson(ProcessHttpRequestResponseSchema, answer, whole);
const answered = (answer: ReturnType<typeof goBack>["answer"]) =>
  toJson(ProcessHttpResponseResponseSchema, answer, whole);

it("headers come out in the order in which the host has them", () => {
  expect(headersOf(request)).toEqual([
    ["host", "api.test"],
    ["Content-Length", "5"],
    ["x-a", "1"],
  ]);
});

describe("a request that goes on", () => {
  it("is the one that came, but for its query", () => {
    const { answer, isChanged } = goOn(request);
    expect(isChanged).toBe(true);
    expect(asked(answer)).toEqual({
      action: "CONTINUE",
      modifiedRequest: {
        method: "PUT",
        path: "/v1/messages",
        headers: [
          { name: "host", value: "api.test" },
          { name: "Content-Length", value: "5" },
          { name: "x-a", value: "1" },
        ],
        body: base64("hello"),
      },
    });
  });

  it("has other headers and another body where they are given, and one content-length", () => {
    const headers: Header[] = [
      ["host", "api.test"],
      ["Content-Length", "5"],
      ["accept-encoding", "identity"],
    ];
    expect(asked(goOn(request, { headers, body: ascii("hi") }).answer)).toEqual({
      action: "CONTINUE",
      modifiedRequest: {
        method: "PUT",
        path: "/v1/messages",
        headers: [
          { name: "host", value: "api.test" },
          { name: "accept-encoding", value: "identity" },
          { name: "content-length", value: "2" },
        ],
        body: base64("hi"),
      },
    });
  });

  it.each([
    ["is too long", { ...request, body: tooLong }],
    ["has a header that the host would die of", { ...request, headers: [{ name: "x", value: "é" }] }],
  ])("is the host's own copy where it %s", (_, refused) => {
    const { answer, isChanged } = goOn(refused);
    expect(isChanged).toBe(false);
    expect(asked(answer)).toEqual({ action: "CONTINUE" });
  });
});

describe("an answer of ours", () => {
  const headers: Header[] = [
    ["content-type", "application/json"],
    ["set-cookie", "a=1"],
    ["set-cookie", "b=2"],
    ["x-faultwire", "r"],
  ];

  it("has every header, repeated ones too", () => {
    const answer = answerInstead({ status: 529, headers, body: ascii("{}") });
    expect(answer && asked(answer)).toEqual({
      action: "ABORT",
      abortResponse: {
        statusCode: 529,
        headers: [
          { name: "content-type", value: "application/json" },
          { name: "set-cookie", value: "a=1" },
          { name: "set-cookie", value: "b=2" },
          { name: "x-faultwire", value: "r" },
        ],
        body: base64("{}"),
      },
    });
  });

  it.each([
    ["a status that is none", { status: 99, headers, body: ascii("{}") }],
    ["a header that is not ASCII", { status: 529, headers: [["x", "é"]] as Header[], body: ascii("{}") }],
    ["a body that is too long", { status: 529, headers, body: tooLong }],
  ])("is none where it has %s", (_, refused) => {
    expect(answerInstead(refused)).toBeUndefined();
  });
});

describe("a response that goes back", () => {
  it("is the upstream's, with a content-length", () => {
    const { answer, isChanged } = goBack(response);
    expect(isChanged).toBe(true);
    expect(answered(answer)).toEqual({
      action: "CONTINUE",
      modifiedResponse: {
        statusCode: 203,
        headers: [
          { name: "content-type", value: "text/plain" },
          { name: "x-b", value: "2" },
          { name: "content-length", value: "10" },
        ],
        body: base64("upstream's"),
      },
    });
  });

  it("has other headers and another body where they are given", () => {
    const headers: Header[] = [
      ["x-b", "3"],
      ["content-length", "4"],
    ];
    expect(answered(goBack(response, { headers, body: ascii("ours") }).answer)).toEqual({
      action: "CONTINUE",
      modifiedResponse: {
        statusCode: 203,
        headers: [
          { name: "x-b", value: "3" },
          { name: "content-length", value: "4" },
        ],
        body: base64("ours"),
      },
    });
  });

  it.each([
    ["is too long", { body: tooLong }],
    ["has a header that the host would die of", { headers: [["x", "é"]] as Header[] }],
  ])("is the host's own copy where it %s", (_, changes) => {
    const { answer, isChanged } = goBack(response, changes);
    expect(isChanged).toBe(false);
    expect(answered(answer)).toEqual({ action: "CONTINUE" });
  });
});
