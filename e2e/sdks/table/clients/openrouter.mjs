import { sdk } from "../../clients/cases.mjs";
import { answer } from "./asks.mjs";
import { ownErrors, with_ } from "./speakeasy.mjs";

const { module, version } = await sdk("@openrouter/sdk", "previous-openrouter");
const openrouter = new module.OpenRouter({ apiKey: "any" });
const chat = { model: "anthropic/claude-sonnet-4.5", messages: [{ role: "user", content: "count" }] };

await answer({
  name: "@openrouter/sdk",
  versions: { "@openrouter/sdk": version },
  isOwn: await ownErrors("@openrouter/sdk", "previous-openrouter"),
  surfaces: [
    {
      name: "send",
      title: "`chat.send()`",
      mode: "plain",
      ask: async (options, say) => {
        const answered = await openrouter.chat.send({ chatRequest: chat }, with_(options));
        say(answered.choices?.[0]?.message?.content);
        return answered.choices?.[0]?.finishReason;
      },
    },
    {
      name: "stream",
      title: "`chat.send({ stream: true })`",
      mode: "stream",
      ask: async (options, say) => {
        let end;
        const chatRequest = { ...chat, stream: true };
        for await (const chunk of await openrouter.chat.send({ chatRequest }, with_(options))) {
          say(chunk.choices[0]?.delta.content);
          end = chunk.choices[0]?.finishReason ?? end;
        }
        return end;
      },
    },
  ],
});
