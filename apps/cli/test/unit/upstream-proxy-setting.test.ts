import { describe, expect, it } from "vitest";
import { upstreamProxySetting } from "../../src/upstream-proxy-setting.ts";

const environment = { HTTPS_PROXY: "http://a.test:1", no_proxy: "b.test", NO_PROXY: "c.test" };

describe("--upstream-proxy", () => {
  it.each([
    ["env", environment, { https: "http://a.test:1", http: undefined, noProxy: "b.test" }],
    ["env", {}, undefined],
    ["none", environment, undefined],
    [
      "socks5://d.test",
      environment,
      { https: "socks5://d.test", http: "socks5://d.test", noProxy: "b.test" },
    ],
  ])("%s in %j", (flag, variables, expected) =>
    expect(upstreamProxySetting(flag, variables).upstreamProxy).toEqual(expected),
  );
});
