import { all, check, mockUrl, run, same, sdk, weather } from "./cases.mjs";
import { generateCases, model } from "./genai-cases.mjs";

const { module, version } = await sdk("@google/genai", "previous-genai");
const { GoogleGenAI, ApiError } = module;
const gemini = new GoogleGenAI({ apiKey: "any", httpOptions: mockUrl ? { baseUrl: mockUrl } : {} });

await run("@google/genai", version, {
  ...generateCases(gemini, ApiError),
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
