/** A runtime from its options to its judgement. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CertificateAuthority } from "@faultwire/cert-authority";
import { type EngineEvent, readEventLog, singleRuleSet } from "@faultwire/fault-engine";
import { manualTimers } from "@faultwire/testkit/manual-timers";
import pino from "pino";
import { afterAll, describe, expect, it } from "vitest";
import { openRuntime, type Runtime, RuntimeError, type RuntimeOptions } from "../../src/index.ts";

const scratch = mkdtempSync(join(tmpdir(), "faultwire-runtime-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
let files = 0;

function written(text: string): string {
  const path = join(scratch, `${files++}.yaml`);
  writeFileSync(path, text);
  return path;
}

async function opened(options: Omit<RuntimeOptions, "logger"> = {}) {
  const logged: { event: string; level: number; msg: string }[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => logged.push(JSON.parse(line)) });
  return { runtime: await openRuntime({ logger, ...options }), logged };
}

const codeOf = (options: Omit<RuntimeOptions, "logger">): Promise<string> =>
  opened(options).then(
    () => "opened",
    (error: unknown) => (error instanceof RuntimeError ? error.code : String(error)),
  );

function ask(runtime: Runtime, headers: readonly (readonly [string, string])[] = []): string {
  const facts = { client: "c", connection: "c#1", host: "api.test", method: "GET", target: "/", headers };
  const answer = runtime.policy.request({ ...facts, way: "plain", port: 80 });
  return answer.kind === "fault" ? answer.decision.rule : answer.kind;
}

describe("rules", () => {
  it("left out fail nothing, until the program sets its own, which go again", async () => {
    const { runtime } = await opened();
    expect(ask(runtime)).toBe("none");
    runtime.setRules(singleRuleSet({ targetHosts: ["api.test"], errorProbability: 1 }));
    expect(ask(runtime)).toBe("flags");
    runtime.setRules(null);
    expect(ask(runtime)).toBe("none");
  });

  it("are counted: how often each was met, and how often it struck", async () => {
    const { runtime } = await opened();
    runtime.setRules(singleRuleSet({ targetHosts: ["api.test"], errorProbability: 0 }));
    ask(runtime);
    expect(runtime.counts()).toContainEqual({ rule: "flags", matches: 1, hits: 0 });
  });

  it("of the program are refused whole; those before stay", async () => {
    const { runtime } = await opened();
    const set = singleRuleSet({ targetHosts: ["api.test"], errorProbability: 1 });
    runtime.setRules(set);
    const wrong = { ...set, rules: [...set.rules, ...set.rules] };
    expect(() => runtime.setRules(wrong)).toThrow(RuntimeError);
    expect(ask(runtime)).toBe("flags");
  });

  it("of a request's own are obeyed where a file or the program says so", async () => {
    const file = written("version: 1\nheader: true\ntargets: [api.test]\n");
    const header = [["x-faultwire", "{ http: { status: 503 } }"]] as const;
    expect(ask((await opened({ rules: { file, watch: false } })).runtime, header)).toBe("header");
    const { runtime } = await opened();
    runtime.setRules({ ...singleRuleSet({ errorProbability: 0 }), targets: ["api.test"], header: true });
    expect(ask(runtime, header)).toBe("header");
  });

  it("count from the clock that was given", async () => {
    const clock = manualTimers(5000);
    const file = written(
      "version: 1\ntargets: [api.test]\nrules:\n  - { name: late, when: { after: 1s }, fault: { http: { status: 503 } } }\n",
    );
    const { runtime } = await opened({ rules: { file, watch: false }, clock });
    expect(ask(runtime)).toBe("none");
    clock.advance(1000);
    expect(ask(runtime)).toBe("late");
  });
});

describe("the CA", () => {
  it("is the one that is open already, and vouches for upstreams where that is asked for", async () => {
    const authority = await CertificateAuthority.ephemeral({ targets: ["api.test"] });
    const { runtime } = await opened({ authority, upstream: { ownCa: true } });
    expect(runtime.authority).toBe(authority);
    expect(runtime.interception?.permits?.("api.test")).toBe(true);
    expect(runtime.interception?.upstream?.caPem).toEqual([authority.certificatePem]);
  });

  it("is made for the targets of the rules where there is none", async () => {
    const authority = { directory: join(scratch, "home") };
    const { runtime } = await opened({ rules: { single: { targetHosts: ["api.test"] } }, authority });
    expect(runtime.interception?.permits?.("api.test")).toBe(true);
    expect(runtime.interception?.permits?.("other.test")).toBe(false);
  });

  it.each([["127.0.0.1"], ["localhost"]])(
    "need not be for targets that are reached in clear: %s",
    async (host) => {
      const authority = { directory: mkdtempSync(join(scratch, "home-")) };
      const inClear = { rules: { single: { targetHosts: [host] } }, authority, targetsNeedCa: false };
      const made = await opened(inClear);
      expect(made.runtime.interception?.permits?.("127.0.0.1")).toBe(false);
      expect(made.runtime.policy.isTarget(host)).toBe(true);
      // It is there by now, and is for others alone.
      const other = { directory: mkdtempSync(join(scratch, "home-")) };
      const { runtime } = await opened({
        rules: { single: { targetHosts: ["api.test"] } },
        authority: other,
      });
      const again = await opened({ ...inClear, authority: other });
      expect(again.runtime.authority?.certificatePem).toBe(runtime.authority?.certificatePem);
      await expect(opened({ ...inClear, authority: other, targetsNeedCa: true })).rejects.toMatchObject({
        code: "outside-constraint",
      });
    },
  );

  it("opens nothing where that is not asked for, or where there is none", async () => {
    const authority = await CertificateAuthority.ephemeral({ targets: ["api.test"] });
    expect((await opened({ authority, intercept: false })).runtime.interception).toBeUndefined();
    expect((await opened()).runtime.interception).toBeUndefined();
  });

  it("that the old JSON names is opened, unless the app names another", async () => {
    const made = async (name: string): Promise<CertificateAuthority> =>
      CertificateAuthority.loadOrCreate({ targets: ["api.anthropic.com"], directory: join(scratch, name) });
    const [named, other] = [await made("named"), await made("other")];
    const file = written(JSON.stringify({ ca_cert: named.certificatePath, ca_key: named.keyPath }));
    const rules = { file, watch: false };
    const pemOf = async (authority: RuntimeOptions["authority"] & object): Promise<string | undefined> =>
      (await opened({ rules, authority })).runtime.authority?.certificatePem;
    expect(await pemOf({})).toBe(named.certificatePem);
    const { certificatePath = "", keyPath = "" } = other;
    expect(await pemOf({ certificatePath, keyPath })).toBe(other.certificatePem);
  });
});

describe("what is told", () => {
  it("goes to the log, to the program and to the folder, and is judged at the end", async () => {
    const report = join(scratch, "out");
    const events: EngineEvent[] = [];
    const file = written(
      "version: 1\ntargets: [api.test]\nrules:\n  - { name: r, fault: { http: { status: 529 } } }\nexpect:\n  - { rule: r, retries: 1 }\n",
    );
    const { runtime, logged } = await opened({
      rules: { file, watch: false },
      report,
      onEvent: (event) => events.push(event),
    });
    const about = { atMs: 1, request: null, connection: "c#1", rule: "r", fault: "http.error" } as const;
    runtime.policy.record({ type: "done", ...about });
    expect(events).toHaveLength(1);
    expect(logged).toMatchObject([{ event: "fault", rule: "r" }]);
    const judgement = await runtime.close();
    expect(judgement?.passed).toBe(false);
    expect(readEventLog(readFileSync(join(report, "events.ndjson"), "utf8")).events).toEqual(events);
  });

  it("of a rule that is used up is said with the app's remedy, again after all rules count anew", async () => {
    const file = written(
      "version: 1\nrules:\n  - { name: once, when: { first: 1 }, fault: { http: { status: 529 } } }\n",
    );
    const { runtime, logged } = await opened({ rules: { file, watch: false }, anewRemedy: "Restart it." });
    const about = { atMs: 1, request: "r1", connection: "c#1", rule: "once", fault: "http.error" } as const;
    const said = (): string[] => logged.flatMap(({ event, msg }) => (event === "rule-used-up" ? [msg] : []));
    runtime.policy.record({ type: "decision", matchNumber: 1, ...about });
    expect(said()).toEqual(["once is used up (first: 1), so it strikes no more. Restart it."]);
    for (let at = 0; at < 20; at++) runtime.policy.record({ type: "decision", matchNumber: 1, ...about });
    expect(said()).toHaveLength(10);
    await runtime.rules.reload("SIGHUP");
    runtime.policy.record({ type: "decision", matchNumber: 1, ...about });
    expect(said()).toHaveLength(11);
  });

  it("is not judged without a folder", async () => {
    expect(await (await opened({ rules: {} })).runtime.close()).toBeUndefined();
  });

  it("of sessions goes to the log under the carrier's label; distrust is warned of with the app's remedy", async () => {
    const { runtime, logged } = await opened({ trustRemedy: "Trust it." });
    const untrusted = { type: "untrusted", host: "api.test", client: "c", message: "unknown_ca" } as const;
    runtime.tell(untrusted, { socket: 7 });
    runtime.tell(untrusted, { socket: 8 });
    const warned = logged.filter(({ level }) => level === 40);
    expect(logged).toMatchObject([{ event: "untrusted", socket: 7 }, {}, { socket: 8 }]);
    expect(warned).toHaveLength(1);
    expect(warned[0]?.msg).toMatch(/Trust it\.$/);
  });

  it("of upstreams that nobody verifies is a warning", async () => {
    const { logged } = await opened({ upstream: { insecure: true } });
    expect(logged).toMatchObject([{ event: "upstream-insecure", level: 40 }]);
  });
});

describe("what the user has to mend", () => {
  it("has a code for each kind", async () => {
    const none = join(scratch, "none");
    expect(await codeOf({ rules: { file: none } })).toBe("rules-unreadable");
    expect(await codeOf({ rules: { file: written("version: 1\nrulez: []\n") } })).toBe("rules-refused");
    expect(await codeOf({ upstream: { caFiles: [none] } })).toBe("upstream-ca-unusable");
    expect(await codeOf({ report: join(written(""), "out") })).toBe("report-unwritable");
  });

  it("says of a report folder that is a file that it is no folder", async () => {
    await expect(opened({ report: written("") })).rejects.toThrow(
      /\(it is there already, and is no folder\)$/,
    );
  });

  // Node's own way of making folders never comes back there, and no signal ends the process.
  it.runIf(existsSync("/proc/self"))("comes back from a place where no folder can be made", async () => {
    expect(await codeOf({ report: "/proc/none/of/them" })).toBe("report-unwritable");
  });

  it("in a rule file has every reason with its place", async () => {
    const file = written("version: 1\nrulez: []\nrules:\n  - { name: a, fault: none, whn: {} }\n");
    const error = await opened({ rules: { file } }).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: "rules-refused", message: expect.stringContaining("2 problems") });
    expect((error as RuntimeError).problems.map(({ line }) => line)).toEqual([2, 4]);
  });
});
