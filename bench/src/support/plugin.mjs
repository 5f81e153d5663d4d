// Policies and a logger for a plugin whose speed is measured.
import { singleRulePolicy } from "@faultwire/plugin-server";

const rule = { statusCode: 500, closeAt: "application-data", seed: 1 };

/** Nothing is a target: tunnels are left as soon as their name is known. */
export const untouchedPolicy = () =>
  singleRulePolicy({ ...rule, targetHosts: ["nothing.invalid"], errorProbability: 0 });

/** Everything is a target, followed through its handshake, and nothing fails. */
export const followedPolicy = () => singleRulePolicy({ ...rule, targetHosts: ["*"], errorProbability: 0 });

/** A pino logger's surface without pino: what a log costs is not measured here. */
export function quietLogger() {
  const nothing = () => {};
  return { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing, fatal: nothing };
}
