// The plugin in a process of its own, open on both sides: `plugin-process.mjs untouched|followed|decrypted CA_FILE`.
// The CA is the one that the origin's certificate is from.
import { readFileSync } from "node:fs";
import { CertificateAuthority } from "@faultwire/cert-authority";
import { startPluginServer } from "@faultwire/plugin-server";
import { answerParent } from "./child.mjs";
import { interception, targetRuntime, untouchedRuntime } from "./plugin.mjs";

const [way, caFile] = process.argv.slice(2);
const authority = await CertificateAuthority.ephemeral({ targets: ["origin.test"] });
const opened =
  way === "decrypted" ? { interception: interception(authority, readFileSync(caFile, "utf8")) } : {};
const counts = {};
const plugin = await startPluginServer({
  runtime: way === "untouched" ? untouchedRuntime() : targetRuntime(opened),
  port: 0,
  onEvent: ({ type, why }) => {
    for (const what of type === "closed" ? [type, why] : [type]) counts[what] = (counts[what] ?? 0) + 1;
  },
});
answerParent(
  { urls: plugin.endpoints.map(({ url }) => url), ca: authority.certificatePem },
  { registered: () => plugin.registeredSides(), counts: () => counts },
);
