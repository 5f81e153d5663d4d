// The reference host in a process of its own: `host.mjs ORIGIN_PORT [PLUGIN_URL …]`.
import { startFaultHost } from "@faultwire/fault-host";
import { answerParent } from "./child.mjs";

const [originPort, ...plugins] = process.argv.slice(2);
const counts = {};
const count = (what) => {
  counts[what] = (counts[what] ?? 0) + 1;
};
const host = await startFaultHost({
  plugins,
  proxyPort: 0,
  resolve: { "origin.test:443": `127.0.0.1:${originPort}` },
  onEvent(event) {
    count(event.type);
    if (event.type === "call" && event.failure) count("failed");
  },
});
answerParent({ port: host.proxyPort }, { counts: () => counts });
