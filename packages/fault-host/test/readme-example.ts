import { connect } from "node:net";
import { startFaultHost } from "@faultwire/fault-host";

export async function throughThePlugin(pluginUrl: string, upstream: string): Promise<string> {
  const host = await startFaultHost({
    plugins: [pluginUrl],
    proxyPort: 0, // a free one; host.proxyUrl tells
    resolve: { "api.example.com:443": upstream }, // no DNS
  });
  const socket = connect(host.proxyPort, "127.0.0.1");
  socket.write("CONNECT api.example.com:443 HTTP/1.1\r\nHost: api.example.com:443\r\n\r\n");
  socket.write("these bytes are the first that the plugin sees");
  let received = "";
  for await (const chunk of socket) received += chunk;
  await host.close();
  return received;
}
