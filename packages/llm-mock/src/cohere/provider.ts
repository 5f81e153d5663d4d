/** Cohere: chat of the second API. */
import { requestId } from "@faultwire/fault-engine";
import { json } from "../api.ts";
import { apiError, isApiError } from "../api-error.ts";
import { speak } from "../model/speak.ts";
import { hasBearer, headerOf, type MockProvider, type ProviderMaker, ruledProvider } from "../provider.ts";
import { cohereAnswer, cohereEvents, cohereFraming } from "./chat.ts";
import { readCohereChat } from "./request.ts";

const MODELS = ["command-a-03-2025", "command-a-reasoning-08-2025", "command-r7b-12-2024"];

/** Cohere's API. */
export const cohere: ProviderMaker = ({ seed, mind }): MockProvider => ({
  name: "cohere",
  claims: (request) => ruledProvider(request) === "cohere",
  requestId: (count) => requestId("cohere", seed, count),
  headers: (id) => [["x-debug-trace-id", id]],
  routes: [
    {
      path: /^\/v2\/chat$/,
      methods: {
        POST: ({ request: asked }) => {
          const { body } = asked;
          const request = readCohereChat(body);
          if (isApiError(request)) return request;
          const speech = speak(request.conversation, mind);
          const identity = [seed, body];
          const facts = { usage: speech.usage, model: request.conversation.model, pace: speech.pace };
          if (!request.stream) return json(cohereAnswer(speech, identity), facts);
          const framing = cohereFraming(headerOf(asked, "accept"));
          const frames = cohereEvents(speech, identity, framing);
          return { kind: "stream", contentType: framing.contentType, frames, ...facts };
        },
      },
    },
    {
      path: /^\/v1\/models$/,
      methods: {
        GET: () =>
          json({
            models: MODELS.map((name) => ({
              name,
              endpoints: ["chat"],
              finetuned: false,
              context_length: 256_000,
            })),
          }),
      },
    },
  ],
  refuse: ({ request }) => (hasBearer(request) ? undefined : apiError(401, "", "no api key supplied")),
  failure: (status, message) => apiError(status, "", message),
  errorAnswer: ({ status, message }, { requestId: id }) => ({
    kind: "whole",
    status,
    body: JSON.stringify({ id, message }),
  }),
});
