/** The question that is asked of upstreams: what its facts say is what stands in its bytes. */
import { RequestReader } from "@faultwire/http1";
import { expect, it } from "vitest";
import { questionHead } from "../../src/question.ts";

it.each([
  [true, "Connection: close\r\n"],
  [false, ""],
])("is the same in its facts and in its bytes (the last one: %s)", (isLast, more) => {
  const asked = "POST /v1/x HTTP/1.1\r\nHost: api.test:8080\r\nContent-Length: 0\r\n\r\n";
  const [head] = new RequestReader().push(new TextEncoder().encode(asked));
  if (head?.kind !== "head") throw new Error("no head");
  const question = questionHead({ head, host: "other.test", userAgent: "faultwire/test", isLast });
  expect(Buffer.from(question.bytes).toString("latin1")).toBe(
    `OPTIONS / HTTP/1.1\r\nHost: api.test:8080\r\nUser-Agent: faultwire/test\r\nAccept: */*\r\n${more}\r\n`,
  );
  const [read] = new RequestReader().push(question.bytes);
  expect(question).toEqual(read);
});
