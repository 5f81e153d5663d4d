import { all, check, mockUrl, rejected, run, same, sdk } from "./cases.mjs";
import { chatCases, helloOf } from "./openai-cases.mjs";

const { module, version } = await sdk("openai", "previous-openai");
const client = new module.OpenAI({
  apiKey: "any",
  maxRetries: 0,
  baseURL: `${mockUrl ?? "https://openrouter.ai"}/api/v1`,
});
const model = "openai/gpt-4.1-mini";
// The mock has no embeddings of OpenRouter.
const { embeddings: _none, ...chats } = chatCases(client, model);
await run("openai at OpenRouter", version, {
  ...chats,
  models: async () => {
    const models = await all(client.models.list());
    check(
      models.some(({ id }) => id === model),
      `models ${JSON.stringify(models)}`,
    );
  },
  "no such model": async () => {
    const error = await rejected(client.chat.completions.create(helloOf("nothing")));
    check(error instanceof module.OpenAI.BadRequestError, `${error.constructor.name}: ${error.message}`);
    same([error.status, error.message], [400, "400 nothing is not a valid model ID"], "error");
  },
});
