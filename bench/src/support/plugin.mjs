// What a plugin whose speed is measured runs on.
import { FaultEngine, singleRuleSet } from "@faultwire/fault-engine";
import { carrierRuntime } from "@faultwire/runtime";

/** These hosts are targets, and nothing ever fails. */
function runtimeFor(targetHosts, more) {
  const engine = new FaultEngine({ startedAtMs: performance.now() });
  engine.setRules("flags", singleRuleSet({ targetHosts, errorProbability: 0, statusCode: 500, seed: 1 }));
  return carrierRuntime({ engine, logger: quietLogger(), ...more });
}

/** Nothing is a target: tunnels are left as soon as their name is known. */
export const untouchedRuntime = () => runtimeFor(["nothing.invalid"]);

/** Everything is a target. */
export const targetRuntime = (more) => runtimeFor(["*"], more);

/** How HTTPS is opened: by this CA's certificates, and this CA is believed upstream. */
export const interception = (authority, upstreamCa) => ({
  identityFor: ({ serverName, keyType }) => authority.forHost(serverName, { keyType }),
  upstream: { caPem: [upstreamCa] },
});

/** A pino logger's surface without pino: what a log costs is not measured here. */
function quietLogger() {
  const nothing = () => {};
  return {
    isLevelEnabled: () => false,
    ...{ trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing, fatal: nothing },
  };
}
