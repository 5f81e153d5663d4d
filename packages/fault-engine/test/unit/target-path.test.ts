/** The path of a request target, as rules see it. */
import { expect, it } from "vitest";
import { targetPath } from "../../src/rules/facts.ts";

it.each([
  ["/v1/messages", "/v1/messages"],
  ["/v1/messages?beta=true", "/v1/messages"],
  ["/v1/messages#x?y", "/v1/messages"],
  ["/caf\u00c3\u00a9", "/caf%C3%A9"],
  ["/\u0080\u00ff", "/%80%FF"],
  ["/~\u007f", "/~\u007f"],
  ["http://api.test/v1/x?y", "/v1/x"],
  ["*", "*"],
])("of %j is %j", (target, path) => expect(targetPath(target)).toBe(path));
