import { delimiter } from "node:path";
import type { TrustFiles } from "@faultwire/cert-authority";
import { describe, expect, it } from "vitest";
import { type RunEnvironment, type RunEnvironmentOptions, runEnvironment } from "../../src/index.ts";

const proxyUrl = "http://127.0.0.1:3180";
const trust: TrustFiles = {
  certificate: "/t/ca.pem",
  bundle: "/t/bundle.pem",
  trustStore: "/t/trust store.p12",
  phpSettings: "/t/php",
};

/** The program's environment, for a user with these variables. */
const made = (
  environment: RunEnvironmentOptions["environment"] = {},
  more: Partial<RunEnvironmentOptions> = {},
): RunEnvironment =>
  runEnvironment({
    proxyUrl,
    trust,
    targets: ["api.anthropic.com"],
    environment,
    platform: "linux",
    ...more,
  });

describe("proxy variables", () => {
  it.each(["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"])(
    "%s is the proxy",
    (name) => {
      expect(made().environment[name]).toBe(proxyUrl);
      expect(made({ [name]: "http://corp:3128" }).environment[name]).toBe(proxyUrl);
    },
  );

  it("keep all that the user has besides", () => {
    expect(made({ PATH: "/bin", EMPTY: "", LANG: undefined }).environment).toMatchObject({
      PATH: "/bin",
      EMPTY: "",
    });
    expect(made({ LANG: undefined }).environment).not.toHaveProperty("LANG");
  });

  it("come without the passphrase of the CA's key, which is ours alone", () => {
    const { environment } = made({ FAULTWIRE_CA_PASSPHRASE: "planted", FAULTWIRE_HOME: "/x" });
    expect(environment).not.toHaveProperty("FAULTWIRE_CA_PASSPHRASE");
    expect(Object.values(environment).join()).not.toContain("planted");
    expect(environment).toHaveProperty("FAULTWIRE_HOME", "/x");
  });

  it("of one library are changed only where they are set, because they outrank the others", () => {
    expect(made().environment).not.toHaveProperty("grpc_proxy");
    const { environment } = made({
      grpc_proxy: "http://corp:1",
      no_grpc_proxy: "*",
      GLOBAL_AGENT_HTTPS_PROXY: "http://corp:1",
    });
    expect(environment).toMatchObject({
      grpc_proxy: proxyUrl,
      no_grpc_proxy: "localhost,127.0.0.1",
      GLOBAL_AGENT_HTTPS_PROXY: proxyUrl,
    });
  });

  it("are asked for by LWP of Perl and by Node only with a word more, which Node's hook makes needless", () => {
    expect(made().environment).toMatchObject({ PERL_LWP_ENV_PROXY: "1", NODE_USE_ENV_PROXY: "1" });
    expect(made({}, { nodeHook: "/hook.cjs" }).environment).not.toHaveProperty("NODE_USE_ENV_PROXY");
  });

  it.each([
    ["deno", true],
    ["/opt/bin/bun", true],
    ["C:\\bin\\BUNX.exe", true],
    ["node", false],
    ["/opt/deno/bin/node", false],
    ["bundle", false],
  ])("ask %s to follow the proxy by Node's variable: %s", (program, isAsked) => {
    const { environment } = made({}, { nodeHook: "/hook.cjs", program });
    expect(environment["NODE_USE_ENV_PROXY"]).toBe(isAsked ? "1" : undefined);
  });

  it("of our own hooks are there, whatever a program does with the others", () => {
    expect(made({}, { targets: ["a.test", "*.b.test"] }).environment).toMatchObject({
      FAULTWIRE_PROXY: proxyUrl,
      FAULTWIRE_TARGETS: "a.test,*.b.test",
      FAULTWIRE_CA: trust.certificate,
      FAULTWIRE_CA_BUNDLE: trust.bundle,
    });
  });
});

describe("the user's own proxies", () => {
  it("are told, lower case first", () => {
    const user = {
      http_proxy: "http://low:1",
      HTTP_PROXY: "http://high:1",
      HTTPS_PROXY: "http://user:secret@corp:3128",
      no_proxy: ".corp.test",
    };
    expect(made(user).userProxy).toEqual({
      HTTP_PROXY: "http://low:1",
      HTTPS_PROXY: "http://user:secret@corp:3128",
      NO_PROXY: ".corp.test",
    });
    expect(made().userProxy).toEqual({});
    expect(made({ HTTPS_PROXY: "" }).userProxy).toEqual({});
  });

  it("are not ours: a run in a run does not go in circles", () => {
    const { environment } = made();
    expect(made(environment).userProxy).toEqual({ NO_PROXY: "localhost,127.0.0.1" });
    expect(made(environment, { proxyUrl: "http://127.0.0.1:4000" }).userProxy.HTTPS_PROXY).toBe(proxyUrl);
  });

  it("are never in the notes", () => {
    const { notes } = made({ HTTPS_PROXY: "http://user:secret@corp:3128", NO_PROXY: "*" });
    expect(notes.join()).not.toContain("secret");
  });
});

describe("NO_PROXY", () => {
  const cases: ReadonlyArray<{ targets: string[]; before: string; after: string }> = [
    { targets: ["api.anthropic.com"], before: "", after: "localhost,127.0.0.1" },
    { targets: ["api.anthropic.com"], before: "corp.test", after: "corp.test,localhost,127.0.0.1" },
    {
      targets: ["api.anthropic.com"],
      before: "api.anthropic.com a.test",
      after: "a.test,localhost,127.0.0.1",
    },
    { targets: ["api.anthropic.com"], before: "API.Anthropic.com:443", after: "localhost,127.0.0.1" },
    { targets: ["api.anthropic.com"], before: ".anthropic.com,*.com", after: "localhost,127.0.0.1" },
    { targets: ["api.anthropic.com"], before: "*", after: "localhost,127.0.0.1" },
    {
      targets: ["api.anthropic.com"],
      before: "pic.com,x.api.anthropic.com",
      after: "pic.com,x.api.anthropic.com,localhost,127.0.0.1",
    },
    { targets: ["*.a.test"], before: "b.a.test,a.test,b.test", after: "b.test,localhost,127.0.0.1" },
    { targets: ["api-*.a.test"], before: "api-eu.a.test", after: "localhost,127.0.0.1" },
    { targets: ["*"], before: "corp.test", after: "" },
    { targets: ["localhost"], before: "localhost", after: "127.0.0.1" },
    {
      targets: ["10.1.2.3"],
      before: "10.0.0.0/8,192.168.0.0/16",
      after: "192.168.0.0/16,localhost,127.0.0.1",
    },
    { targets: ["::1"], before: "[::1]:443,::1", after: "localhost,127.0.0.1" },
    {
      targets: ["a.test"],
      before: "fe80::/10,1.2.3.4/99",
      after: "fe80::/10,1.2.3.4/99,localhost,127.0.0.1",
    },
  ];

  it.each(cases)("$before for $targets is $after", ({ targets, before, after }) => {
    const { environment, notes } = made({ NO_PROXY: before }, { targets });
    expect(environment["NO_PROXY"]).toBe(after);
    expect(environment["no_proxy"]).toBe(after);
    const isRemoved = before
      .split(/[\s,]+/)
      .some((entry) => entry !== "" && !after.split(",").includes(entry));
    expect(notes.some((note) => note.startsWith("NO_PROXY"))).toBe(isRemoved);
  });
});

describe("trust", () => {
  it.each([
    ["SSL_CERT_FILE", trust.bundle],
    ["REQUESTS_CA_BUNDLE", trust.bundle],
    ["CURL_CA_BUNDLE", trust.bundle],
    ["AWS_CA_BUNDLE", trust.bundle],
    ["GIT_SSL_CAINFO", trust.bundle],
    ["CARGO_HTTP_CAINFO", trust.bundle],
    ["PERL_LWP_SSL_CA_FILE", trust.bundle],
    ["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", trust.bundle],
    ["PIP_CERT", trust.bundle],
    ["NODE_EXTRA_CA_CERTS", trust.certificate],
    ["DENO_CERT", trust.certificate],
    ["PHP_INI_SCAN_DIR", `${delimiter}${trust.phpSettings}`],
  ])("%s is %s", (name, file) => {
    expect(made().environment[name]).toBe(file);
  });

  it("keeps the roots of a company where a variable would add ours alone", () => {
    expect(made({ NODE_EXTRA_CA_CERTS: "/corp.pem" }).environment["NODE_EXTRA_CA_CERTS"]).toBe(trust.bundle);
  });
});

describe("NODE_OPTIONS", () => {
  const nodeHook = "/opt/hook.cjs";

  it.each([
    { before: "", after: "--require /opt/hook.cjs" },
    { before: " --max-old-space-size=99 ", after: "--require /opt/hook.cjs --max-old-space-size=99" },
    {
      before: '--require "/a b/c.js" --import ./i.mjs',
      after: '--require /opt/hook.cjs --require "/a b/c.js" --import ./i.mjs',
    },
  ])("of the user ($before) stay behind ours", ({ before, after }) => {
    expect(made({ NODE_OPTIONS: before }, { nodeHook }).environment["NODE_OPTIONS"]).toBe(after);
  });

  it("are the same in a run in a run, and untouched without a hook", () => {
    const { environment } = made({}, { nodeHook });
    expect(made(environment, { nodeHook }).environment["NODE_OPTIONS"]).toBe("--require /opt/hook.cjs");
    expect(made({ NODE_OPTIONS: "--x" }).environment["NODE_OPTIONS"]).toBe("--x");
  });

  it("quote a path as Node reads it", () => {
    const path = (nodeHook: string): string | undefined => made({}, { nodeHook }).environment["NODE_OPTIONS"];
    expect(path("C:\\hook.cjs")).toBe("--require C:\\hook.cjs");
    expect(path("C:\\a b\\hook.cjs")).toBe('--require "C:\\\\a b\\\\hook.cjs"');
    expect(path('/a"b/hook.cjs')).toBe('--require "/a\\"b/hook.cjs"');
  });
});

describe("JAVA_TOOL_OPTIONS", () => {
  it("lead to the proxy, past it for this machine, and to the trust store", () => {
    expect(made().environment["JAVA_TOOL_OPTIONS"]).toBe(
      "-Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=3180 -Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=3180 " +
        "-Dhttp.nonProxyHosts=localhost|127.0.0.1 " +
        '"-Djavax.net.ssl.trustStore=/t/trust store.p12" -Djavax.net.ssl.trustStoreType=PKCS12 ' +
        "-Djavax.net.ssl.trustStorePassword=faultwire",
    );
  });

  it("of the user stay in front, and a proxy of the user is told as overruled", () => {
    const { environment, notes } = made({ JAVA_TOOL_OPTIONS: "-Xmx1g -Dhttps.proxyHost=corp" });
    expect(environment["JAVA_TOOL_OPTIONS"]).toMatch(/^-Xmx1g -Dhttp\.proxyHost=127/);
    expect(environment["JAVA_TOOL_OPTIONS"]).not.toContain("corp");
    expect(notes).toEqual([expect.stringContaining("JAVA_TOOL_OPTIONS names a proxy")]);
  });

  it("are the same in a program that was led here already, and no proxy of the user is told", () => {
    const once = made({ JAVA_TOOL_OPTIONS: "-Xmx1g", NO_PROXY: "corp.test" });
    const again = made(once.environment);
    expect(again).toEqual({ ...once, userProxy: { NO_PROXY: once.environment["NO_PROXY"] } });
  });

  it("lead to the proxy of now, where they led to another one of ours", () => {
    const before = made({}, { proxyUrl: "http://127.0.0.1:4000" }).environment;
    expect(made(before).environment["JAVA_TOOL_OPTIONS"]).toBe(made().environment["JAVA_TOOL_OPTIONS"]);
  });

  it("are outranked by two variables, which is told", () => {
    expect(made({ _JAVA_OPTIONS: "-Dhttp.proxyHost=corp" }).notes).toEqual([
      expect.stringContaining("_JAVA_OPTIONS names a proxy"),
    ]);
    expect(made({ _JAVA_OPTIONS: "-Xmx1g", JDK_JAVA_OPTIONS: "-ea" }).notes).toEqual([]);
  });

  it.each([
    { before: ".corp.test,a.test:8080", hosts: "corp.test|*.corp.test|a.test|*.a.test|localhost|127.0.0.1" },
    { before: "10.0.0.0/8,1.2.3.4,::1", hosts: "1.2.3.4|[::1]|localhost|127.0.0.1" },
  ])("have $before as $hosts", ({ before, hosts }) => {
    expect(made({ NO_PROXY: before }).environment["JAVA_TOOL_OPTIONS"]).toContain(
      `-Dhttp.nonProxyHosts=${hosts} `,
    );
  });

  it("have an empty list where this machine is a target, because Java adds localhost to any other", () => {
    const { environment } = made({ NO_PROXY: "corp.test" }, { targets: ["localhost"] });
    expect(environment["JAVA_TOOL_OPTIONS"]).toContain("-Dhttp.nonProxyHosts= ");
  });
});

describe("PYTHONPATH", () => {
  it.each([
    { platform: "linux", hook: "/py", before: undefined, after: "/py" },
    { platform: "linux", hook: "/py", before: "", after: "/py" },
    { platform: "darwin", hook: "/py", before: "/a:/b", after: "/py:/a:/b" },
    { platform: "win32", hook: "C:\\py", before: "C:\\a", after: "C:\\py;C:\\a" },
  ] as const)("on $platform is $after", ({ platform, hook, before, after }) => {
    const { environment } = made({ PYTHONPATH: before }, { platform, pythonHook: hook });
    expect(environment["PYTHONPATH"]).toBe(after);
  });
});

describe("base URLs", () => {
  const baseUrls = [
    { variable: "ANTHROPIC_BASE_URL", standard: "https://api.anthropic.com", prefix: "/anthropic" },
    { variable: "OPENAI_BASE_URL", standard: "https://api.openai.com/v1", prefix: "/openai" },
  ];

  it("are left alone unless they are asked for", () => {
    expect(made().environment).not.toHaveProperty("ANTHROPIC_BASE_URL");
  });

  it.each([
    ["ANTHROPIC_BASE_URL", undefined, "http://127.0.0.1:3180/anthropic"],
    ["ANTHROPIC_BASE_URL", "https://api.anthropic.com/", "http://127.0.0.1:3180/anthropic"],
    ["OPENAI_BASE_URL", undefined, "http://127.0.0.1:3180/openai/v1"],
    ["ANTHROPIC_BASE_URL", "", "http://127.0.0.1:3180/anthropic"],
    [
      "OPENAI_BASE_URL",
      "https://gw.corp.test:8443/v1/",
      "http://127.0.0.1:3180/upstream/https/gw.corp.test:8443/v1",
    ],
    [
      "OPENAI_BASE_URL",
      "http://localhost:11434/v1",
      "http://127.0.0.1:3180/upstream/http/localhost:11434/v1",
    ],
    ["OPENAI_BASE_URL", "http://127.0.0.1:3180/openai/v1", "http://127.0.0.1:3180/openai/v1"],
  ])("%s that was %s is %s", (name, before, after) => {
    expect(made({ [name]: before }, { baseUrls }).environment[name]).toBe(after);
  });

  it("that mean nothing stay, which is told", () => {
    const { environment, notes } = made({ OPENAI_BASE_URL: "nonsense" }, { baseUrls });
    expect(environment["OPENAI_BASE_URL"]).toBe("nonsense");
    expect(notes).toEqual([expect.stringContaining("OPENAI_BASE_URL is no URL")]);
  });
});

describe("on Windows", () => {
  const platform = "win32";

  it("a variable has one spelling, the user's", () => {
    const { environment } = made(
      { Path: "C:\\bin", https_proxy: "http://corp:1", Node_Options: "--x" },
      {
        platform,
        nodeHook: "C:\\h.cjs",
      },
    );
    expect(environment).toMatchObject({
      Path: "C:\\bin",
      https_proxy: proxyUrl,
      Node_Options: "--require C:\\h.cjs --x",
    });
    const names = Object.keys(environment).map((name) => name.toUpperCase());
    expect(new Set(names).size).toBe(names.length);
  });

  it("the user's proxies are found in any spelling", () => {
    expect(made({ Https_Proxy: "http://corp:1" }, { platform }).userProxy.HTTPS_PROXY).toBe("http://corp:1");
  });
});

it("macOS is as Linux", () => {
  expect(made({ NO_PROXY: "a.test" }, { platform: "darwin" })).toEqual(made({ NO_PROXY: "a.test" }));
});

it("refuses a proxy that is no URL", () => {
  expect(() => made({}, { proxyUrl: "127.0.0.1:3180" })).toThrow(TypeError);
});

it("leads to a proxy on IPv6", () => {
  const { environment } = made({}, { proxyUrl: "http://[::1]:3180" });
  expect(environment["HTTPS_PROXY"]).toBe("http://[::1]:3180");
  expect(environment["JAVA_TOOL_OPTIONS"]).toContain("-Dhttps.proxyHost=::1 ");
});
