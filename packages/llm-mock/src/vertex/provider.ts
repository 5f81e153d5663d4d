/** Vertex AI: Gemini's and Claude's models below a project and a location. */
import { answerCount, answerMessages } from "../anthropic/answer.ts";
import { invalidRequest } from "../anthropic/errors.ts";
import type { MessagesRules } from "../anthropic/messages-request.ts";
import type { ApiAnswer, Call } from "../api.ts";
import { type ApiError, apiError } from "../api-error.ts";
import { googleErrorBody, googleFailure } from "../gemini/errors.ts";
import { GOOGLE_JSON, geminiMethods } from "../gemini/handlers.ts";
import { isGoogleModel } from "../gemini/models.ts";
import { derivedLetters } from "../ids.ts";
import { parseObject, textOr } from "../json.ts";
import { headerOf, hostOf, type MockProvider, type ProviderMaker, type World } from "../provider.ts";

/** Project and location, then publisher, model and method. Without a project it is Vertex AI's express mode. */
const MODEL =
  /^(?:\/v1(?:beta1)?)?(?:\/projects\/[^/]+\/locations\/[^/]+)?\/publishers\/([^/]+)\/models\/([^/:]+):([a-zA-Z]+)$/;

/** Vertex AI. */
export const vertex: ProviderMaker = (world): MockProvider => {
  const methods = geminiMethods(world);
  return {
    name: "vertex",
    claims: (request, path) =>
      MODEL.test(path) || /(?:^|[.-])aiplatform\.(?:[a-z]+\.rep\.)?googleapis\.com$/.test(hostOf(request)),
    requestId: (count) => derivedLetters(16, "vertex", world.seed, count),
    headers: () => [["vary", "Origin, X-Origin, Referer"]],
    routes: [{ path: MODEL, methods: { POST: (call) => ask(call, world, methods) } }],
    refuse: ({ request, query }) =>
      headerOf(request, "authorization") || headerOf(request, "x-goog-api-key") || query.get("key")
        ? undefined
        : apiError(401, "UNAUTHENTICATED", "Request is missing required authentication credential."),
    failure: googleFailure,
    errorAnswer: (error) => ({
      kind: "whole",
      status: error.status,
      contentType: GOOGLE_JSON,
      body: `${JSON.stringify(googleErrorBody(error), undefined, 2)}\n`,
    }),
  };
};

function ask(call: Call, world: World, gemini: ReturnType<typeof geminiMethods>): ApiAnswer {
  const [publisher = "", model = "", method = ""] = call.params;
  if (publisher === "google" && isGoogleModel(model)) return gemini(call, model, method);
  if (publisher === "anthropic" && (method === "rawPredict" || method === "streamRawPredict"))
    return claude(call, model, world);
  return googleFailure(
    404,
    `Publisher Model \`publishers/${publisher.slice(0, 60)}/models/${model.slice(0, 100)}\` was not found, or has no method ${method.slice(0, 60)}.`,
  );
}

/** Claude answers in Anthropic's own form, errors included; the model is the path's. */
function claude({ request: { body } }: Call, model: string, world: World): ApiAnswer {
  const fields = parseObject(body) ?? {};
  const isCount = model === "count-tokens";
  const rules: MessagesRules = {
    version: textOr(fields["anthropic_version"]),
    asksForAnswer: !isCount,
    hasBetas: Array.isArray(fields["anthropic_beta"]),
    model: isCount ? textOr(fields["model"]) : model,
  };
  if (rules.version === "") return inAnthropicsForm(invalidRequest("anthropic_version: Field required"));
  const answer = isCount ? answerCount(body, rules) : answerMessages(body, rules, world);
  return answer.kind === "error" ? inAnthropicsForm(answer) : answer;
}

const inAnthropicsForm = ({ status, type, message }: ApiError): ApiAnswer => ({
  kind: "whole",
  status,
  body: JSON.stringify({ type: "error", error: { type, message } }),
});
