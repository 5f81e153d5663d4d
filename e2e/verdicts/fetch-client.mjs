// fetch alone with a habit: `node fetch-client.mjs good|careless|stubborn|gullible|proper SETS [bare]`.
import { carryOut, commandLine, Failure } from "./operations.mjs";

async function post(parameters, headers) {
  const response = await fetch("https://api.anthropic.com/v1/messages", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-api-key": "test",
      "anthropic-version": "2023-06-01",
      "user-agent": "fetch-client",
      ...headers,
    },
    body: JSON.stringify(parameters),
  });
  const body = await response.text();
  if (!response.ok) throw new Failure(response.status, response.headers);
  return body;
}

const { habit, settings } = commandLine();
await carryOut(habit, settings, {
  ask: post,
  stream: async (parameters, headers) =>
    (await post({ ...parameters, stream: true }, headers)).includes("message_stop"),
});
