/** What a response says of an upstream, as a client reads it that knows the upstream by another URL. */
import { describe, expect, it } from "vitest";
import { type Alias, aliasCookie, aliasLocation } from "../../src/front/alias.ts";

const base: Alias = {
  origin: "http://localhost:3180",
  prefix: "/anthropic",
  base: "",
  scheme: "https",
  authority: { host: "api.anthropic.com", port: 443 },
};
const reverse: Alias = {
  origin: "http://localhost:3180",
  prefix: "",
  base: "/v2",
  scheme: "http",
  authority: { host: "api.test", port: 8080 },
};

describe("a Location", () => {
  it.each([
    ["https://api.anthropic.com/v1/x?y#z", "http://localhost:3180/anthropic/v1/x?y#z"],
    ["HTTPS://API.Anthropic.com:443/v1", "http://localhost:3180/anthropic/v1"],
    ["https://api.anthropic.com", "http://localhost:3180/anthropic/"],
    ["https://api.anthropic.com?x", "http://localhost:3180/anthropic/?x"],
    ["//api.anthropic.com/v1", "http://localhost:3180/anthropic/v1"],
    ["/v1/x", "/anthropic/v1/x"],
    ["/", "/anthropic/"],
    ["?page=2", "?page=2"],
    ["x/../y", "x/../y"],
    ["", ""],
    ["http://api.anthropic.com/v1", "http://api.anthropic.com/v1"],
    ["https://api.anthropic.com:8443/v1", "https://api.anthropic.com:8443/v1"],
    ["https://elsewhere.test/v1", "https://elsewhere.test/v1"],
    ["https://api.anthropic.com.elsewhere.test/", "https://api.anthropic.com.elsewhere.test/"],
    ["https://user@api.anthropic.com/", "https://user@api.anthropic.com/"],
    ["//elsewhere.test/v1", "//elsewhere.test/v1"],
    ["mailto:a@api.anthropic.com", "mailto:a@api.anthropic.com"],
  ])("%s of an API is %s", (value, expected) => expect(aliasLocation(value, base)).toBe(expected));

  it.each([
    ["/../openai/v1", "/anthropic/openai/v1"],
    ["/../../openai/v1?a=/../b", "/anthropic/openai/v1?a=/../b"],
    ["/%2e%2E/openai", "/anthropic/openai"],
    ["/x/.%2e/..", "/anthropic/"],
    ["/x/../y", "/anthropic/x/../y"],
    ["/.\t./openai", "/anthropic/openai"],
    ["/..\\openai", "/anthropic/openai"],
    ["\\openai", "/anthropic/openai"],
    ["../../openai/v1", "/anthropic/openai/v1"],
    ["../x", "../x"],
    ["y/../../../openai", "/anthropic/openai"],
    ["http:/openai/v1", "/anthropic/openai/v1"],
    ["http:../../openai", "/anthropic/openai"],
    ["https:/openai/v1", "https:/openai/v1"],
    ["https://api.anthropic.com/../openai", "http://localhost:3180/anthropic/openai"],
    ["http://localhost:3180/openai/v1", "http://localhost:3180/anthropic/openai/v1"],
    ["//LOCALHOST:3180/openai/v1", "http://localhost:3180/anthropic/openai/v1"],
    ["https://localhost:3180/openai/v1", "https://localhost:3180/openai/v1"],
    ["///elsewhere.test/x", "///elsewhere.test/x"],
    ["\\\\elsewhere.test/x", "\\\\elsewhere.test/x"],
  ])("%j does not lead to another API: %s", (value, expected) =>
    expect(aliasLocation(value, base, "/v1/models?a=/b")).toBe(expected),
  );

  it.each([
    ["http://api.test:8080/v2/x", "http://localhost:3180/x"],
    ["/v2/x", "/x"],
    ["/v2", "/"],
    ["/v2?x", "/?x"],
    ["/v22/x", "/v22/x"],
    ["http://api.test:8080/other", "http://api.test:8080/other"],
    ["http://api.test/v2/x", "http://api.test/v2/x"],
  ])("%s of an upstream below a path is %s", (value, expected) =>
    expect(aliasLocation(value, reverse)).toBe(expected),
  );
});

describe("a cookie", () => {
  it.each([
    ["a=b", "a=b"],
    ["a=b; Path=/; HttpOnly", "a=b; Path=/anthropic/; HttpOnly"],
    ["a=b;path=/v1;DOMAIN=.anthropic.com;Secure", "a=b; path=/anthropic/v1;Secure"],
    ["a=b; Domain=api.anthropic.com", "a=b"],
    [
      "a=domain=x; Expires=Thu, 01 Jan 2026 00:00:00 GMT",
      "a=domain=x; Expires=Thu, 01 Jan 2026 00:00:00 GMT",
    ],
    ["a=b; Path=relative", "a=b; Path=relative"],
  ])("%s is %s", (value, expected) => expect(aliasCookie(value, base)).toBe(expected));
});
