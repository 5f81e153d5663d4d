// Node's own fetch; undici's EnvHttpProxyAgent makes it follow HTTPS_PROXY, as newer releases do by themselves.
import { EnvHttpProxyAgent, setGlobalDispatcher } from "undici";
import { carryOut } from "./task.mjs";

setGlobalDispatcher(new EnvHttpProxyAgent({ connections: 1 }));

await carryOut(async ({ host, path, body, headers }) => {
  const method = body === undefined ? "GET" : "POST";
  const response = await fetch(`https://${host}${path}`, { method, headers, body });
  const { status } = response;
  return { status, headers: Object.fromEntries(response.headers), body: await response.text() };
});
