import { all, check, checkPieces, echo, mockUrl, rejected, run, same, sdk, weather } from "./cases.mjs";

const { module, version } = await sdk("ai", "previous-ai");
const { generateText, streamText, tool, jsonSchema, stepCountIs, isStepCount, embed } = module;
const stopAt = stepCountIs ?? isStepCount;
const anthropic = await sdk("@ai-sdk/anthropic", "previous-ai-anthropic");
const openai = await sdk("@ai-sdk/openai", "previous-ai-openai");
const google = await sdk("@ai-sdk/google", "previous-ai-google");
const at = (path) => ({ apiKey: "any", ...(mockUrl && { baseURL: `${mockUrl}${path}` }) });
const providers = {
  [`@ai-sdk/anthropic ${anthropic.version}`]: anthropic.module.createAnthropic(at("/v1"))(
    "claude-sonnet-5-5",
  ),
  [`@ai-sdk/openai ${openai.version}, responses`]: openai.module.createOpenAI(at("/v1"))("gpt-4.1-mini"),
  [`@ai-sdk/openai ${openai.version}, chat`]: openai.module.createOpenAI(at("/v1")).chat("gpt-4.1-mini"),
  [`@ai-sdk/google ${google.version}`]: google.module.createGoogleGenerativeAI(at("/v1beta"))(
    "gemini-2.5-flash",
  ),
};
const tools = {
  [weather.tool]: tool({
    description: weather.description,
    inputSchema: jsonSchema(weather.schema),
    execute: async () => weather.result,
  }),
};

function cases(model, name) {
  const common = { model, maxRetries: 0, maxOutputTokens: 500 };
  return {
    [`${name}: plain`]: async () => {
      const { text, usage } = await generateText({ ...common, prompt: "hello" });
      check(text.startsWith(echo), text);
      check(usage.inputTokens > 0 && usage.outputTokens > 3, JSON.stringify(usage));
    },
    [`${name}: streamed`]: async () => {
      checkPieces(await all(streamText({ ...common, prompt: "hello" }).textStream));
    },
    [`${name}: tool loop`]: async () => {
      const { text, steps } = await generateText({
        ...common,
        tools,
        prompt: weather.question,
        stopWhen: stopAt(3),
      });
      same([text, steps.length], [weather.answer, 2], "answer and steps");
    },
    [`${name}: tool loop, streamed`]: async () => {
      const result = streamText({ ...common, tools, prompt: weather.question, stopWhen: stopAt(3) });
      const pieces = await all(result.textStream);
      check(pieces.join("").endsWith(weather.answer), pieces.join(""));
    },
    [`${name}: bad request`]: async () => {
      const error = await rejected(generateText({ ...common, prompt: "hello", maxOutputTokens: -1 }));
      check(/APICallError|InvalidArgument/.test(error.name), `${error.name}: ${error.message}`);
    },
  };
}

await run("ai", version, {
  ...Object.assign({}, ...Object.entries(providers).map(([name, model]) => cases(model, name))),
  embeddings: async () => {
    const model = openai.module.createOpenAI(at("/v1")).textEmbeddingModel("text-embedding-3-small");
    same((await embed({ model, value: "one" })).embedding.length, 1536, "dimensions");
  },
});
