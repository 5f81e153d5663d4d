/** Amazon Bedrock's runtime: InvokeModel and Converse, plain and streamed. Signatures are not checked. */

import { type ApiAnswer, type Call, json } from "../api.ts";
import { apiError, isApiError } from "../api-error.ts";
import { derivedUuid } from "../ids.ts";
import { isObject, parseObject } from "../json.ts";
import { speak } from "../model/speak.ts";
import { headerOf, hostOf, type MockProvider, type ProviderMaker, type World } from "../provider.ts";
import { converseAnswer, converseEvents } from "./converse.ts";
import { readConverse } from "./converse-request.ts";
import { validation } from "./errors.ts";
import { AWS_EVENT_STREAM } from "./event-stream.ts";
import { invoke } from "./invoke.ts";

/** Bedrock. */
export const bedrock: ProviderMaker = (world): MockProvider => {
  const model = ({ params }: Call): string => params[0] ?? "";
  return {
    name: "bedrock",
    claims: (request, path) =>
      /^\/model\/[^/]+\/(?:invoke|invoke-with-response-stream|converse|converse-stream|count-tokens)$/.test(
        path,
      ) || /^bedrock-runtime[.-].*\.amazonaws\.com(?:\.cn)?$/.test(hostOf(request)),
    requestId: (count) => derivedUuid("bedrock", world.seed, count),
    headers: (id) => [["x-amzn-requestid", id]],
    routes: [
      {
        path: /^\/model\/([^/]+)\/invoke$/,
        methods: { POST: (call) => invoke(call.request.body, model(call), false, world) },
      },
      {
        path: /^\/model\/([^/]+)\/invoke-with-response-stream$/,
        methods: { POST: (call) => invoke(call.request.body, model(call), true, world) },
      },
      {
        path: /^\/model\/([^/]+)\/converse$/,
        methods: { POST: (call) => converse(call, model(call), false, world) },
      },
      {
        path: /^\/model\/([^/]+)\/converse-stream$/,
        methods: { POST: (call) => converse(call, model(call), true, world) },
      },
      {
        path: /^\/model\/([^/]+)\/count-tokens$/,
        methods: { POST: (call) => countTokens(call, model(call)) },
      },
    ],
    refuse: ({ request }) =>
      headerOf(request, "authorization")
        ? undefined
        : apiError(403, "MissingAuthenticationTokenException", "Missing Authentication Token"),
    failure: (status, message) => apiError(status, typeOf(status), message),
    errorAnswer: ({ status, type, message }) => ({
      kind: "whole",
      status,
      headers: [["x-amzn-errortype", type]],
      body: JSON.stringify({ message }),
    }),
  };
};

function typeOf(status: number): string {
  if (status === 404) return "ResourceNotFoundException";
  return status >= 500 ? "InternalServerException" : "ValidationException";
}

function converse({ request: { body } }: Call, model: string, streams: boolean, world: World): ApiAnswer {
  const conversation = readConverse(body, model);
  if (isApiError(conversation)) return conversation;
  const speech = speak(conversation, world.mind);
  const identity = [world.seed, body];
  const facts = { usage: speech.usage, model, pace: speech.pace };
  return streams
    ? { kind: "stream", contentType: AWS_EVENT_STREAM, frames: converseEvents(speech, identity), ...facts }
    : json(converseAnswer(speech, identity), facts);
}

function countTokens({ request: { body } }: Call, model: string): ApiAnswer {
  const input = parseObject(body)?.["input"];
  if (!isObject(input) || !isObject(input["converse"]))
    return validation("The mock counts the tokens of input.converse alone.");
  const conversation = readConverse(input["converse"], model);
  return isApiError(conversation) ? conversation : json({ inputTokens: conversation.inputTokens }, { model });
}
