// Anthropic's SDK with a habit: `node sdk-client.mjs good|careless|stubborn|gullible|proper SETS`. Its own retries are off but
// for the good and the gullible one, who leave them to the SDK: it knows retry-after, and it takes a cut stream for whole.
import Anthropic, { APIError } from "@anthropic-ai/sdk";
import { carryOut, commandLine, Failure } from "./operations.mjs";

const { habit, settings } = commandLine();
const leavesItToTheSdk = habit === "good" || habit === "gullible";

/** Counts the attempts of an operation, those of the SDK included: the rules strike the first. */
const counts = new Map();
function countingFetch(url, init) {
  const headers = new Headers(init.headers);
  const name = headers.get("x-faultwire-operation");
  counts.set(name, (counts.get(name) ?? 0) + 1);
  headers.set("x-attempt", String(counts.get(name)));
  return fetch(url, { ...init, headers });
}
const client = new Anthropic({
  apiKey: "test",
  maxRetries: leavesItToTheSdk ? 2 : 0,
  fetch: countingFetch,
});

const failing = async (work) => {
  try {
    return await work();
  } catch (error) {
    throw error instanceof APIError ? new Failure(error.status, error.headers) : error;
  }
};

await carryOut(habit, settings, {
  ask: (parameters, headers) => failing(() => client.messages.create(parameters, { headers })),
  stream: (parameters, headers) =>
    failing(async () => {
      let isWhole = false;
      const events = await client.messages.create({ ...parameters, stream: true }, { headers });
      // oxlint-disable-next-line typescript/await-thenable -- without types it takes the overload that does not stream
      for await (const event of events) if (event.type === "message_stop") isWhole = true;
      return isWhole;
    }),
});
