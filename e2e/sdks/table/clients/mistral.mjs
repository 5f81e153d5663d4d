import { sdk } from "../../clients/cases.mjs";
import { answer } from "./asks.mjs";
import { ownErrors, with_ } from "./speakeasy.mjs";

const { module, version } = await sdk("@mistralai/mistralai", "previous-mistral");
const mistral = new module.Mistral({ apiKey: "any" });
const chat = { model: "mistral-large-latest", messages: [{ role: "user", content: "count" }] };

await answer({
  name: "@mistralai/mistralai",
  versions: { "@mistralai/mistralai": version },
  isOwn: await ownErrors("@mistralai/mistralai", "previous-mistral"),
  surfaces: [
    {
      name: "chat",
      title: "`chat.complete()`",
      mode: "plain",
      ask: async (options, say) => {
        const choice = (await mistral.chat.complete(chat, with_(options))).choices?.[0];
        say(choice?.message?.content);
        return choice?.finishReason;
      },
    },
    {
      name: "stream",
      title: "`chat.stream()`",
      mode: "stream",
      ask: async (options, say) => {
        let end;
        for await (const { data } of await mistral.chat.stream(chat, with_(options))) {
          say(data.choices[0]?.delta.content);
          end = data.choices[0]?.finishReason ?? end;
        }
        return end;
      },
    },
  ],
});
