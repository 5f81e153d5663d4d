/** One question to the Messages API and its answer, whichever platform carries it. */

import { type ApiAnswer, EVENT_STREAM, json } from "../api.ts";
import { type ApiError, isApiError } from "../api-error.ts";
import { speak } from "../model/speak.ts";
import type { Speech } from "../model/speech.ts";
import type { World } from "../provider.ts";
import { type Message, messageOf } from "./message.ts";
import { eventsOf } from "./message-events.ts";
import { type MessagesRules, readMessagesRequest } from "./messages-request.ts";

/** A message with what led to it. */
export interface Answered {
  readonly message: Message;
  readonly speech: Speech;
  readonly model: string;
  readonly stream: boolean;
}

/** Reads a body, and lets the model speak. The ids follow from the seed and the body's bytes. */
export function messageFor(
  body: Uint8Array,
  rules: MessagesRules,
  { seed, mind }: World,
): Answered | ApiError {
  const request = readMessagesRequest(body, rules);
  if (isApiError(request)) return request;
  const { conversation, stream, hidesThinking } = request;
  const { model } = conversation;
  const speech = speak(conversation, mind);
  return { message: messageOf(speech, model, hidesThinking, [seed, body]), speech, model, stream };
}

/** The answer to `POST /v1/messages`. */
export function answerMessages(body: Uint8Array, rules: MessagesRules, world: World): ApiAnswer {
  const answered = messageFor(body, rules, world);
  if (isApiError(answered)) return answered;
  const { message, speech, model, stream } = answered;
  const facts = { usage: speech.usage, model, pace: speech.pace };
  return stream
    ? { kind: "stream", contentType: EVENT_STREAM, frames: eventsOf(message), ...facts }
    : json(message, facts);
}

/** The answer to `POST /v1/messages/count_tokens`. */
export function answerCount(body: Uint8Array, rules: MessagesRules): ApiAnswer {
  const request = readMessagesRequest(body, { ...rules, asksForAnswer: false });
  if (isApiError(request)) return request;
  const { inputTokens, model } = request.conversation;
  return json({ input_tokens: inputTokens }, { model });
}
