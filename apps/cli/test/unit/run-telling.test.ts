/** What `run` says: its lines, what it is quiet about, its tables, and why its status is not the command's. */

import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Judgement, judge, singleRuleSet } from "@faultwire/fault-engine";
import { describe, expect, it, onTestFinished } from "vitest";
import { startChild } from "../../src/run/child.ts";
import { namesByAddress } from "../../src/run/name-addresses.ts";
import type { World } from "../../src/run/open-world.ts";
import { RunLines, type RunLinesOptions } from "../../src/run/run-lines.ts";
import type { RunOutcome } from "../../src/run/run-once.ts";
import { lineOfSeed, seedTable } from "../../src/run/seed-table.ts";
import { verdictOfRun } from "../../src/run/status-of-run.ts";
import { tellRun, tellStart } from "../../src/run/tell-run.ts";
import { sightingLines } from "../../src/run/tell-sightings.ts";
import { Tally } from "../../src/traffic/tally.ts";
import { requestEvent } from "../support/traffic-events.ts";

function linesOf(options: Partial<RunLinesOptions> = {}) {
  const written: string[] = [];
  const lines = new RunLines({
    quiet: false,
    verbose: false,
    logFormat: undefined,
    write: (text) => written.push(text),
    ...options,
  });
  return { lines, written };
}

describe("a line of run", () => {
  it("has our name before each of its lines, and a command to paste has none", () => {
    const { lines, written } = linesOf();
    lines.say("one\n\ntwo\n");
    lines.paste("again:", "faultwire run -- x");
    lines.explain("why");
    expect(written).toEqual([
      "faultwire: one\nfaultwire:\nfaultwire: two\n",
      "faultwire: again:\nfaultwire run -- x\n",
      "faultwire: why\n",
    ]);
  });

  it("is not written with --quiet, but for why the status is not the command's", async () => {
    const { lines, written } = linesOf({ quiet: true });
    lines.say("one");
    lines.paste("again:", "x");
    const logger = await lines.logger();
    logger.error("bad");
    expect(lines.trafficListener(logger)).toBeUndefined();
    lines.explain("why");
    expect(written).toEqual(["faultwire: why\n"]);
  });

  it.each([
    [false, ["plain", "other"]],
    [true, ["plain", "struck", "skipped", "said", "no trust", "other", "detail"]],
  ])(
    "of the log leaves out what the line of a request tells, unless --verbose is %s",
    async (verbose, told) => {
      const { lines, written } = linesOf({ verbose });
      const logger = await lines.logger();
      logger.info("plain");
      logger.info({ event: "fault" }, "struck");
      logger.warn({ event: "fault-skipped" }, "skipped");
      logger.info({ event: "outcome" }, "said");
      logger.warn({ event: "untrusted" }, "no trust");
      logger.info({ event: "anything" }, "other");
      logger.debug("detail");
      expect(written).toEqual(told.map((text) => `faultwire: ${text}\n`));
      expect(lines.trafficListener(logger)).toBeDefined();
    },
  );
});

describe("a start", () => {
  const flags = { ...singleRuleSet({ errorProbability: 0.5, seed: 7 }), seed: 7 };
  const world = (sources: object, more: Partial<World> = {}): World =>
    ({
      runtime: { rules: { sources: { targets: ["a.test"], ...sources }, title: "mix gentle" } },
      ...more,
    }) as World;
  const said = (given: World, more: object = {}): string[] => {
    const { lines, written } = linesOf();
    tellStart(lines, given, { config: undefined, hasDefaultMix: false, notes: [], ...more });
    return written.map((line) => line.replace(/^faultwire: /, "").trimEnd());
  };

  it("says which rules are in force, and who answers", () => {
    expect(said(world({ file: flags, flags: null }))).toEqual([
      "a.test: mix gentle, seed 7",
      "answers come from the real API",
    ]);
    expect(said(world({ file: flags, flags: null }), { config: "f.yaml" })[0]).toMatch(
      /^a\.test: \d rules of f\.yaml, seed 7/,
    );
    expect(said(world({ file: null, flags }), {})[0]).toMatch(/^a\.test: 50 % of requests answered/);
    expect(said(world({ file: flags, flags: null }, { mock: {} as World["mock"] }))[1]).toBe(
      "answers come from a mock of the APIs on this machine",
    );
  });

  it("says that the gentle mix stands in, that the CA is this run's own, and notes about the environment", () => {
    const given = world({ file: flags, flags: null }, { hasOwnCa: true });
    const lines = said(given, { hasDefaultMix: true, notes: ["NO_PROXY was changed"] });
    expect(lines).toEqual([
      expect.stringMatching(/^no rules were given, so the gentle mix is in force/),
      "a.test: mix gentle, seed 7",
      "answers come from the real API",
      "Faultwire's CA is for other targets, so this run has a CA of its own",
      "NO_PROXY was changed",
    ]);
  });
});

describe("what came of a run", () => {
  const tally = new Tally();
  tally.take(requestEvent("a", 0));
  const judgement = judge([{ rule: "busy", retries: { min: 1 } }], []);
  const outcome = (more: Partial<RunOutcome> = {}): RunOutcome =>
    ({
      tally,
      counts: [{ rule: "busy", matches: 0, hits: 0 }],
      targets: ["a.test"],
      leftovers: [],
      refusals: [],
      names: new Map(),
      wentRound: [],
      judgement,
      title: "T",
      seed: 7,
      ...more,
    }) as unknown as RunOutcome;
  const said = (given: RunOutcome, more: object = {}): string => {
    const { lines, written } = linesOf();
    const telling = {
      verdict: { status: 0, why: undefined },
      isUnseen: false,
      isSeries: false,
      isMix: false,
    };
    tellRun(lines, given, { ...telling, ...more });
    return written.join("");
  };

  it("is its summary and its report; not in a series where it went well, nor where nothing was seen", () => {
    const text = said(outcome());
    expect(text).toContain("faultwire: 1 request to a.test\n");
    expect(text).toContain("busy  met no request");
    expect(said(outcome(), { isMix: true })).not.toContain("busy  met no request");
    expect(said(outcome(), { isSeries: true })).toBe("");
    const failed = { verdict: { status: 1, why: "no" }, isSeries: true };
    expect(said(outcome(), failed)).toContain("1 request to a.test");
    expect(said(outcome(), { isUnseen: true })).toMatch(
      /^faultwire: no request to a\.test came to the proxy\n/,
    );
    expect(said(outcome({ judgement: undefined }), { isUnseen: true })).toBe("");
  });

  it("names what goes on without the command, and why the status is what it is", () => {
    const leftovers = [{ name: "server", pid: 12 }] as unknown as RunOutcome["leftovers"];
    const given = outcome({ judgement: undefined, leftovers });
    expect(said(given)).toBe(
      "faultwire: server (12) was started by the command and goes on; its proxy is gone now\n",
    );
    const verdict = { status: 3, why: "nothing was judged" };
    const none = outcome({ judgement: undefined });
    expect(said(none, { verdict })).toBe("faultwire: nothing was judged (exit status 3)\n");
    expect(said(none, { verdict, isSeries: true })).toBe(
      "faultwire: seed 7: nothing was judged (exit status 3)\n",
    );
  });
});

describe("why a status is not the command's", () => {
  const verdict = (
    outcomes: readonly string[],
    hasDefaultMix: boolean,
    failOn: "expectations" | "never" = "expectations",
  ) =>
    verdictOfRun(
      {
        end: { kind: "exited", status: 0 },
        tally: { requests: 1, rules: new Map() },
        judgement: {
          passed: outcomes.every((outcome) => outcome === "pass" || outcome === "untested"),
          judged: outcomes.some((outcome) => outcome !== "untested"),
          verdicts: outcomes.map((outcome) => ({ rule: "a", expected: "x", outcome })),
          checks: [],
        } as unknown as Judgement,
      } as unknown as RunOutcome,
      { isIntercepted: true, failOn, hasDefaultMix },
    );

  it("says whether the program was wrong, or nothing was proven or judged", () => {
    expect(verdict(["pass"], true)).toEqual({ status: 0, why: undefined });
    expect(verdict(["pass", "fail"], false)).toEqual({
      status: 1,
      why: "the program did not do what is expected of it",
    });
    expect(verdict(["unproven"], false).why).toBe(
      "what the rules expect of the program was not proven by what was seen",
    );
    expect(verdict(["untested"], true)).toEqual({
      status: 3,
      why: expect.stringContaining("the gentle mix lets most"),
    });
    expect(verdict(["untested"], false)).toEqual({ status: 3, why: expect.stringContaining("--mix brutal") });
    expect(verdict(["fail"], false, "never")).toEqual({ status: 0, why: undefined });
  });
});

describe("a table of seeds", () => {
  const judged = (
    verdicts: readonly (readonly [string, string])[],
    checks: readonly object[] = [],
  ): Judgement =>
    ({
      verdicts: verdicts.map(([expected, outcome]) => ({ rule: "a", expected, outcome })),
      checks,
    }) as unknown as Judgement;

  it("marks what was judged, the worse where a thing was judged twice, and what did not come up", () => {
    const rows = [
      {
        seed: "1",
        status: 0,
        judgement: judged([
          ["x", "pass"],
          ["y", "unproven"],
        ]),
      },
      {
        seed: "2",
        status: 1,
        judgement: judged([
          ["x", "pass"],
          ["x", "fail"],
          ["x", "unproven"],
        ]),
      },
      {
        seed: "3",
        status: 1,
        judgement: judged(
          [["x", "untested"]],
          [
            { subject: "client c", expected: "waits", outcome: "fail" },
            { subject: "client c", expected: "client c waits", outcome: "pass" },
          ],
        ),
      },
    ];
    expect(seedTable(rows)).toEqual([
      "seed  status  1     2  3     4",
      "1     0       ok    ?  -     -",
      "2     1       FAIL  -  -     -",
      "3     1       -     -  FAIL  ok",
      "",
      " 1  a: x",
      " 2  a: y",
      " 3  client c: waits",
      " 4  client c waits",
      "    ok, FAIL, ? not proven by what was seen, - did not come up",
      "",
      "3 seeds, 2 of them with a status other than 0",
    ]);
  });

  it("has twelve columns and sixty rows at the most; up to there it has all", () => {
    const many = (count: number) =>
      judged(Array.from({ length: count }, (_, at) => [`x${at}`, "pass"] as const));
    const row = (at: number, judgement?: Judgement) => ({ seed: String(at), status: 1, judgement });
    expect(seedTable([row(1, many(12))])[0]).toMatch(/ 12$/);
    expect(seedTable([row(1, many(12))]).join("\n")).not.toContain("not shown");
    expect(seedTable([row(1, many(14))])).toContain("(not shown: 2 verdicts; the reports have all)");
    const rows = Array.from({ length: 61 }, (_, at) => row(at));
    expect(seedTable(rows.slice(0, 60)).join("\n")).not.toContain("not shown");
    expect(seedTable(rows)).toContain("(not shown: 1 seed)");
    expect(seedTable(rows)).toHaveLength(1 + 60 + 1 + 2);
  });

  it("has a line to run a seed again, without what made a series of it", () => {
    const flags = ["--repeat=5", "--seeds=1..2", "--seed", "9", "--mix", "gentle", "--repeated", "x"];
    expect(lineOfSeed(flags, ["x"], "3")).toMatch(/faultwire run --mix gentle --repeated x --seed 3 -- x$/);
  });
});

describe("what was seen instead", () => {
  it("has the most frequent first, five of them, and names the flag for it", () => {
    const seen = new Tally();
    for (let at = 0; at < 6; at++)
      for (let time = 0; time <= at; time++)
        seen.takeSession({
          type: "detected",
          protocol: "unread",
          host: `h${at}.test`,
          alpnProtocols: [],
          target: false,
        } as never);
    const given = {
      refusals: [],
      targets: ["a.test", "b.test"],
      wentRound: [],
      names: new Map<string, string>(),
      isUnseen: true,
    };
    expect(sightingLines({ ...given, tally: seen })).toEqual([
      "no request to a.test, b.test came to the proxy",
      "seen instead: h5.test, h4.test, h3.test, h2.test, h1.test, …; if one of them is meant: --target-host h5.test",
    ]);
  });

  it("names clients that did not trust the CA, or seem not to; five of each kind are told", () => {
    const refusal = (client: string, message: string | undefined) => ({ client, host: "a.test", message });
    const lines = sightingLines({
      tally: new Tally(),
      refusals: [
        refusal("x", "unknown_ca"),
        refusal("y", undefined),
        ...Array.from({ length: 5 }, () => refusal("z", undefined)),
      ],
      targets: ["a.test"],
      wentRound: Array.from({ length: 5 }, (_, at) => ({
        pid: 7,
        program: "curl",
        protocol: "tcp" as const,
        address: "192.0.2.1",
        port: at,
      })),
      names: new Map(),
      isUnseen: false,
    });
    expect(lines).toHaveLength(10);
    expect(lines[0]).toMatch(/^went round the proxy: curl \(process 7\) to 192\.0\.2\.1:0; /);
    expect(lines.slice(5, 7)).toEqual([
      "did not trust the CA at a.test: x (unknown_ca); it may pin certificates or bring its own list of roots",
      "began HTTPS to a.test and sent nothing: y; it may not trust the CA",
    ]);
  });

  it("is named by its host, by the first of those that share an address, of twenty that are looked up", async () => {
    const asked: string[] = [];
    const hosts = Array.from({ length: 25 }, (_, at) => `h${at}.test`);
    const names = await namesByAddress(hosts, (host) => {
      asked.push(host);
      return Promise.resolve([{ address: "192.0.2.1" }]);
    });
    expect([...names]).toEqual([["192.0.2.1", "h0.test"]]);
    expect(asked).toHaveLength(20);
  });
});

describe("a command that can't be started", () => {
  const folder = () => {
    const path = mkdtempSync(join(tmpdir(), "faultwire-child-"));
    onTestFinished(() => rmSync(path, { recursive: true, force: true }));
    return path;
  };
  const ended = async (program: string) => {
    const child = startChild([program], process.env);
    expect(child.pid).toBeUndefined();
    // One that does nothing to those who do not listen: it must reach nobody, this process's own group least of all.
    child.kill("SIGURG");
    const end = await child.ended;
    if (end.kind !== "not-started") throw new Error(`it was started: ${end.kind}`);
    return [end.status, end.why] as const;
  };

  it.skipIf(process.platform === "win32")(
    "says what is wrong with it, with the status that shells give",
    async () => {
      const home = folder();
      let signals = 0;
      const heard = () => void signals++;
      process.on("SIGURG", heard);
      onTestFinished(() => void process.off("SIGURG", heard));
      const file = join(home, "script");
      writeFileSync(file, "#!/no/such/interpreter\n", { mode: 0o644 });
      mkdirSync(join(home, "folder"));
      expect(await ended("")).toEqual([127, "the command is empty; name a program behind --"]);
      expect(await ended("no-such-program-anywhere")).toEqual([
        127,
        "no-such-program-anywhere: command not found; it is not on the PATH",
      ]);
      expect(await ended(join(home, "none"))).toEqual([127, `${join(home, "none")}: there is no such file`]);
      expect(await ended(file)).toEqual([126, `${file}: can't be executed; try chmod +x ${file}`]);
      expect(await ended(join(home, "folder"))).toEqual([
        126,
        `${join(home, "folder")}: can't be executed: it is a folder`,
      ]);
      const script = join(home, "broken");
      writeFileSync(script, "#!/no/such/interpreter\n", { mode: 0o755 });
      expect(await ended(script)).toEqual([
        126,
        `${script}: can't be executed: the program that its first line names (#!) is not there`,
      ]);
      expect((await ended("a\0b"))[0]).toBe(126);
      // What was sent before has come when this has.
      const last = once(process, "SIGCONT");
      process.kill(process.pid, "SIGCONT");
      await last;
      expect(signals).toBe(0);
    },
  );

  it.skipIf(process.platform === "win32")("is told from one that ended, or was ended", async () => {
    const run = (script: string) => startChild(["sh", "-c", script], process.env).ended;
    expect(await run("exit 7")).toEqual({ kind: "exited", status: 7 });
    expect(await run("kill -TERM $$")).toEqual({ kind: "killed", signal: "SIGTERM" });
  });
});
