import { create } from "@bufbuild/protobuf";
import {
  abortRequest,
  continueRequest,
  continueResponse,
  FaultProtocolError,
  HttpRequestSchema,
  hostLimits,
  ProcessHttpRequestResponse_Action,
  ProcessHttpResponseResponse_Action,
} from "@faultwire/fault-protocol";
import { describe, expect, it } from "vitest";

const body = new TextEncoder().encode('{"a":1}');
const headers = [{ name: "Content-Type", value: "application/json" }];

function errorOf(work: () => unknown): FaultProtocolError {
  try {
    work();
  } catch (error) {
    if (error instanceof FaultProtocolError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("continueRequest", () => {
  it("sends the request back without its query, because the host keeps that by itself", () => {
    const answer = continueRequest({ method: "POST", path: "/v1/messages?beta=true&a=?", headers, body });
    expect(answer.action).toBe(ProcessHttpRequestResponse_Action.CONTINUE);
    expect(answer.modifiedRequest).toMatchObject({ method: "POST", path: "/v1/messages", headers, body });
    expect(answer.abortResponse).toBeUndefined();
  });

  it.each(["/", "/a%3Fb", "*", ""])("leaves the path %o as it is", (path) => {
    expect(continueRequest({ method: "GET", path, headers: [], body }).modifiedRequest?.path).toBe(path);
  });

  it("takes a generated message and leaves it unchanged", () => {
    const request = create(HttpRequestSchema, { method: "GET", path: "/a?b", headers, body });
    expect(continueRequest(request).modifiedRequest).toMatchObject({ path: "/a", headers });
    expect(request.path).toBe("/a?b");
  });

  it("keeps repeated headers and their order", () => {
    const repeated = [
      { name: "b", value: "1" },
      { name: "a", value: "" },
      { name: "b", value: "2" },
    ];
    const answer = continueRequest({ method: "GET", path: "/", headers: repeated, body });
    expect(answer.modifiedRequest?.headers).toMatchObject(repeated);
  });
});

describe("abortRequest", () => {
  it("always carries the response, without which the host's task crashes", () => {
    const answer = abortRequest({ statusCode: 529, headers, body });
    expect(answer.action).toBe(ProcessHttpRequestResponse_Action.ABORT);
    expect(answer.abortResponse).toMatchObject({ statusCode: 529, headers, body });
    expect(answer.modifiedRequest).toBeUndefined();
  });

  it.each([0, 100, 199, 1000, 200.5, Number.NaN])("refuses the status %d", (statusCode) => {
    expect(errorOf(() => abortRequest({ statusCode, headers, body })).code).toBe("invalid-status");
  });

  it.each([200, 999])("takes the status %d", (statusCode) => {
    expect(abortRequest({ statusCode, headers, body }).abortResponse?.statusCode).toBe(statusCode);
  });
});

describe("continueResponse", () => {
  it("adds the content-length without which the host panics", () => {
    const answer = continueResponse({ statusCode: 200, headers, body });
    expect(answer.action).toBe(ProcessHttpResponseResponse_Action.CONTINUE);
    expect(answer.modifiedResponse?.headers).toMatchObject([
      ...headers,
      { name: "content-length", value: "7" },
    ]);
    expect(answer.abortResponse).toBeUndefined();
  });

  it("keeps a content-length that is there, in whatever case", () => {
    const given = [{ name: "Content-Length", value: "7" }];
    const answer = continueResponse({ statusCode: 200, headers: given, body });
    expect(answer.modifiedResponse?.headers).toMatchObject(given);
    expect(answer.modifiedResponse?.headers).toHaveLength(1);
  });

  it("does not write into the headers that it was given", () => {
    const given: { name: string; value: string }[] = [];
    continueResponse({ statusCode: 204, headers: given, body: new Uint8Array(0) });
    expect(given).toEqual([]);
  });
});

describe("headers that would crash the host", () => {
  const answers = {
    continueRequest: (name: string, value: string) =>
      continueRequest({ method: "GET", path: "/", headers: [{ name, value }], body }),
    abortRequest: (name: string, value: string) =>
      abortRequest({ statusCode: 500, headers: [{ name, value }], body }),
    continueResponse: (name: string, value: string) =>
      continueResponse({ statusCode: 200, headers: [{ name, value }], body }),
  };

  for (const [what, answer] of Object.entries(answers)) {
    it.each(["", "a b", "a:", "é", "a\r\n"])(`${what} refuses the name %j`, (name) => {
      expect(errorOf(() => answer(name, "v")).code).toBe("invalid-header-name");
    });

    it.each(["a\r\nb: c", "\0", "é", "\x7f"])(
      `${what} refuses the value %j and does not repeat it`,
      (value) => {
        const error = errorOf(() => answer("x-key", `secret${value}`));
        expect(error.code).toBe("invalid-header-value");
        expect(error.message).toContain("x-key");
        expect(error.message).not.toContain("secret");
      },
    );
  }

  it("are told from those that HTTP allows", () => {
    expect(() => answers.abortRequest("x!#$%&'*+-.^_`|~9", "tab\t and ~ visible")).not.toThrow();
  });
});

describe("messages over the host's limit", () => {
  it("are refused", () => {
    const tooLong = new Uint8Array(hostLimits.maxMessageBytes);
    const refused = [
      () => continueRequest({ method: "POST", path: "/", headers, body: tooLong }),
      () => abortRequest({ statusCode: 500, headers, body: tooLong }),
      () => continueResponse({ statusCode: 200, headers, body: tooLong }),
    ];
    for (const answer of refused) expect(errorOf(answer).code).toBe("message-too-large");
  });
});
