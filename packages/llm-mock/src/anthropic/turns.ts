/** The turns of a conversation, and whether calls and results in them belong together. */
import { type ApiError, isApiError } from "../api-error.ts";
import { isListOf, isObject, type JsonObject } from "../json.ts";
import { type ContentBlock, type ContentRules, readContent } from "./content.ts";
import { extraInput, invalidRequest } from "./errors.ts";

/** One turn of the conversation, its content always a list. */
export interface Turn {
  readonly role: "user" | "assistant" | "system";
  readonly content: readonly ContentBlock[];
}

const ROLES = ["user", "assistant", "system"];

/** Reads `messages`. */
export function readTurns(messages: unknown, rules: ContentRules): readonly Turn[] | ApiError {
  if (!isListOf(messages, isObject)) return invalidRequest("messages: Input should be a valid list");
  if (messages.length === 0) return invalidRequest("messages: at least one message is required");
  const turns: Turn[] = [];
  for (const [index, message] of (messages as JsonObject[]).entries()) {
    const turn = readTurn(message, `messages.${index}`, rules);
    if (isApiError(turn)) return turn;
    if (turn.content.length === 0 && index < messages.length - 1)
      return invalidRequest(
        `messages.${index}: all messages must have non-empty content except for the optional final assistant message`,
      );
    turns.push(turn);
  }
  return wrongPairs(turns) ?? turns;
}

function readTurn(message: JsonObject, where: string, rules: ContentRules): Turn | ApiError {
  const { role } = message;
  if (!ROLES.includes(role as string))
    return invalidRequest(`${where}.role: Input should be 'user', 'assistant' or 'system'`);
  const extra = Object.keys(message).find((key) => key !== "role" && key !== "content");
  if (extra !== undefined && !rules.anyType) return extraInput(`${where}.${extra}`);
  if (message["content"] === undefined) return invalidRequest(`${where}.content: Field required`);
  const content = readContent(message["content"], `${where}.content`, rules);
  return isApiError(content) ? content : { role: role as Turn["role"], content };
}

/** Each call has its result in the next message, and each result its call in the one before. */
function wrongPairs(turns: readonly Turn[]): ApiError | undefined {
  const ids = (turn: Turn | undefined, type: string, field: string): readonly string[] =>
    (turn?.content ?? []).filter((block) => block.type === type).map((block) => String(block[field]));
  for (const [index, turn] of turns.entries()) {
    const called = ids(turns[index - 1], "tool_use", "id");
    const answered = ids(turn, "tool_result", "tool_use_id");
    const open = called.filter((id) => !answered.includes(id));
    if (open.length > 0)
      return invalidRequest(
        `messages.${index - 1}: \`tool_use\` ids without \`tool_result\` blocks in the next message: ${open.join(", ")}`,
      );
    const stray = answered.findIndex((id) => !called.includes(id));
    if (stray >= 0)
      return invalidRequest(
        `messages.${index}.content.${stray}: unexpected \`tool_use_id\` in \`tool_result\` blocks: ${answered[stray]}. ` +
          "Each `tool_result` block must have its `tool_use` block in the previous message.",
      );
  }
  return undefined;
}
