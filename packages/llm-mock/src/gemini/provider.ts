/** Google's Gemini API. */

import type { Call } from "../api.ts";
import { apiError } from "../api-error.ts";
import { derivedLetters } from "../ids.ts";
import { headerOf, hostOf, type MockProvider, type ProviderMaker } from "../provider.ts";
import { googleErrorBody, googleFailure } from "./errors.ts";
import { GOOGLE_JSON, geminiMethods } from "./handlers.ts";
import { isGoogleModel, listModels, noSuchModel, oneModel } from "./models.ts";

/** Gemini at Google AI. */
export const gemini: ProviderMaker = (world): MockProvider => {
  const methods = geminiMethods(world);
  const at = ({ params }: Call, index: number): string => params[index] ?? "";
  return {
    name: "gemini",
    claims: (request, path) =>
      /^\/v1(?:alpha|beta)\/(?:models|tunedModels)(?:\/|$)/.test(path) ||
      /^\/v1\/models\/[^/]+:[a-zA-Z]+$/.test(path) ||
      headerOf(request, "x-goog-api-key") !== undefined ||
      hostOf(request) === "generativelanguage.googleapis.com",
    requestId: (count) => derivedLetters(16, "gemini", world.seed, count),
    headers: () => [
      ["server", "scaffolding on HTTPServer2"],
      ["vary", "Origin, X-Origin, Referer"],
    ],
    routes: [
      { path: /^\/v1(?:alpha|beta)?\/models$/, methods: { GET: listModels } },
      {
        path: /^\/(v1(?:alpha|beta)?)\/models\/([^/:]+)$/,
        methods: { GET: (call) => oneModel(at(call, 1), at(call, 0)) },
      },
      {
        path: /^\/(v1(?:alpha|beta)?)\/(?:models|tunedModels)\/([^/:]+):([a-zA-Z]+)$/,
        methods: {
          POST: (call) =>
            isGoogleModel(at(call, 1)) || call.path.includes("/tunedModels/")
              ? methods(call, at(call, 1), at(call, 2))
              : noSuchModel(at(call, 1), at(call, 0)),
        },
      },
    ],
    refuse: ({ request, query }) =>
      headerOf(request, "x-goog-api-key") || query.get("key") || headerOf(request, "authorization")
        ? undefined
        : apiError(
            403,
            "PERMISSION_DENIED",
            "Method doesn't allow unregistered callers. Send an API key as x-goog-api-key, or as ?key=.",
          ),
    failure: googleFailure,
    errorAnswer: (error) => ({
      kind: "whole",
      status: error.status,
      contentType: GOOGLE_JSON,
      body: `${JSON.stringify(googleErrorBody(error), undefined, 2)}\n`,
    }),
  };
};
