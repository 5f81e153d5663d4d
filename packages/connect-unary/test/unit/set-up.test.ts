import { createServer } from "node:http2";
import { expect, it } from "vitest";
import {
  takeStreamsFirst,
  UnaryFastPathError,
  type UnaryMethods,
  unaryFastPath,
  unaryLimits,
} from "../../src/index.ts";
import { EchoService } from "../support/echo-service.ts";

const codeOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (error instanceof UnaryFastPathError) return error.code;
  }
  return "nothing was thrown";
};

it("refuses methods that the service has not, or that stream", () => {
  for (const name of ["none", "many", "Echo"]) {
    const methods = { [name]: () => undefined };
    expect(codeOf(() => unaryFastPath({ service: EchoService, methods }))).toBe("unknown-method");
  }
});

it("refuses limits that no prefix can hold", () => {
  for (const maxMessageBytes of [0, -1, 1.5, Number.NaN, unaryLimits.maxMessageBytes + 1])
    expect(codeOf(() => unaryFastPath({ service: EchoService, methods: {}, maxMessageBytes }))).toBe(
      "invalid-limit",
    );
});

it("refuses a server that has nobody for the streams that are left", () => {
  expect(codeOf(() => takeStreamsFirst(createServer(), () => false))).toBe("no-request-listener");
});

it("lets nothing but unary methods be given, by type", () => {
  // @ts-expect-error: a method that streams has no implementation here
  const methods: UnaryMethods<typeof EchoService> = { many: () => undefined };
  expect(Object.keys(methods)).toEqual(["many"]);
});
