import { sdk } from "../../clients/cases.mjs";
import { answer } from "./asks.mjs";

const { module, version } = await sdk("cohere-ai", "previous-cohere");
const { CohereClientV2, CohereError, CohereTimeoutError } = module.default ?? module;
const cohere = new CohereClientV2({ token: "any" });
const chat = { model: "command-a-03-2025", messages: [{ role: "user", content: "count" }] };
const with_ = ({ headers, timeoutMs, noRetries }) => ({
  headers,
  ...(timeoutMs && { timeoutInSeconds: timeoutMs / 1000 }),
  ...(noRetries && { maxRetries: 0 }),
});

await answer({
  name: "cohere-ai",
  versions: { "cohere-ai": version },
  isOwn: (error) => error instanceof CohereError || error instanceof CohereTimeoutError,
  surfaces: [
    {
      name: "chat",
      title: "`chat()`",
      mode: "plain",
      ask: async (options, say) => {
        const answered = await cohere.chat(chat, with_(options));
        say(answered.message?.content?.[0]?.text);
        return answered.finishReason;
      },
    },
    {
      name: "stream",
      title: "`chatStream()`",
      mode: "stream",
      ask: async (options, say) => {
        let end;
        for await (const event of await cohere.chatStream(chat, with_(options))) {
          if (event.type === "content-delta") say(event.delta?.message?.content?.text);
          if (event.type === "message-end") end = event.delta?.finishReason;
        }
        return end;
      },
    },
  ],
});
