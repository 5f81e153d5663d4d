import { mockUrl, run, sdk } from "./cases.mjs";
import { generateCases } from "./genai-cases.mjs";

const { module, version } = await sdk("@google/genai", "previous-genai");
const client = new module.GoogleGenAI({
  vertexai: true,
  apiKey: "any",
  httpOptions: mockUrl ? { baseUrl: mockUrl } : {},
});
await run("@google/genai at Vertex AI", version, generateCases(client, module.ApiError));
