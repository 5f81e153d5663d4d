// What Google's SDK asks at Gemini's own API and at Vertex AI.
import { all, check, echo, rejected, same, weather } from "./cases.mjs";

export const model = "gemini-2.5-flash";
const declaration = {
  name: weather.tool,
  description: weather.description,
  parametersJsonSchema: weather.schema,
};
const config = { tools: [{ functionDeclarations: [declaration] }] };

/** @param client an SDK's client @param ApiError the class of its errors */
export function generateCases({ models }, ApiError) {
  const ask = { model, config, contents: weather.question };
  return {
    plain: async () => {
      const response = await models.generateContent({ model, contents: "hello" });
      check(response.text.startsWith(echo), response.text);
      same(response.candidates[0].finishReason, "STOP", "finishReason");
      const { promptTokenCount, candidatesTokenCount, totalTokenCount } = response.usageMetadata;
      check(promptTokenCount > 0 && promptTokenCount + candidatesTokenCount === totalTokenCount, "usage");
    },
    streamed: async () => {
      const chunks = await all(await models.generateContentStream({ model, contents: "hello" }));
      const pieces = chunks.map(({ text }) => text ?? "");
      check(pieces.length > 3 && pieces.join("").startsWith(echo), JSON.stringify(pieces));
      same(chunks.at(-1).candidates[0].finishReason, "STOP", "finishReason");
    },
    "tool loop": async () => {
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
    "tool streamed": async () => {
      const chunks = await all(await models.generateContentStream(ask));
      const [call] = chunks.flatMap(({ functionCalls }) => functionCalls ?? []);
      same(call.args, { city: weather.city }, "args");
    },
    count: async () => {
      const { totalTokens } = await models.countTokens({ model, contents: "hello there" });
      check(totalTokens > 1, `${totalTokens} tokens`);
    },
    embeddings: async () => {
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
    "bad request": async () => {
      const error = await rejected(
        models.generateContent({ model, contents: "hello", config: { temperature: 3 } }),
      );
      check(error instanceof ApiError, `${error.constructor.name}: ${error.message}`);
      same(error.status, 400, "status");
    },
  };
}
