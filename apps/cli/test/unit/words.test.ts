/** Words that people read, from values: banners, rules in a line, ports that can't be had, why a status is what it is. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type EngineEvent, type FaultKind, judge, singleRuleSet } from "@faultwire/fault-engine";
import { ProxyError } from "@faultwire/proxy";
import { afterEach, describe, expect, it, vi } from "vitest";
import { banner } from "../../src/banner.ts";
import { describeRules } from "../../src/describe-rules.ts";
import type { RunOutcome } from "../../src/run/run-once.ts";
import { verdictOfRun, wasSeen } from "../../src/run/status-of-run.ts";
import { underWay } from "../../src/run/under-way.ts";
import { listenError } from "../../src/stack/listen-error.ts";
import { UsageError } from "../../src/usage-error.ts";
import { baseUrlFor, commandName, waysIn } from "../../src/ways-in.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe("a banner", () => {
  /** What is printed, without colours. */
  const printed = (given: Parameters<typeof banner>[0]): string => {
    let text = "";
    vi.spyOn(process.stdout, "write").mockImplementation((part) => {
      text += String(part);
      return true;
    });
    banner(given);
    // Colours of a terminal.
    return text.replaceAll(/\p{Cc}\[\d+m/gu, "");
  };

  it("has its columns, and a command that can be pasted", () => {
    const rows = [
      ["proxy", "http://127.0.0.1:1"],
      ["a mock", "text"],
    ] as const;
    expect(
      printed({ ways: [["eval x", "in a shell"]], rows, title: "Try:", command: ["curl", "-v", "url"] }),
    ).toBe(
      "faultwire\n\nPoint a program here:\n\n  eval x  in a shell\n\n  proxy   http://127.0.0.1:1\n  a mock  text\n\nTry:\n\ncurl \\\n  -v \\\n  url\n\nCtrl-C ends it.\n",
    );
    expect(printed({ rows, title: "Try:", command: ["curl"] })).not.toContain("Point a program");
  });
});

describe("the ways to a proxy", () => {
  const given = { proxyUrl: "http://127.0.0.1:3180", hosts: ["other.test", "api.anthropic.com"] };

  it("are called as this command was called", () => {
    expect(commandName({})).toBe("faultwire");
    expect(commandName({ npm_command: "exec" })).toBe("npx faultwire");
  });

  it("are the proxy, a base URL and run", () => {
    vi.stubEnv("npm_command", undefined);
    expect(waysIn(given)).toEqual([
      [
        'eval "$(faultwire ca env --proxy http://127.0.0.1:3180)"',
        "in its shell: sets HTTPS_PROXY and what makes it trust the CA",
      ],
      ["ANTHROPIC_BASE_URL=http://127.0.0.1:3180/anthropic", "no proxy and no CA needed"],
      ["faultwire run -- COMMAND", "or have one command set up, run and judged"],
    ]);
    expect(waysIn({ ...given, hosts: ["other.test"] })[1]?.[0]).toBe(
      "http://127.0.0.1:3180/upstream/https/other.test",
    );
    expect(waysIn({ ...given, hosts: [] })[1]?.[0]).toBe("http://127.0.0.1:3180/upstream/https/HOST");
  });

  it("hold a user and a password where the proxy asks for them, and then no base URL", () => {
    const ways = waysIn({ ...given, hasAuth: true });
    expect(ways).toHaveLength(2);
    expect(ways[0]?.[0]).toContain("--proxy http://USER:PASSWORD@127.0.0.1:3180)");
  });

  it("are one where the port stands for an upstream", () => {
    expect(waysIn({ ...given, reverse: "https://api.test" })).toEqual([
      ["http://127.0.0.1:3180", "in place of https://api.test: no proxy and no CA needed"],
    ]);
  });

  it("are a base URL for each host", () => {
    expect(baseUrlFor("http://p", "api.openai.com")).toBe("http://p/openai");
    expect(baseUrlFor("http://p", "other.test")).toBe("http://p/upstream/https/other.test");
  });
});

describe("the rules in a line", () => {
  const flags = singleRuleSet({ errorProbability: 0.125, statusCode: 503, closeAt: "client-hello", seed: 7 });
  const set = { ...flags, seed: 9 };

  it.each([
    [
      { file: null, flags, targets: ["a.test", "b.test"] },
      undefined,
      "a.test, b.test: 12.5 % of requests answered with 503 (where HTTPS stays closed: of connections closed at client-hello); seed 7",
    ],
    [
      { file: set, flags: null, targets: ["a.test"] },
      "f.yaml",
      "a.test: 2 rules of f.yaml, seed 9 (`faultwire check f.yaml` explains them)",
    ],
    [{ file: set, flags: null, targets: ["a.test"] }, "-", "a.test: 2 rules of standard input, seed 9"],
    [
      { file: set, flags, targets: ["a.test"] },
      "-",
      "a.test: 2 rules of standard input, seed 9; then 12.5 % of requests answered with 503 (where HTTPS stays closed: of connections closed at client-hello); seed 7",
    ],
  ])("%#", (sources, path, line) => {
    expect(describeRules(sources, path)).toBe(line);
  });
});

describe("a port that can't be had", () => {
  const failed = (code: string, syscall = "listen") => Object.assign(new Error("no"), { code, syscall });
  const said = (error: unknown): unknown => listenError(error, "127.0.0.1", 80, "--port");

  it.each([
    [
      failed("EADDRINUSE"),
      "127.0.0.1:80 is in use by another program; stop it, or choose another port (--port; 0 takes a free one)",
    ],
    [
      new Error("wrapped", { cause: failed("EADDRINUSE") }),
      "127.0.0.1:80 is in use by another program; stop it, or choose another port (--port; 0 takes a free one)",
    ],
    [
      failed("EACCES"),
      "can't listen on 127.0.0.1:80 (EACCES); choose another port (--port; 0 takes a free one)",
    ],
    [
      new ProxyError("open-to-others", "asks for words"),
      "asks for words; give them by --proxy-auth USER:PASSWORD",
    ],
  ])("%s", (error, message) => {
    const told = said(error);
    expect(told).toBeInstanceOf(UsageError);
    expect((told as Error).message).toBe(message);
  });

  it("is another error where another port would not help", () => {
    for (const error of [failed("EADDRNOTAVAIL"), failed("EACCES", "open"), new Error("no")])
      expect(said(error)).toBe(error);
  });
});

describe("the status of a run", () => {
  const tally = (requests: number, connections = 0, rules = 0) =>
    ({
      requests,
      connections,
      rules: new Map(Array.from({ length: rules }, (_, at) => [String(at), 1])),
    }) as unknown as RunOutcome["tally"];
  const outcome = (more: Partial<RunOutcome> = {}): RunOutcome =>
    ({ end: { kind: "exited", status: 0 }, tally: tally(1), ...more }) as RunOutcome;
  const rules = { isIntercepted: true, failOn: "expectations", hasDefaultMix: false } as const;
  const notMet = judge([{ rule: "a", retries: { min: 1 } }], []);

  it.each([
    [tally(1), true, true],
    [tally(0), true, false],
    [tally(0, 1), true, false],
    [tally(0, 1), false, true],
    [tally(0, 0), false, false],
    [tally(0, 0, 1), true, true],
  ])("%#: something was seen", (seen, isIntercepted, expected) => {
    expect(wasSeen({ tally: seen }, isIntercepted)).toBe(expected);
  });

  it.each([
    [outcome(), {}, 0, undefined],
    [outcome({ end: { kind: "not-started", status: 127, why: "no such" } }), {}, 127, "no such"],
    [outcome({ timedOutMs: 1500 }), {}, 124, "it ran longer than 1500ms (--timeout) and was ended"],
    [
      outcome({ timedOutMs: 2000, underWay: "hung" }),
      {},
      124,
      "it ran longer than 2s (--timeout) and was ended; hung",
    ],
    [outcome({ end: { kind: "exited", status: 7 }, tally: tally(0) }), {}, 7, undefined],
    [outcome({ tally: tally(0) }), { failOn: "never" }, 0, undefined],
    [outcome({ tally: tally(0) }), {}, 3, "no request of the program was seen, so nothing was tested"],
    [
      outcome({ judgement: notMet }),
      {},
      1,
      "what the rules expect of the program was not proven by what was seen",
    ],
  ] as const)("%#", (of, more, status, why) => {
    expect(verdictOfRun(of, { ...rules, ...more })).toEqual({ status, why });
  });
});

describe("what a program waits for", () => {
  it.each([
    ["stream.stall", "a stalled stream"],
    ["stream.pace", "a slow stream"],
    ["connection.stall", "a stalled connection"],
    ["connection.throttle", "a slow connection"],
    ["connection.latency", "a slow connection"],
    ["http.delay", "a delayed answer"],
    ["tls.handshake-stall", "a stalled handshake"],
    ["http.error", "http.error"],
  ] as readonly (readonly [FaultKind, string])[])("%s is %s", (fault, words) => {
    const request = { type: "request", atMs: 0, request: "r", method: "GET", host: "h", path: "/" };
    const decision = { type: "decision", atMs: 1000, request: "r", rule: "a", fault };
    expect(underWay([request, decision] as unknown as EngineEvent[], 3500)).toBe(
      `hung 2.5 s after ${words} (rule a): GET h/`,
    );
  });
});

describe("the log", () => {
  /** What is written to standard error by the built logger. */
  const written = (settings: object, act: string, hasLines = false): string => {
    const module = pathToFileURL(join(import.meta.dirname, "../../dist/logger.js")).href;
    const script = `const { createLogger } = await import(${JSON.stringify(module)}); const log = await createLogger(${JSON.stringify(settings)}, ${hasLines}); ${act}`;
    const { stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1" },
    });
    expect(status, stderr).toBe(0);
    return stderr;
  };

  it("holds no secret, whatever a field of its name carries", () => {
    const names = [
      "authorization",
      "x-api-key",
      "api_key",
      "key",
      "privateKey",
      "body",
      "password",
      "passphrase",
    ];
    // One process for all of them: starting one is what takes the time.
    const act = `for (const name of ${JSON.stringify(names)}) log.info({ [name]: "s3cret", inside: { [name]: "s3cret" } }, name);`;
    const lines = written({ logFormat: "json" }, act).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject(
      names.map((name) => ({
        level: "info",
        msg: name,
        [name]: "[redacted]",
        inside: { [name]: "[redacted]" },
      })),
    );
  });

  const foreign = "away: \u001b[2J\u001b]0;title\u0007\u202e\r\n99:01:10  forged";
  it.each([false, true])(
    "lets no terminal obey what others said, and no line be forged (verbose: %j)",
    (verbose) => {
      const text = written(
        { logFormat: "pretty", verbose },
        `log.warn({ why: ${JSON.stringify(foreign)} }, ${JSON.stringify(foreign)});`,
      );
      expect(text.replaceAll("\n", "")).toMatch(/^\P{C}+$/u);
      expect(text).toMatch(/^\d\d:\d\d:\d\d {2}warn: away: /);
      expect(text).not.toMatch(/^99:01:10/m);
      expect(text).toContain("\n  99:01:10  forged");
    },
  );

  const act = 'log.debug("d"); log.info({ event: "fault" }, "i"); log.warn("w"); log.error("e");';
  it.each([
    [{ logFormat: "pretty" }, false, ["i", "warn: w", "error: e"]],
    [{ logFormat: "pretty" }, true, ["warn: w", "error: e"]],
    [{ logFormat: "pretty", quiet: true }, false, ["warn: w", "error: e"]],
    [{ logFormat: "pretty", verbose: true }, true, ["d", "i", "warn: w", "error: e"]],
  ])("%j says by its level what matters", (settings, hasLines, expected) => {
    const lines = written(settings, act, hasLines).split("\n");
    const said = lines.flatMap((line) => /^\d\d:\d\d:\d\d {2}(.*)$/.exec(line)?.[1] ?? []);
    expect(said).toEqual(expected);
  });
});
