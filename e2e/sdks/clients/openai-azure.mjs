import { check, mockUrl, rejected, run, same, sdk } from "./cases.mjs";
import { chatCases, helloOf, model } from "./openai-cases.mjs";

const { module, version } = await sdk("openai", "previous-openai");
const client = new module.AzureOpenAI({
  apiKey: "any",
  apiVersion: "2024-10-21",
  maxRetries: 0,
  endpoint: mockUrl ?? "https://mock.openai.azure.com",
});
await run("openai at Azure", version, {
  ...chatCases(client),
  "bad request": async () => {
    const error = await rejected(client.chat.completions.create({ ...helloOf(model), temperature: 3 }));
    check(error instanceof module.OpenAI.BadRequestError, `${error.constructor.name}: ${error.message}`);
    same(error.status, 400, "status");
  },
});
