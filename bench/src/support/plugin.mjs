// Policies and a logger for a plugin whose speed is measured.
import { FaultEngine, singleRuleSet } from "@faultwire/fault-engine";
import { enginePolicy } from "@faultwire/plugin-server";

const now = () => performance.now();

/** These hosts are targets, and nothing ever fails. */
function policyFor(targetHosts) {
  const engine = new FaultEngine({ startedAtMs: now() });
  engine.setRules("flags", singleRuleSet({ targetHosts, errorProbability: 0, statusCode: 500, seed: 1 }));
  return enginePolicy({ engine, now });
}

/** Nothing is a target: tunnels are left as soon as their name is known. */
export const untouchedPolicy = () => policyFor(["nothing.invalid"]);

/** Everything is a target. */
export const targetPolicy = () => policyFor(["*"]);

/** What `startPluginServer` needs to open HTTPS: this CA's certificates, and whom to believe upstream. */
export const interception = (authority, upstreamCa) => ({
  intercept: "https",
  authority: {
    identityFor: (host, keyType) => authority.forHost(host, { keyType }),
    identityForDefect: () => Promise.reject(new Error("no benchmark asks for a bad certificate")),
  },
  upstream: { caPem: [upstreamCa], insecure: false },
});

/** A pino logger's surface without pino: what a log costs is not measured here. */
export function quietLogger() {
  const nothing = () => {};
  return {
    isLevelEnabled: () => false,
    ...{ trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing, fatal: nothing },
  };
}
