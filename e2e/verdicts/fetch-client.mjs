// fetch alone with a habit: `node fetch-client.mjs good|careless|stubborn|gullible`.
import { EnvHttpProxyAgent, setGlobalDispatcher } from "undici";
import { carryOut, Failure } from "./operations.mjs";

setGlobalDispatcher(new EnvHttpProxyAgent({ connections: 1 }));

async function post(parameters) {
  const response = await fetch("https://api.anthropic.com/v1/messages", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-api-key": "test",
      "anthropic-version": "2023-06-01",
      "user-agent": "fetch-client",
    },
    body: JSON.stringify(parameters),
  });
  const body = await response.text();
  if (!response.ok) throw new Failure(response.status, response.headers);
  return body;
}

const [habit = "good"] = process.argv.slice(2);
await carryOut(habit, {
  ask: async (parameters) => JSON.parse(await post(parameters)).content[0].text,
  async stream(parameters) {
    const body = await post({ ...parameters, stream: true });
    const data = body.split("\n").flatMap((line) => (line.startsWith("data: ") ? [line.slice(6)] : []));
    const events = data.map((text) => JSON.parse(text));
    const deltas = events.filter(({ type }) => type === "content_block_delta");
    return {
      text: deltas.map(({ delta }) => delta.text).join(""),
      isWhole: events.some(({ type }) => type === "message_stop"),
    };
  },
});
