// node:https with an agent that opens a tunnel for each connection and keeps it.
import { request as httpRequest } from "node:http";
import { Agent, request } from "node:https";
import { text } from "node:stream/consumers";
import { carryOut } from "./task.mjs";

class TunnelAgent extends Agent {
  createConnection(options, callback) {
    const { hostname, port } = new URL(process.env.HTTPS_PROXY);
    const path = `${options.host}:${options.port}`;
    httpRequest({ hostname, port, method: "CONNECT", path })
      .on("connect", (_response, socket) => callback(null, super.createConnection({ ...options, socket })))
      .on("error", callback)
      .end();
  }
}

const agent = new TunnelAgent({ keepAlive: true, maxSockets: 1 });

await carryOut(async ({ host, path, body, headers }) => {
  const method = body === undefined ? "GET" : "POST";
  const response = await new Promise((resolve, reject) => {
    request({ host, path, method, headers, agent }, resolve).on("error", reject).end(body);
  });
  const values = Object.entries(response.headersDistinct).map(([name, all]) => [name, all.join(", ")]);
  return {
    status: response.statusCode,
    headers: Object.fromEntries(values),
    body: await text(response),
  };
});
agent.destroy();
