/** Ollama: chat, generate, embeddings, models. Every name is one of a model that was pulled; there are no keys. */

import { type ApiAnswer, type Call, type Frame, frame, json } from "../api.ts";
import { type ApiError, apiError, isApiError } from "../api-error.ts";
import { derivedHex, derivedLetters, derivedVector, type IdPart } from "../ids.ts";
import { parseObject, textOr } from "../json.ts";
import { ANSWER_SECONDS } from "../model/answer-moment.ts";
import { speak, tokensOfPart } from "../model/speak.ts";
import type { Part, Speech } from "../model/speech.ts";
import { countTokens, tokensOf } from "../model/token-count.ts";
import type { MockProvider, ProviderMaker, World } from "../provider.ts";
import { badRequest, type OllamaRequest, readChat, readEmbed, readGenerate } from "./request.ts";

const NDJSON = "application/x-ndjson";
const MOMENT = new Date(ANSWER_SECONDS * 1000).toISOString();
/** Times that answers give, in nanoseconds: there is nothing to measure. */
const NS_A_TOKEN = 10_000_000;

/** Ollama. */
export const ollama: ProviderMaker = (world): MockProvider => ({
  name: "ollama",
  claims: (_, path) => /^\/api\/(?:chat|generate|embed|embeddings|tags|ps|show|version)$/.test(path),
  requestId: (count) => derivedHex(16, "ollama", world.seed, count),
  headers: () => [],
  routes: [
    { path: /^\/api\/chat$/, methods: { POST: (call) => answer(call, readChat, chatPiece, world) } },
    {
      path: /^\/api\/generate$/,
      methods: { POST: (call) => answer(call, readGenerate, generatePiece, world) },
    },
    { path: /^\/api\/embed$/, methods: { POST: (call) => embed(call, world, true) } },
    { path: /^\/api\/embeddings$/, methods: { POST: (call) => embed(call, world, false) } },
    {
      path: /^\/api\/tags$/,
      methods: { GET: () => json({ models: [entry("llama3.2:latest"), entry("nomic-embed-text:latest")] }) },
    },
    { path: /^\/api\/ps$/, methods: { GET: () => json({ models: [] }) } },
    { path: /^\/api\/show$/, methods: { POST: show } },
    { path: /^\/api\/version$/, methods: { GET: () => json({ version: "0.12.0" }) } },
  ],
  failure: (status, message) => apiError(status, "", message),
  errorAnswer: ({ status, message }) => ({
    kind: "whole",
    status,
    contentType: "application/json; charset=utf-8",
    body: JSON.stringify({ error: message }),
  }),
});

const details = {
  parent_model: "",
  format: "gguf",
  family: "llama",
  families: ["llama"],
  parameter_size: "3.2B",
  quantization_level: "Q4_K_M",
};

const entry = (name: string): object => ({
  name,
  model: name,
  modified_at: MOMENT,
  size: 2_019_393_189,
  digest: derivedHex(64, "digest", name),
  details,
});

function show({ request }: Call): ApiAnswer {
  const fields = parseObject(request.body);
  const name = textOr(fields?.["model"] ?? fields?.["name"]);
  if (name === "") return badRequest("model is required");
  return json({
    modelfile: "",
    parameters: "",
    template: "{{ .Prompt }}",
    details,
    model_info: { "general.architecture": "llama" },
    capabilities: ["completion", "tools", "thinking"],
    modified_at: MOMENT,
  });
}

/** What one line of an answer says, in the fields of chat or of generate. */
type PieceOf = (piece: {
  readonly thinking?: string;
  readonly text?: string;
  readonly calls?: readonly object[];
}) => object;

const chatPiece: PieceOf = ({ thinking, text = "", calls }) => ({
  message: {
    role: "assistant",
    content: text,
    ...(thinking && { thinking }),
    ...(calls && { tool_calls: calls }),
  },
});

const generatePiece: PieceOf = ({ thinking, text = "" }) => ({
  response: text,
  ...(thinking && { thinking }),
});

function answer(
  { request: { body } }: Call,
  read: (body: Uint8Array) => OllamaRequest | ApiError,
  pieceOf: PieceOf,
  { seed, mind }: World,
): ApiAnswer {
  const request = read(body);
  if (isApiError(request)) return request;
  const { model } = request.conversation;
  const head = { model, created_at: MOMENT };
  if (request.onlyLoads) return json({ ...head, ...pieceOf({}), done: true, done_reason: "load" }, { model });
  const speech = speak(request.conversation, mind);
  const facts = { usage: speech.usage, model, pace: speech.pace };
  const identity = [seed, body];
  if (!request.stream) {
    const texts = (kind: "think" | "text"): string =>
      speech.parts.map((part) => (part.kind === kind ? part.text : "")).join("");
    const calls = speech.parts.flatMap((part, index) => callOf(part, [...identity, index]));
    const piece = pieceOf({
      thinking: texts("think"),
      text: texts("text"),
      ...(calls.length > 0 && { calls }),
    });
    return json({ ...head, ...piece, ...endOf(speech) }, facts);
  }
  const line = (fields: object, tokens = 0): Frame =>
    frame(`${JSON.stringify({ ...head, ...fields })}\n`, tokens);
  const frames = speech.parts.flatMap((part, index): Frame[] => {
    if (part.kind === "think")
      return tokensOf(part.text).map((thinking) => line({ ...pieceOf({ thinking }), done: false }, 1));
    if (part.kind === "text")
      return tokensOf(part.text).map((text) => line({ ...pieceOf({ text }), done: false }, 1));
    const calls = callOf(part, [...identity, index]);
    return calls.length > 0 ? [line({ ...pieceOf({ calls }), done: false }, tokensOfPart(part))] : [];
  });
  return {
    kind: "stream",
    contentType: NDJSON,
    frames: [...frames, line({ ...pieceOf({}), ...endOf(speech) })],
    ...facts,
  };
}

const callOf = (part: Part, identity: readonly IdPart[]): readonly object[] =>
  part.kind === "call"
    ? [
        {
          id: `call_${derivedLetters(8, "call", ...identity).toLowerCase()}`,
          function: { index: 0, name: part.name, arguments: part.input },
        },
      ]
    : [];

function endOf({ stop, usage: { inputTokens, outputTokens } }: Speech): object {
  return {
    done: true,
    done_reason: stop === "length" || stop === "context" ? "length" : "stop",
    total_duration: (inputTokens + outputTokens) * NS_A_TOKEN,
    load_duration: 0,
    prompt_eval_count: inputTokens,
    prompt_eval_duration: inputTokens * NS_A_TOKEN,
    eval_count: outputTokens,
    eval_duration: outputTokens * NS_A_TOKEN,
  };
}

/** @param isNew - `/api/embed`, which takes several texts; `/api/embeddings` takes one. */
function embed({ request }: Call, { seed }: World, isNew: boolean): ApiAnswer {
  const asked = readEmbed(request.body);
  if (isApiError(asked)) return asked;
  const { model, texts, dimensions } = asked;
  const vectors = texts.map((text) => derivedVector(dimensions, "embedding", seed, model, text));
  const tokens = texts.reduce((sum, text) => sum + countTokens(text), 0);
  const facts = { model, usage: { inputTokens: tokens, outputTokens: 0 } };
  if (!isNew) return json({ embedding: vectors[0] ?? [] }, facts);
  const durations = { total_duration: tokens * NS_A_TOKEN, load_duration: 0 };
  return json({ model, embeddings: vectors, ...durations, prompt_eval_count: tokens }, facts);
}
