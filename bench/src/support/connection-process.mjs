// Our proxy in a process of its own: `connection-process.mjs WAY ORIGIN_PORT CA_FILE [PLUGIN_URL]`; with a plugin it decides nothing.
// WAY is `followed` or `decrypted`. The CA is the one that the origin's certificate is from.
import { readFileSync } from "node:fs";
import { CertificateAuthority } from "@faultwire/cert-authority";
import { startProxy } from "@faultwire/proxy";
import { answerParent } from "./child.mjs";
import { countMessages } from "./count-messages.mjs";
import { interception, targetRuntime } from "./plugin.mjs";

const [way, originPort, caFile, pluginUrl] = process.argv.slice(2);
const authority = await CertificateAuthority.ephemeral({ targets: ["origin.test"] });
const opened =
  way === "decrypted" ? { interception: interception(authority, readFileSync(caFile, "utf8")) } : {};
const messages = countMessages();
const proxy = await startProxy({
  runtime: targetRuntime(pluginUrl ? {} : opened),
  port: 0,
  resolve: { "origin.test:443": `127.0.0.1:${originPort}` },
  ...(pluginUrl && { connectionPlugin: pluginUrl }),
});
answerParent({ port: proxy.port, ca: authority.certificatePem }, { messages });
