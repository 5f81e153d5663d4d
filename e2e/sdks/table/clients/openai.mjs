import { sdk } from "../../clients/cases.mjs";
import { answer } from "./asks.mjs";

const { module, version } = await sdk("openai", "previous-openai");
const client = new module.OpenAI({ apiKey: "any" });
const model = "gpt-4.1-mini";
const chat = { model, messages: [{ role: "user", content: "count" }] };
const own = { model, input: "count" };
const with_ = ({ headers, timeoutMs, noRetries }) => ({
  headers,
  ...(timeoutMs && { timeout: timeoutMs }),
  ...(noRetries && { maxRetries: 0 }),
});

await answer({
  name: "openai",
  versions: { openai: version },
  isOwn: (error) => error instanceof module.OpenAIError,
  surfaces: [
    {
      name: "chat",
      title: "`chat.completions.create()`",
      mode: "plain",
      ask: async (options, say) => {
        const completion = await client.chat.completions.create(chat, with_(options));
        say(completion.choices?.[0]?.message?.content);
        return completion.choices?.[0]?.finish_reason;
      },
    },
    {
      name: "chat-iterator",
      title: "`chat.completions.create({ stream: true })`",
      mode: "stream",
      ask: async (options, say) => {
        let end;
        for await (const chunk of await client.chat.completions.create(
          { ...chat, stream: true },
          with_(options),
        )) {
          say(chunk.choices[0]?.delta?.content);
          end = chunk.choices[0]?.finish_reason ?? end;
        }
        return end;
      },
    },
    {
      name: "chat-helper",
      title: "`chat.completions.stream().finalChatCompletion()`",
      mode: "stream",
      ask: async (options, say) => {
        const completion = await client.chat.completions.stream(chat, with_(options)).finalChatCompletion();
        say(completion.choices[0]?.message?.content);
        return completion.choices[0]?.finish_reason;
      },
    },
    {
      name: "responses",
      title: "`responses.create()`",
      mode: "plain",
      ask: async (options, say) => {
        const response = await client.responses.create(own, with_(options));
        say(response.output_text);
        return response.status;
      },
    },
    {
      name: "responses-iterator",
      title: "`responses.create({ stream: true })`",
      mode: "stream",
      ask: async (options, say) => {
        let end;
        for await (const event of await client.responses.create({ ...own, stream: true }, with_(options))) {
          if (event.type === "response.output_text.delta") say(event.delta);
          if (event.type === "response.completed") end = event.response.status;
          if (event.type === "error") end = "event: error";
        }
        return end;
      },
    },
    {
      name: "responses-helper",
      title: "`responses.stream().finalResponse()`",
      mode: "stream",
      ask: async (options, say) => {
        const response = await client.responses.stream(own, with_(options)).finalResponse();
        say(response.output_text);
        return response.status;
      },
    },
  ],
});
