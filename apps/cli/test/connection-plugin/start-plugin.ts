/** The plugin server as a proxy's connection plugin. */
import { startPluginServer } from "@faultwire/plugin-server";
import type { StartPlugin } from "../../../proxy/test/support/proxy-link.ts";

export const startPlugin: StartPlugin = async (runtime) => {
  const server = await startPluginServer({ runtime, port: 0, sides: ["server"] });
  const [endpoint] = server.endpoints;
  if (!endpoint) throw new Error("the plugin has no endpoint");
  return { url: endpoint.url, close: () => server.close({ hurry: AbortSignal.abort() }) };
};
