import { sdk } from "../../clients/cases.mjs";
import { answer } from "./asks.mjs";
import { chatSurfaces, model, with_ } from "./openai-surfaces.mjs";

const { module, version } = await sdk("openai", "previous-openai");
const client = new module.OpenAI({ apiKey: "any" });
const own = { model, input: "count" };

await answer({
  name: "openai",
  versions: { openai: version },
  isOwn: (error) => error instanceof module.OpenAIError,
  surfaces: [
    ...chatSurfaces(client),
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
