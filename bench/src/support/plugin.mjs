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

/** How `startPluginServer` opens HTTPS: by this CA's certificates, and this CA is believed upstream. */
export const interception = (authority, upstreamCa) => ({
  identityFor: ({ serverName, keyType }) => authority.forHost(serverName, { keyType }),
  upstream: { caPem: [upstreamCa] },
});

/** A pino logger's surface without pino: what a log costs is not measured here. */
export function quietLogger() {
  const nothing = () => {};
  return {
    isLevelEnabled: () => false,
    ...{ trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing, fatal: nothing },
  };
}
