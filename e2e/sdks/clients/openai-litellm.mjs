import { all, check, mockUrl, rejected, run, same, sdk } from "./cases.mjs";
import { chatCases, helloOf } from "./openai-cases.mjs";

const { module, version } = await sdk("openai", "previous-openai");
// A gateway has no host that everybody knows; where its paths have no `/v1`, they tell it.
const client = new module.OpenAI({
  apiKey: "any",
  maxRetries: 0,
  baseURL: mockUrl ?? "https://litellm.test/v1",
});
await run("openai at LiteLLM", version, {
  ...chatCases(client, "any-name"),
  models: async () => check((await all(client.models.list())).length > 3, "no models"),
  "bad request": async () => {
    const error = await rejected(client.chat.completions.create({ ...helloOf("any-name"), temperature: 3 }));
    check(error instanceof module.OpenAI.BadRequestError, `${error.constructor.name}: ${error.message}`);
    same([error.status, error.code], [400, "400"], "error");
    check(error.message.includes("litellm.BadRequestError"), error.message);
  },
});
