import { all, check, echo, mockUrl, rejected, run, same, sdk, weather } from "./cases.mjs";

const { module, version } = await sdk("@google/genai", "previous-genai");
const { GoogleGenAI, ApiError } = module;
const httpOptions = mockUrl ? { baseUrl: mockUrl } : {};
const gemini = new GoogleGenAI({ apiKey: "any", httpOptions });
const vertex = new GoogleGenAI({ vertexai: true, apiKey: "any", httpOptions });
const model = "gemini-2.5-flash";
const declaration = {
  name: weather.tool,
  description: weather.description,
  parametersJsonSchema: weather.schema,
};
const config = { tools: [{ functionDeclarations: [declaration] }] };

function cases({ models }, prefix) {
  const ask = { model, config, contents: weather.question };
  return {
    [`${prefix}plain`]: async () => {
      const response = await models.generateContent({ model, contents: "hello" });
      check(response.text.startsWith(echo), response.text);
      same(response.candidates[0].finishReason, "STOP", "finishReason");
      const { promptTokenCount, candidatesTokenCount, totalTokenCount } = response.usageMetadata;
      check(promptTokenCount > 0 && promptTokenCount + candidatesTokenCount === totalTokenCount, "usage");
    },
    [`${prefix}streamed`]: async () => {
      const chunks = await all(await models.generateContentStream({ model, contents: "hello" }));
      const pieces = chunks.map(({ text }) => text ?? "");
      check(pieces.length > 3 && pieces.join("").startsWith(echo), JSON.stringify(pieces));
      same(chunks.at(-1).candidates[0].finishReason, "STOP", "finishReason");
    },
    [`${prefix}tool loop`]: async () => {
      const first = await models.generateContent(ask);
      const [call] = first.functionCalls;
      same([call.name, call.args], [weather.tool, { city: weather.city }], "call");
      const response = {
        name: weather.tool,
        ...(call.id && { id: call.id }),
        response: { result: weather.result },
      };
      const contents = [
        { role: "user", parts: [{ text: weather.question }] },
        first.candidates[0].content,
        { role: "user", parts: [{ functionResponse: response }] },
      ];
      same((await models.generateContent({ model, config, contents })).text, weather.answer, "answer");
    },
    [`${prefix}tool streamed`]: async () => {
      const chunks = await all(await models.generateContentStream(ask));
      const [call] = chunks.flatMap(({ functionCalls }) => functionCalls ?? []);
      same(call.args, { city: weather.city }, "args");
    },
    [`${prefix}count`]: async () => {
      const { totalTokens } = await models.countTokens({ model, contents: "hello there" });
      check(totalTokens > 1, `${totalTokens} tokens`);
    },
    [`${prefix}embeddings`]: async () => {
      const { embeddings } = await models.embedContent({
        model: "text-embedding-005",
        contents: ["one", "two"],
      });
      same(
        embeddings.map(({ values }) => values.length),
        [768, 768],
        "dimensions",
      );
    },
    [`${prefix}bad request`]: async () => {
      const error = await rejected(
        models.generateContent({ model, contents: "hello", config: { temperature: 3 } }),
      );
      check(error instanceof ApiError, `${error.constructor.name}: ${error.message}`);
      same(error.status, 400, "status");
    },
  };
}

await run("@google/genai", version, {
  ...cases(gemini, ""),
  ...cases(vertex, "Vertex "),
  thoughts: async () => {
    const thinking = { thinkingConfig: { includeThoughts: true } };
    const response = await gemini.models.generateContent({
      model,
      contents: "think about it",
      config: thinking,
    });
    const [thought] = response.candidates[0].content.parts;
    same([thought.thought, thought.text], [true, "They want me to think."], "thought");
  },
  "structured output": async () => {
    const json = { responseMimeType: "application/json", responseJsonSchema: weather.schema };
    const response = await gemini.models.generateContent({ model, contents: "hello", config: json });
    same(JSON.parse(response.text), { city: "hello" }, "JSON");
  },
  models: async () => {
    const models = await all(await gemini.models.list());
    check(models.length === 4, `${models.length} models`);
    same((await gemini.models.get({ model })).name, `models/${model}`, "name");
  },
});
