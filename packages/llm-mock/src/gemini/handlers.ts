/** What Gemini's methods do, at Google AI and at Vertex AI. */

import { type ApiAnswer, type Call, type Frame, frame, json } from "../api.ts";
import { type ApiError, isApiError } from "../api-error.ts";
import { derivedVector } from "../ids.ts";
import { isListOf, isObject, type JsonObject, objectsIn, parseObject, textOr } from "../json.ts";
import { speak } from "../model/speak.ts";
import { countTokens } from "../model/token-count.ts";
import type { World } from "../provider.ts";
import { googleErrorBody, googleFailure, invalidArgument } from "./errors.ts";
import { camel, countContents, readContents, readGeminiRequest } from "./request.ts";
import { type Piece, piecesOf, responseOf } from "./response.ts";

/** One mock's methods, by what stands behind the colon of a model's path. */
export type GeminiMethods = (call: Call, model: string, method: string) => ApiAnswer;

/** The media type of Google's JSON. */
export const GOOGLE_JSON = "application/json; charset=UTF-8";

const pretty = (value: object): string => `${JSON.stringify(value, undefined, 2)}\n`;

/** An answer as Google's APIs write it: indented. */
export const googleJson = (value: object): ApiAnswer => ({
  ...json(null),
  contentType: GOOGLE_JSON,
  body: pretty(value),
});

/** Gemini's methods. */
export function geminiMethods({ seed, mind }: World): GeminiMethods {
  const generate = (call: Call, model: string, streams: boolean): ApiAnswer => {
    const { body } = call.request;
    const request = readGeminiRequest(body, model);
    if (isApiError(request)) return streams ? streamError(request, call) : request;
    const speech = speak(request.conversation, mind);
    const facts = { usage: speech.usage, model, pace: speech.pace };
    const identity = [seed, body];
    if (!streams) return { ...googleJson(responseOf(request, speech, identity)), ...facts } as ApiAnswer;
    const pieces = piecesOf(request, speech, identity);
    return call.query.get("alt") === "sse"
      ? { kind: "stream", contentType: "text/event-stream", frames: sseFrames(pieces), ...facts }
      : { kind: "stream", contentType: GOOGLE_JSON, frames: arrayFrames(pieces), ...facts };
  };
  const embed = (fields: JsonObject, model: string): readonly number[] | ApiError => {
    const { content, outputDimensionality: asked, embedContentConfig: config } = camel(fields);
    const wanted = asked ?? (isObject(config) ? camel(config)["outputDimensionality"] : undefined);
    const text = isObject(content)
      ? objectsIn(content["parts"])
          .map((part) => textOr(part["text"]))
          .join("")
      : "";
    if (text === "")
      return invalidArgument("* EmbedContentRequest.content: contents is not specified", "content");
    const dimensions = wanted ?? (model.includes("gemini") ? 3072 : 768);
    if (
      typeof dimensions !== "number" ||
      !Number.isInteger(dimensions) ||
      dimensions < 1 ||
      dimensions > 3072
    )
      return invalidArgument("output_dimensionality must be from 1 to 3072", "output_dimensionality");
    return derivedVector(dimensions, "embedding", seed, model, text);
  };
  return (call, model, method) => {
    switch (method) {
      case "generateContent":
      case "streamGenerateContent":
        return generate(call, model, method === "streamGenerateContent");
      case "countTokens":
        return countOf(call, model);
      case "embedContent":
        return embedOne(call, model, embed);
      case "batchEmbedContents":
        return embedAll(call, model, embed);
      case "predict":
        return predict(call, model, seed);
      default:
        return googleFailure(404, `There is no method ${method.slice(0, 60)} of ${model.slice(0, 100)}.`);
    }
  };
}

const sseFrames = (pieces: readonly Piece[]): readonly Frame[] =>
  pieces.map(({ response, tokens }) => frame(`data: ${JSON.stringify(response)}\r\n\r\n`, tokens));

/** One JSON array, element by element. */
const arrayFrames = (pieces: readonly Piece[]): readonly Frame[] => [
  ...pieces.map(({ response, tokens }, index) =>
    frame(`${index === 0 ? "[" : ",\r\n"}${pretty(response)}`, tokens),
  ),
  frame("]"),
];

/** Where an array was asked for, an error comes in one, too. */
const streamError = (error: ApiError, { query }: Call): ApiAnswer =>
  query.get("alt") === "sse"
    ? error
    : {
        kind: "whole",
        status: error.status,
        contentType: GOOGLE_JSON,
        body: JSON.stringify([googleErrorBody(error)]),
      };

function countOf({ request }: Call, model: string): ApiAnswer {
  const fields = parseObject(request.body);
  if (!fields) return invalidArgument("Invalid JSON payload received. Expected an object.");
  const inner = camel(fields)["generateContentRequest"];
  if (isObject(inner)) {
    const read = readGeminiRequest(inner, model);
    return isApiError(read) ? read : countAnswer(read.conversation.inputTokens);
  }
  const contents = readContents(fields["contents"]);
  return isApiError(contents) ? contents : countAnswer(countContents(contents));
}

const countAnswer = (totalTokens: number): ApiAnswer =>
  googleJson({ totalTokens, promptTokensDetails: [{ modality: "TEXT", tokenCount: totalTokens }] });

type Embed = (fields: JsonObject, model: string) => readonly number[] | ApiError;

function embedOne({ request }: Call, model: string, embed: Embed): ApiAnswer {
  const values = embed(parseObject(request.body) ?? {}, model);
  return isApiError(values) ? values : googleJson({ embedding: { values } });
}

function embedAll({ request }: Call, model: string, embed: Embed): ApiAnswer {
  const requests = parseObject(request.body)?.["requests"];
  if (!isListOf(requests, isObject) || requests.length === 0 || requests.length > 100)
    return invalidArgument("* BatchEmbedContentsRequest.requests: 1 to 100 requests expected", "requests");
  const embeddings: object[] = [];
  for (const one of requests as readonly JsonObject[]) {
    const values = embed(one, model);
    if (isApiError(values)) return values;
    embeddings.push({ values });
  }
  return googleJson({ embeddings });
}

/** What Vertex AI has for the embedding of texts. */
function predict({ request }: Call, model: string, seed: number): ApiAnswer {
  const instances = parseObject(request.body)?.["instances"];
  if (!isListOf(instances, (one) => isObject(one) && typeof one["content"] === "string"))
    return invalidArgument("instances: expected a list of objects with `content`", "instances");
  const predictions = (instances as readonly { readonly content: string }[]).map(({ content }) => ({
    embeddings: {
      values: derivedVector(model.includes("gemini") ? 3072 : 768, "embedding", seed, model, content),
      statistics: { token_count: countTokens(content), truncated: false },
    },
  }));
  return googleJson({ predictions });
}
