// The plugin in a process of its own, open on both sides: `plugin-process.mjs untouched|followed`.
import { startPluginServer } from "@faultwire/plugin-server";
import { answerParent } from "./child.mjs";
import { followedPolicy, quietLogger, untouchedPolicy } from "./plugin.mjs";

const policies = { untouched: untouchedPolicy, followed: followedPolicy };
let recovered = 0;
let broken = 0;
const plugin = await startPluginServer({
  policy: policies[process.argv[2]](),
  logger: quietLogger(),
  port: 0,
  onEvent: ({ type }) => {
    if (type === "recovered") recovered++;
    if (type === "mismatch" || type === "unpaired") broken++;
  },
});
answerParent(
  { urls: plugin.endpoints.map(({ url }) => url) },
  { registered: () => plugin.registeredSides(), trouble: () => ({ recovered, broken }) },
);
