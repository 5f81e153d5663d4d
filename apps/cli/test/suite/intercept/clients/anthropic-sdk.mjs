// Anthropic's TypeScript SDK, its base URL unset; `stream` as the first argument asks for a streamed message.
import Anthropic, { APIError } from "@anthropic-ai/sdk";
import { EnvHttpProxyAgent, setGlobalDispatcher } from "undici";
import { carryOut } from "./task.mjs";

setGlobalDispatcher(new EnvHttpProxyAgent({ connections: 1 }));
const client = new Anthropic({ apiKey: "test", maxRetries: 0 });

async function plain(parameters) {
  const response = await client.messages.create(parameters).asResponse();
  return { response, body: await response.text() };
}

async function streamed(parameters) {
  const stream = client.messages.stream(parameters);
  const lines = [];
  for await (const event of stream) lines.push(JSON.stringify(event));
  lines.push(JSON.stringify(await stream.finalMessage()));
  return { response: stream.response, body: lines.join("\n") };
}

const ask = process.argv[2] === "stream" ? streamed : plain;
await carryOut(async ({ body }) => {
  try {
    const { response, body: text } = await ask(JSON.parse(body));
    return { status: response.status, headers: Object.fromEntries(response.headers), body: text };
  } catch (error) {
    if (!(error instanceof APIError) || error.status === undefined) throw error;
    // What the SDK made of the response: the status picks the class, the header is `requestID`.
    const { status, headers, requestID } = error;
    if (requestID !== headers.get("request-id")) throw error;
    return { status, headers: Object.fromEntries(headers), body: JSON.stringify(error.error) };
  }
});
