/** What OpenAI's paths do, for its own host and for Azure's. */

import { type ApiAnswer, type Call, EVENT_STREAM, type Frame, json } from "../api.ts";
import { type ApiError, apiError, isApiError } from "../api-error.ts";
import type { IdPart } from "../ids.ts";
import type { JsonObject } from "../json.ts";
import { speak } from "../model/speak.ts";
import type { Speech } from "../model/speech.ts";
import type { World } from "../provider.ts";
import { Store } from "../store.ts";
import { type ChatStyle, chunksOf, completionOf, openaiStyle } from "./chat.ts";
import { type ChatDialect, type ChatRequest, openaiDialect, readChatRequest } from "./chat-request.ts";
import { answerEmbeddings } from "./embeddings.ts";
import type { ModelTest } from "./fields.ts";
import { type FileHandlers, fileHandlers } from "./files.ts";
import { type ResponseObject, responseOf } from "./responses.ts";
import { responseEvents } from "./responses-events.ts";
import { readResponsesRequest } from "./responses-request.ts";

/** One mock's API. */
export interface OpenaiHandlers {
  /** @param model - The model, where it stands in the path. */
  readonly chat: (call: Call, model?: string) => ApiAnswer;
  readonly embeddings: (call: Call, model?: string) => ApiAnswer;
  readonly respond: (call: Call) => ApiAnswer;
  readonly response: (id: string) => ApiAnswer;
  readonly removeResponse: (id: string) => ApiAnswer;
  readonly inputItems: (id: string) => ApiAnswer;
  readonly files: FileHandlers;
}

interface StoredResponse {
  readonly response: ResponseObject;
  /** What was asked, and what it was asked behind. */
  readonly items: readonly JsonObject[];
}

/** How an API of chats writes an answer. */
export interface ChatWriter {
  readonly whole: (request: ChatRequest, speech: Speech, identity: readonly IdPart[]) => object;
  readonly chunks: (request: ChatRequest, speech: Speech, identity: readonly IdPart[]) => readonly Frame[];
}

/** What answers a chat, whole or as a stream. */
export function answerChat(
  body: Uint8Array,
  request: ChatRequest | ApiError,
  { seed, mind }: World,
  writer: ChatWriter,
): ApiAnswer {
  if (isApiError(request)) return request;
  const speech = speak(request.conversation, mind);
  const facts = {
    usage: { ...speech.usage, outputTokens: speech.usage.outputTokens * request.choices },
    model: request.conversation.model,
    pace: speech.pace,
  };
  const identity = [seed, body];
  return request.stream
    ? {
        kind: "stream",
        contentType: EVENT_STREAM,
        frames: writer.chunks(request, speech, identity),
        ...facts,
      }
    : json(writer.whole(request, speech, identity), facts);
}

/** OpenAI's chat, in what an API makes of it. */
export function openaiChat(
  world: World,
  dialect: ChatDialect,
  style: ChatStyle,
  change: (request: ChatRequest) => ChatRequest = (request) => request,
): OpenaiHandlers["chat"] {
  const writer: ChatWriter = {
    whole: (...said) => completionOf(...said, style),
    chunks: (...said) => chunksOf(...said, style),
  };
  return ({ request: { body } }, model) => {
    const request = readChatRequest(body, dialect, model);
    return answerChat(body, isApiError(request) ? request : change(request), world, writer);
  };
}

/** @param isModel - Which names are taken for models. */
export function openaiHandlers(world: World, isModel: ModelTest): OpenaiHandlers {
  const { seed, mind, limits } = world;
  const responses = new Store<StoredResponse>(limits);
  const one = (id: string, then: (stored: StoredResponse) => ApiAnswer): ApiAnswer => {
    const stored = responses.get(id);
    if (stored) return then(stored);
    const message = `Response with id '${id.slice(0, 100)}' not found.`;
    return apiError(404, "invalid_request_error", message, { param: null, code: null });
  };
  const itemsBehind = (id: string): readonly JsonObject[] | undefined => {
    const stored = responses.get(id);
    return (
      stored && [...stored.items, ...(stored.response.output as readonly object[] as readonly JsonObject[])]
    );
  };
  return {
    chat: openaiChat(world, openaiDialect(isModel), openaiStyle),
    embeddings: ({ request }, model) => answerEmbeddings(request.body, isModel, seed, model),
    respond: ({ request: { body } }) => {
      const request = readResponsesRequest(body, isModel, itemsBehind);
      if (isApiError(request)) return request;
      const speech = speak(request.conversation, mind);
      const response = responseOf(request, speech, [seed, body]);
      if (request.stores) responses.put(response.id, { response, items: request.items }, body.length);
      const facts = { usage: speech.usage, model: request.conversation.model, pace: speech.pace };
      return request.stream
        ? { kind: "stream", contentType: EVENT_STREAM, frames: responseEvents(response), ...facts }
        : json(response, facts);
    },
    response: (id) => one(id, ({ response }) => json(response)),
    removeResponse: (id) =>
      one(id, () => {
        responses.delete(id);
        return json({ id, object: "response", deleted: true });
      }),
    inputItems: (id) =>
      one(id, ({ items }) => json({ object: "list", data: [...items].reverse(), has_more: false })),
    files: fileHandlers(world),
  };
}
