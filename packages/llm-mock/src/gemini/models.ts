import type { ApiAnswer } from "../api.ts";
import type { ApiError } from "../api-error.ts";
import { googleFailure } from "./errors.ts";
import { googleJson } from "./handlers.ts";

const generating = ["generateContent", "countTokens", "createCachedContent", "batchGenerateContent"];

const entry = (id: string, displayName: string, isEmbedding = false) => ({
  name: `models/${id}`,
  version: "001",
  displayName,
  description: `${displayName}, as this mock has it`,
  inputTokenLimit: isEmbedding ? 2048 : 1_048_576,
  outputTokenLimit: isEmbedding ? 1 : 65_536,
  supportedGenerationMethods: isEmbedding ? ["embedContent"] : generating,
  ...(isEmbedding ? {} : { temperature: 1, topP: 0.95, topK: 64, maxTemperature: 2, thinking: true }),
});

const models = [
  entry("gemini-2.5-pro", "Gemini 2.5 Pro"),
  entry("gemini-2.5-flash", "Gemini 2.5 Flash"),
  entry("gemini-2.5-flash-lite", "Gemini 2.5 Flash-Lite"),
  entry("gemini-embedding-001", "Gemini Embedding 001", true),
];

/** The models that are listed. */
export const listModels = (): ApiAnswer => googleJson({ models });

/** One listed model. */
export const oneModel = (id: string, version: string): ApiAnswer => {
  const model = models.find(({ name }) => name === `models/${id}`);
  return model ? googleJson(model) : noSuchModel(id, version);
};

/** Whether a name is taken for a model of Google's. */
export const isGoogleModel = (id: string): boolean =>
  /^(?:gemini|gemma|text-embedding|embedding|textembedding|learnlm|tunedModels)/.test(id);

/** A model that there is not. */
export const noSuchModel = (id: string, version: string): ApiError =>
  googleFailure(
    404,
    `models/${id.slice(0, 100)} is not found for API version ${version}, or is not supported for this method. ` +
      "Call ListModels to see the list of available models and their supported methods.",
  );
