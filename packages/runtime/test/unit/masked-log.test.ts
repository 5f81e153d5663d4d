/** What sessions, rules and carriers tell reaches no log with a key in it. */
import { FaultEngine, singleRuleSet } from "@faultwire/fault-engine";
import pino from "pino";
import { describe, expect, it } from "vitest";
import { carrierRuntime, type SessionEvent } from "../../src/index.ts";
import { maskedLog } from "../../src/internal.ts";

const secret = "Zk3nD8sQ2mVx7Lp0Rt5Y";
const key = `sk-ant-api03-${secret}`;

/** The compiler asks for every event of a session. */
const sessionEvents: { readonly [Type in SessionEvent["type"]]: Extract<SessionEvent, { type: Type }> } = {
  detected: { type: "detected", protocol: "http", host: key, alpnProtocols: [key], target: true },
  handshake: {
    type: "handshake",
    clientHello: undefined,
    handshake: {} as Extract<SessionEvent, { type: "handshake" }>["handshake"],
  },
  "not-opened": { type: "not-opened", host: key, why: "unsupported-offer", detail: key },
  opened: { type: "opened", host: key, version: "TLSv1.3", alpnProtocol: key },
  untrusted: { type: "untrusted", host: key, client: key, message: key },
  silent: { type: "silent", host: key, client: key },
  "session-failed": { type: "session-failed", host: key, code: "x", message: key },
  unread: { type: "unread", host: key, from: "client", reason: "no-host" },
  "policy-bug": { type: "policy-bug", question: "isTarget", message: key },
  bug: { type: "bug", message: key },
};

function rig() {
  const lines: string[] = [];
  const logger = pino({ level: "debug", hooks: maskedLog }, { write: (line: string) => lines.push(line) });
  const engine = new FaultEngine({ startedAtMs: 0 });
  engine.setRules("flags", singleRuleSet({ errorProbability: 1 }));
  const told: unknown[] = [];
  const runtime = carrierRuntime({
    engine,
    logger,
    onEvent: (event) => told.push(event),
    onSessionEvent: (event) => told.push(event),
  });
  return { runtime, logger, lines, told };
}

describe("no key reaches the log or a listener", () => {
  it.each(Object.values(sessionEvents).filter(({ type }) => type !== "handshake"))("by $type", (event) => {
    const { runtime, lines, told } = rig();
    runtime.tell(event, { tunnel: key });
    expect(lines.join("")).not.toBe("");
    expect(lines.join("") + JSON.stringify(told)).not.toContain(secret);
  });

  it("by a client's name: its connections are counted under the masked one", () => {
    const { runtime, lines, told } = rig();
    const facts = {
      clientHello: undefined,
      way: "plain",
      host: "h.test",
      alpnProtocols: [],
      userAgent: `agent ${key}`,
    } as const;
    const names = [1, 2].map(() => runtime.policy.connection(facts).facts.connection);
    expect(names).toEqual(["agent [masked]#1", "agent [masked]#2"]);
    runtime.policy.record({
      type: "undone",
      atMs: 1,
      request: null,
      connection: key,
      rule: key,
      fault: "http.error",
      reason: key,
    });
    expect(lines.join("") + JSON.stringify(told)).not.toContain(secret);
  });

  it("by an entry of a carrier, an error in it, or a list", () => {
    const { logger, lines } = rig();
    logger.warn(
      { err: new Error(key), upstream: { url: `https://u:${secret}@h/`, hosts: [key], [key]: 1 } },
      `no ${key}`,
    );
    logger.error(new Error(key));
    logger.error("for %s", key);
    expect(lines).toHaveLength(3);
    expect(lines.join("")).not.toContain(secret);
  });
});
