import { type ApiAnswer, json } from "../api.ts";
import { apiError } from "../api-error.ts";
import { ANSWER_SECONDS } from "../model/answer-moment.ts";

const names = [
  ...["gpt-5", "gpt-5-mini", "gpt-4.1", "gpt-4.1-mini", "gpt-4o", "gpt-4o-mini", "o4-mini"],
  ...["text-embedding-3-small", "text-embedding-3-large"],
];

const entry = (id: string): object => ({ id, object: "model", created: ANSWER_SECONDS, owned_by: "openai" });

/** The models that are listed. */
export const listModels = (): ApiAnswer => json({ object: "list", data: names.map(entry) });

/** One listed model. */
export const oneModel = (id: string): ApiAnswer =>
  names.includes(id)
    ? json(entry(id))
    : apiError(404, "invalid_request_error", `The model '${id.slice(0, 100)}' does not exist`, {
        param: "model",
        code: "model_not_found",
      });
