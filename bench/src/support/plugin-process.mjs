// The plugin in a process of its own, open on both sides: `plugin-process.mjs untouched|followed|decrypted CA_FILE
// [SIDE …]`. The CA is the one that the origin's certificate is from. Without a side it is open on both.
import { readFileSync } from "node:fs";
import { CertificateAuthority } from "@faultwire/cert-authority";
import { startPluginServer } from "@faultwire/plugin-server";
import { Tunnels } from "@faultwire/tunnel";
import { answerParent } from "./child.mjs";
import { countMessages } from "./count-messages.mjs";
import { interception, targetRuntime, untouchedRuntime } from "./plugin.mjs";

const [way, caFile, ...sides] = process.argv.slice(2);
const authority = await CertificateAuthority.ephemeral({ targets: ["origin.test"] });
const opened =
  way === "decrypted" ? { interception: interception(authority, readFileSync(caFile, "utf8")) } : {};
const counts = {};
const calls = {};
const handle = Reflect.get(Tunnels.prototype, "handle");
Tunnels.prototype.handle = function counted(call, reply) {
  const what = `${call.side} ${call.kind}`;
  calls[what] = (calls[what] ?? 0) + 1;
  return handle.call(this, call, reply);
};
const messages = countMessages();
const plugin = await startPluginServer({
  runtime: way === "untouched" ? untouchedRuntime() : targetRuntime(opened),
  port: 0,
  ...(sides.length > 0 && { sides }),
  onEvent: ({ type, why }) => {
    for (const what of type === "closed" ? [type, why] : [type]) counts[what] = (counts[what] ?? 0) + 1;
  },
});
answerParent(
  { urls: plugin.endpoints.map(({ url }) => url), ca: authority.certificatePem },
  { registered: () => plugin.registeredSides(), counts: () => counts, calls: () => calls, messages },
);
