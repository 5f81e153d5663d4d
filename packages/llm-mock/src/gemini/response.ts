/** A model's words as `GenerateContentResponse`, whole and in pieces. */
import { derivedBase64, derivedLetters, type IdPart } from "../ids.ts";
import type { Part, Speech, Stop } from "../model/speech.ts";
import { tokensOf } from "../model/token-count.ts";
import type { GeminiRequest } from "./request.ts";

const FINISH: Readonly<Record<Stop, string>> = {
  end: "STOP",
  length: "MAX_TOKENS",
  "stop-sequence": "STOP",
  tool: "STOP",
  refusal: "SAFETY",
  pause: "STOP",
  context: "MAX_TOKENS",
};

/** How many tokens come in one piece of a stream. */
const TOKENS_A_PIECE = 4;

/** A piece of a stream. */
export interface Piece {
  readonly response: object;
  readonly tokens: number;
}

/** An answer in one piece. */
export function responseOf(request: GeminiRequest, speech: Speech, identity: readonly IdPart[]): object {
  const parts = speech.parts.flatMap((part, index) =>
    partsOf(part, request, [...identity, index]).map(({ part: own }) => own),
  );
  return message(request, speech, identity, parts, FINISH[speech.stop]);
}

/** An answer in pieces; the last one has the reason of the end. */
export function piecesOf(
  request: GeminiRequest,
  speech: Speech,
  identity: readonly IdPart[],
): readonly Piece[] {
  const pieces = speech.parts.flatMap((part, index) => {
    const own = partsOf(part, request, [...identity, index]);
    return own.flatMap(({ part: whole, text, tokens }) =>
      text === undefined ? [{ part: whole, tokens }] : cutText(whole, text),
    );
  });
  const last = pieces.length - 1;
  if (last < 0) return [{ response: message(request, speech, identity, [], FINISH[speech.stop]), tokens: 0 }];
  return pieces.map(({ part, tokens }, index) => ({
    response: message(request, speech, identity, [part], index === last ? FINISH[speech.stop] : undefined),
    tokens,
  }));
}

interface OwnPart {
  readonly part: object;
  /** The text that may be cut; calls come whole. */
  readonly text?: string;
  readonly tokens: number;
}

function partsOf(
  part: Part,
  { includesThoughts }: GeminiRequest,
  identity: readonly IdPart[],
): readonly OwnPart[] {
  switch (part.kind) {
    case "think":
      return includesThoughts
        ? [{ part: { text: part.text, thought: true }, text: part.text, tokens: 0 }]
        : [];
    case "text":
      return [{ part: { text: part.text }, text: part.text, tokens: 0 }];
    case "call": {
      const { name, input } = part;
      const signature = derivedBase64("signature", ...identity);
      const id = derivedLetters(8, "call", ...identity);
      return [
        {
          part: { functionCall: { id, name, args: input }, thoughtSignature: signature },
          tokens: tokensOf(JSON.stringify(input)).length,
        },
      ];
    }
    case "server-call":
      return [];
    default:
      return part satisfies never;
  }
}

function cutText(whole: object, text: string): readonly { readonly part: object; readonly tokens: number }[] {
  const tokens = tokensOf(text);
  const pieces: { part: object; tokens: number }[] = [];
  for (let at = 0; at < tokens.length; at += TOKENS_A_PIECE) {
    const some = tokens.slice(at, at + TOKENS_A_PIECE);
    pieces.push({ part: { ...whole, text: some.join("") }, tokens: some.length });
  }
  return pieces;
}

function message(
  { conversation }: GeminiRequest,
  { usage }: Speech,
  identity: readonly IdPart[],
  parts: readonly object[],
  finishReason: string | undefined,
): object {
  const { inputTokens, outputTokens, thinkingTokens } = usage;
  return {
    candidates: [{ content: { parts, role: "model" }, ...(finishReason && { finishReason }), index: 0 }],
    usageMetadata: {
      promptTokenCount: inputTokens,
      candidatesTokenCount: outputTokens - thinkingTokens,
      totalTokenCount: inputTokens + outputTokens,
      promptTokensDetails: [{ modality: "TEXT", tokenCount: inputTokens }],
      ...(thinkingTokens > 0 && { thoughtsTokenCount: thinkingTokens }),
    },
    modelVersion: conversation.model,
    responseId: derivedLetters(22, "response", ...identity),
  };
}
