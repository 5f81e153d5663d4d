// What Anthropic's TypeScript SDK makes of a stream that does not end well, with its own number of retries: event by
// event, and through the helper that collects a message.
import Anthropic from "@anthropic-ai/sdk";
import { EnvHttpProxyAgent, setGlobalDispatcher } from "undici";
import { carryOut } from "./task.mjs";

setGlobalDispatcher(new EnvHttpProxyAgent({ connections: 1 }));
const client = new Anthropic({ apiKey: "test" });

const shown = (error) => ({
  name: error.constructor.name,
  status: error.status ?? null,
  type: error.type ?? null,
  message: error.message,
});

async function iterated(parameters) {
  const events = [];
  try {
    // oxlint-disable-next-line typescript/await-thenable -- without types it takes the overload that does not stream
    for await (const event of await client.messages.create({ ...parameters, stream: true }))
      events.push(event.type);
    return { events, error: null };
  } catch (error) {
    return { events, error: shown(error) };
  }
}

async function collected(parameters) {
  try {
    const message = await client.messages.stream(parameters).finalMessage();
    return { stopReason: message.stop_reason, text: message.content[0]?.text ?? "", error: null };
  } catch (error) {
    return { error: shown(error) };
  }
}

await carryOut(async ({ body }) => {
  const parameters = JSON.parse(body);
  return { iterated: await iterated(parameters), collected: await collected(parameters) };
});
