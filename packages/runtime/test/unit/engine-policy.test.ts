import { type EngineEvent, FaultEngine, parseRuleFile, singleRuleSet } from "@faultwire/fault-engine";
import type { FaultPolicy, NewConnection } from "@faultwire/fault-session";
import { describe, expect, it } from "vitest";
import { enginePolicy, enginePolicyLimits } from "../../src/engine-policy.ts";

const hello = {} as NonNullable<NewConnection["clientHello"]>;
const fingerprints = { client: () => "t13", ja4: () => "t13d" };
const tls = (more: Partial<NewConnection> = {}): NewConnection => ({
  way: "opaque",
  host: "api.test",
  alpnProtocols: ["h2", "http/1.1"],
  clientHello: hello,
  userAgent: undefined,
  ...more,
});
/** As little of a hello as a fingerprint needs. */
const helloOf = (types: readonly number[]): typeof hello =>
  ({
    ...hello,
    cipherSuites: [0x1301],
    extensions: types.map((type) => ({ kind: "unknown", type, data: new Uint8Array(0) })),
  }) as typeof hello;
const plain = (userAgent?: string): NewConnection =>
  tls({ way: "plain", alpnProtocols: [], clientHello: undefined, userAgent });

function policyOf(rules: string, onEvent?: (event: EngineEvent) => void): FaultPolicy {
  const engine = new FaultEngine({ startedAtMs: 0 });
  engine.setRules("file", parseRuleFile(`version: 1\nseed: 1\nrules:\n${rules}`, "rules.yaml").ruleSet);
  return enginePolicy({ engine, now: () => 0, fingerprints, ...(onEvent ? { onEvent } : {}) });
}
const nothing = "  - { name: nothing, fault: none }";

describe("a connection", () => {
  it("over TLS is its client's by fingerprint, with what the ClientHello says", () => {
    expect(policyOf(nothing).connection(tls()).facts).toEqual({
      client: "t13",
      connection: "t13#1",
      way: "opaque",
      host: "api.test",
      sni: "api.test",
      port: 443,
      alpn: "h2",
      ja4: "t13d",
    });
  });

  it("that resumes a session is of the same client as the one before", () => {
    const policy = enginePolicy({ engine: new FaultEngine({ startedAtMs: 0 }), now: () => 0 });
    const [keyShare, preSharedKey] = [0x33, 0x29];
    const [first, resumed] = [[keyShare], [keyShare, preSharedKey]].map(
      (types) => policy.connection(tls({ clientHello: helloOf(types) })).facts,
    );
    expect(resumed?.connection).toBe(`${first?.client}#2`);
    expect(resumed?.ja4).not.toBe(first?.ja4);
  });

  it("in clear is its client's by user agent", () => {
    expect(policyOf(nothing).connection(plain("agent/1.0")).facts).toEqual({
      client: "agent/1.0",
      connection: "agent/1.0#1",
      way: "plain",
      host: "api.test",
      port: 80,
    });
  });

  it("of somebody who says nothing has a client, too", () => {
    expect(policyOf(nothing).connection(plain()).facts.client).toBe("unknown");
    expect(policyOf(nothing).connection(plain(" \u0007 ")).facts.client).toBe("unknown");
  });

  it("has a number of its client's own, whatever others do in between", () => {
    const policy = policyOf(nothing);
    const names = ["a", "b", "a", "a", "b"].map(
      (client) => policy.connection(plain(client)).facts.connection,
    );
    expect(names).toEqual(["a#1", "b#1", "a#2", "a#3", "b#2"]);
  });

  it("never has a name that an event log would refuse", () => {
    const { connection } = policyOf(nothing).connection(plain("x".repeat(5000))).facts;
    expect(connection.length).toBeLessThan(200);
  });

  it("of a client forgotten within the limit counts anew; the ones seen last stay", () => {
    const policy = policyOf(nothing);
    policy.connection(plain("first"));
    policy.connection(plain("second"));
    for (let client = 0; client < enginePolicyLimits.maxClients - 2; client++)
      policy.connection(plain(`c${client}`));
    policy.connection(plain("first"));
    policy.connection(plain("one more"));
    expect(policy.connection(plain("first")).facts.connection).toBe("first#3");
    expect(policy.connection(plain("second")).facts.connection).toBe("second#1");
  });
});

describe("the rules", () => {
  it("decide once for each connection and once for each request", () => {
    const policy = policyOf(`
  - name: closed
    match: { ja4: t13d }
    when: { nth: 2 }
    fault: { connection: { close: { at: established } } }
  - name: busy
    when: { first: 1, per: client }
    fault: { http: { status: 503 } }`);
    const first = policy.connection(tls());
    expect(first.decision).toBeNull();
    expect(policy.connection(tls()).decision).toMatchObject({ rule: "closed", matchNumber: 2 });
    const ask = (): string =>
      policy.request({ ...first.facts, method: "GET", target: "/", headers: [] }).kind;
    expect([ask(), ask()]).toEqual(["fault", "none"]);
  });

  it("decide when a client asks for a connection, whose name and whose other rules stay as they are", () => {
    const asked = { host: "api.test", port: 8443, userAgent: "agent/1.0" };
    expect(policyOf(nothing).connect?.(asked)).toBeUndefined();
    const policy = policyOf(`
  - name: refused
    match: { port: 8443 }
    when: { nth: 2, per: client }
    fault: { connect: { refuse: dns } }
  - name: closed
    fault: { connection: { close: { at: established } } }`);
    const first = policy.connect?.(asked);
    expect(first?.facts).toEqual({
      client: "agent/1.0",
      connection: "agent/1.0#connect-1",
      host: "api.test",
      port: 8443,
    });
    const connection = policy.connection(tls(first ? { connect: first.verdict } : {}));
    expect([connection.facts.connection, connection.decision?.rule]).toEqual(["t13#1", "closed"]);
    expect(policy.connect?.({ ...asked, userAgent: undefined })?.facts.client).toBe("unknown");
    expect(policy.connect?.(asked)?.verdict.decision?.rule).toBe("refused");
  });

  it("of the flags close HTTPS that stays closed, and leave connections alone whose requests can fail", () => {
    const engine = new FaultEngine({ startedAtMs: 0 });
    engine.setRules("flags", singleRuleSet({ targetHosts: ["api.test"], errorProbability: 1 }));
    const policy = enginePolicy({ engine, now: () => 0, fingerprints });
    expect(policy.isTarget("api.test")).toBe(true);
    expect(policy.isTarget("other.test")).toBe(false);
    expect(policy.connection(tls()).decision?.rule).toBe("flags/connection");
    expect(policy.connection(tls({ way: "decrypted" })).decision).toBeNull();
    expect(policy.connection(plain("agent")).decision).toBeNull();
  });

  it("tell every event", () => {
    const events: EngineEvent[] = [];
    const policy = policyOf(nothing, (event) => events.push(event));
    policy.record({ type: "end", atMs: 1, request: "a", how: "complete" });
    expect(events).toEqual([{ type: "end", atMs: 1, request: "a", how: "complete" }]);
  });
});
