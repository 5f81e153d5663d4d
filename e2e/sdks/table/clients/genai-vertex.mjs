import { sdk } from "../../clients/cases.mjs";
import { answer } from "./asks.mjs";
import { generateSurfaces } from "./genai-surfaces.mjs";

const { module, version } = await sdk("@google/genai", "previous-genai");
await answer({
  name: "@google/genai",
  at: "Vertex AI",
  versions: { "@google/genai": version },
  isOwn: (error) => error instanceof module.ApiError,
  surfaces: generateSurfaces(new module.GoogleGenAI({ vertexai: true, apiKey: "any" })),
});
