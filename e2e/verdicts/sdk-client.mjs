// Anthropic's SDK with a habit: `node sdk-client.mjs good|careless|stubborn|gullible`. Its own retries are off but for
// the good and the gullible one, who leave them to the SDK: it knows retry-after, and it takes a cut stream for whole.
import Anthropic, { APIError } from "@anthropic-ai/sdk";
import { EnvHttpProxyAgent, setGlobalDispatcher } from "undici";
import { carryOut, Failure } from "./operations.mjs";

setGlobalDispatcher(new EnvHttpProxyAgent({ connections: 1 }));
const [habit = "good"] = process.argv.slice(2);
const leavesItToTheSdk = habit === "good" || habit === "gullible";
const client = new Anthropic({ apiKey: "test", maxRetries: leavesItToTheSdk ? 2 : 0 });

const failing = async (work) => {
  try {
    return await work();
  } catch (error) {
    throw error instanceof APIError ? new Failure(error.status, error.headers) : error;
  }
};

await carryOut(habit, {
  ask: (parameters) =>
    failing(async () => {
      const { content } = await client.messages.create(parameters);
      return content[0].text;
    }),
  stream: (parameters) =>
    failing(async () => {
      let text = "";
      let isWhole = false;
      // oxlint-disable-next-line typescript/await-thenable -- without types it takes the overload that does not stream
      for await (const event of await client.messages.create({ ...parameters, stream: true })) {
        if (event.type === "content_block_delta") text += event.delta.text;
        if (event.type === "message_stop") isWhole = true;
      }
      return { text, isWhole };
    }),
});
