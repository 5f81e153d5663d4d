/** What flags take and refuse, to the edge of each range, and which settings come of them. */
import { Command, InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import { curlLine } from "../../src/curl-line.ts";
import {
  addDoorOptions,
  doorSettings,
  targetingReverse,
  targetsReverseAlone,
} from "../../src/door-options.ts";
import { integerFlag, numberFlag } from "../../src/number-flags.ts";
import { addRuleOptions, singleRuleOf } from "../../src/rule-options.ts";
import { writeMs } from "../../src/run/duration-flag.ts";
import { maxSeeds, seedsFlag } from "../../src/run/seeds.ts";
import { addRuntimeOptions } from "../../src/runtime-options.ts";
import { upstreamProxySetting } from "../../src/upstream-proxy-setting.ts";

/** The options that a command line gives, or what is said against it. */
function parsed(
  add: (command: Command) => Command,
  ...args: readonly string[]
): Record<string, unknown> | string {
  const command = add(new Command("test").exitOverride().configureOutput({ writeErr: () => {} }));
  try {
    return command.parse(args, { from: "user" }).opts();
  } catch (error) {
    return (error as Error).message;
  }
}

describe("a number", () => {
  it.each(["0", "1", "0.5", " 1 ", "1e-3"])("from 0 to 1 may be %j", (text) => {
    expect(numberFlag(0, 1)(text)).toBe(Number(text));
  });
  it.each(["", " ", "-0.1", "1.1", "x", "NaN"])("from 0 to 1 is not %j", (text) => {
    expect(() => numberFlag(0, 1)(text)).toThrow(new InvalidArgumentError("Expected a number from 0 to 1."));
  });
  it.each(["200", "599", " 300 "])("of a status may be %j", (text) => {
    expect(integerFlag(200, 599)(text)).toBe(Number(text));
  });
  it.each(["", "199", "600", "2e2", "200.5", "-300", "+300", "0x12c"])("of a status is not %j", (text) => {
    expect(() => integerFlag(200, 599)(text)).toThrow(
      new InvalidArgumentError("Expected a whole number from 200 to 599."),
    );
  });
});

describe("a length of time in words", () => {
  it.each([
    [1, "1ms"],
    [1500, "1500ms"],
    [2000, "2s"],
    [90_000, "90s"],
    [300_000, "5m"],
    [7_200_000, "2h"],
  ])("%i is %s", (ms, text) => expect(writeMs(ms)).toBe(text));
});

it("the end of flags is no seed", () => {
  expect(parsed(addRuleOptions, "--seed", "--")).toMatch(
    /argument '--' is invalid\. Expected a number or a text\.$/,
  );
  expect(parsed(addRuleOptions, "--seed", "-1")).toEqual({ seed: "-1" });
});

it("seeds are ten thousand at the most", () => {
  expect(seedsFlag(`1..${maxSeeds}`)).toHaveLength(10_000);
  for (const text of [`1..${maxSeeds + 1}`, `1..${maxSeeds},x`])
    expect(() => seedsFlag(text)).toThrow(new InvalidArgumentError("Expected 10000 seeds at the most."));
});

describe("the flags of a rule", () => {
  const rule = (...args: readonly string[]) => {
    const flags = parsed(addRuleOptions, ...args);
    return typeof flags === "string" ? flags : singleRuleOf(flags);
  };

  it("say what they say, and leave out what they do not", () => {
    expect(rule()).toEqual({});
    expect(
      rule(
        ...["--target-host", "API.example", "--target-host", "*.b.test", "--error-probability", "0.5"],
        ...["--status-code", "429", "--error-body", "no", "--headers", "Retry-After: 3"],
        ...["--headers", '{"A":[1,true],"b":"x"}', "--close-at", "server-hello", "--seed", "7"],
      ),
    ).toEqual({
      targetHosts: ["api.example", "*.b.test"],
      errorProbability: 0.5,
      statusCode: 429,
      errorBody: "no",
      headers: [
        ["retry-after", "3"],
        ["a", "1"],
        ["a", "true"],
        ["b", "x"],
      ],
      closeAt: "server-hello",
      seed: "7",
    });
  });

  it.each([
    ["--target-host", "https://a.test", "Expected a host name without scheme, port or path"],
    ["--target-host", "a.test:443", "Expected a host name without scheme, port or path"],
    ["--target-host", "", "Expected a host name without scheme, port or path"],
    ["--headers", "no colon", 'Expected "name: value".'],
    ["--headers", ": x", 'Expected "name: value".'],
    ["--headers", "{nonsense", "Expected a JSON object of header names and values."],
    [
      "--headers",
      '{"a":null}',
      "Expected a text, a number, true or false as the value of a, or a list of them.",
    ],
    ["--headers", "a b: c", '"a b" is no header name.'],
    ["--headers", "a: \u00e9", "the value of a holds control or non-ASCII characters."],
    ["--headers", "a: b\u0007", "the value of a holds control or non-ASCII characters."],
    ["--headers", "Connection: close", " is invalid. Expected no connection: "],
    ["--headers", '{"Content-Length":5}', " is invalid. Expected no content-length: "],
    ["--headers", "transfer-encoding: chunked", " is invalid. Expected no transfer-encoding: "],
    ["--status-code", "600", "Expected a whole number from 200 to 599."],
    ["--error-probability", "2", "Expected a number from 0 to 1."],
    ["--close-at", "never", "Allowed choices are"],
  ])("refuse %s %j", (flag, value, message) => {
    expect(rule(flag, value)).toContain(message);
  });

  it.each(["*", "[::1]", "::1", "10.0.0.1", "b\u00fccher.example", "a_b.test"])(
    "take the host %s",
    (host) => {
      expect(rule("--target-host", host)).toEqual({ targetHosts: [host] });
    },
  );
});

describe("the flags of every command with rules", () => {
  it("have defaults, and take their choices only", () => {
    expect(parsed(addRuntimeOptions)).toEqual({ watch: "true", failOn: "expectations", intercept: "https" });
    expect(
      parsed(
        addRuntimeOptions,
        ...["--no-watch", "--intercept", "connection", "--upstream-ca", "a", "--upstream-ca", "b", "-q"],
        ...["--upstream-legacy", "--upstream-insecure", "--log-format", "json", "--ready-file", "r"],
        ...["--export-ca", "c", "--install-ca", "--verbose"],
      ),
    ).toEqual({
      watch: false,
      failOn: "expectations",
      intercept: "connection",
      upstreamCa: ["a", "b"],
      quiet: true,
      upstreamLegacy: true,
      upstreamInsecure: true,
      logFormat: "json",
      readyFile: "r",
      exportCa: "c",
      installCa: true,
      verbose: true,
    });
    for (const flags of [
      ["--watch", "maybe"],
      ["--intercept", "all"],
      ["--log-format", "xml"],
    ])
      expect(parsed(addRuntimeOptions, ...flags)).toContain("Allowed choices are");
  });
});

describe("the flags of a door", () => {
  it("become settings, and none that was not set", () => {
    expect(doorSettings({})).toEqual({});
    const flags = parsed(
      addDoorOptions,
      ...["--reverse", "https://api.test", "--sni-default", "b.test", "--own-name", "a", "--own-name", "b"],
      ...["--allow-origin", "http://x", "--allow-origin", "http://y"],
    );
    expect(doorSettings(flags as object)).toEqual({
      reverse: "https://api.test",
      sniDefault: "b.test",
      ownNames: ["a", "b"],
      allowOrigins: ["http://x", "http://y"],
    });
  });

  it.each(["--reverse", "--sni-default"])("of which %s means one thing are refused twice", (flag) => {
    expect(parsed(addDoorOptions, flag, "a", flag, "b")).toContain(
      'One expected; "a" was given before. Start another proxy on another port.',
    );
  });

  it("make the upstream of --reverse the target where nothing else names one", () => {
    const reverse = "https://API.test:8443/";
    expect(targetingReverse({ reverse })).toEqual({ reverse, targetHost: ["api.test"] });
    expect(targetsReverseAlone({ reverse })).toBe(true);
    for (const named of [{ targetHost: ["b.test"] }, { config: "a.yaml" }]) {
      expect(targetingReverse({ reverse, ...named })).toEqual({ reverse, ...named });
      expect(targetsReverseAlone({ reverse, ...named })).toBe(false);
    }
    expect(targetingReverse({})).toEqual({});
    expect(targetsReverseAlone({})).toBe(false);
    expect(() => targetingReverse({ reverse: "nonsense" })).toThrow(/nonsense/);
  });
});

describe("--upstream-proxy", () => {
  const proxy = "http://p.test:1";
  const found = (flag: string, environment: Record<string, string>) => {
    const { upstreamProxy } = upstreamProxySetting(flag, environment);
    return upstreamProxy && JSON.stringify(upstreamProxy);
  };
  it("takes the environment, or a URL, or none", () => {
    expect(found("none", { HTTPS_PROXY: proxy })).toBeUndefined();
    expect(found("env", {})).toBeUndefined();
    expect(found("env", { HTTPS_PROXY: proxy })).toContain("p.test");
    expect(found("http://q.test:2", { HTTPS_PROXY: proxy })).toContain("q.test");
    expect(found("http://q.test:2", { HTTPS_PROXY: proxy })).not.toContain("p.test");
  });
  it.each(["NO_PROXY", "no_proxy"])("leaves hosts of %s alone beside a URL, too", (name) => {
    expect(found("http://q.test:2", { [name]: "a.test" })).toContain("a.test");
  });
});

describe("the line for curl", () => {
  const given = {
    proxyUrl: "http://127.0.0.1:1",
    caCertPath: "/ca.pem",
    host: "api.anthropic.com",
    isMocked: false,
  };
  const body = '{"model":"claude-sonnet-5-5","max_tokens":64,"messages":[{"role":"user","content":"hi"}]}';
  const headers = (key: string) =>
    `-H x-api-key:${key} -H anthropic-version:2023-06-01 -H content-type:application/json`;

  it("asks Anthropic's API, or a mock of it, for a message", () => {
    expect(curlLine(given)).toEqual([
      "curl http://127.0.0.1:1/anthropic/v1/messages",
      headers("YOUR-KEY"),
      `-d '${body}'`,
    ]);
    expect(curlLine({ ...given, host: "api.test", isMocked: true })).toEqual([
      "curl http://127.0.0.1:1/upstream/https/api.test/v1/messages",
      headers("any"),
      `-d '${body}'`,
    ]);
    expect(curlLine({ ...given, host: "notanthropic.com" })).toHaveLength(1);
    expect(curlLine({ ...given, host: "anthropic.com" })).toHaveLength(3);
  });

  it("asks any other host for its first page, by the way that is open", () => {
    const other = { ...given, host: "api.test" };
    const line = (more: object) => curlLine({ ...other, ...more }).join();
    expect(line({})).toBe("curl http://127.0.0.1:1/upstream/https/api.test/");
    expect(line({ reverse: "https://api.test" })).toBe("curl http://127.0.0.1:1/");
    expect(line({ isClosed: true })).toBe("curl --proxy http://127.0.0.1:1 https://api.test/");
    expect(line({ hasAuth: true })).toBe(
      "curl --proxy http://127.0.0.1:1 --proxy-user USER:PASSWORD --cacert '/ca.pem' https://api.test/",
    );
    expect(curlLine({ ...other, isClosed: true, isMocked: true })[0]).toBe(
      "curl --proxy http://127.0.0.1:1 --cacert '/ca.pem' https://api.test/v1/messages",
    );
  });
});
