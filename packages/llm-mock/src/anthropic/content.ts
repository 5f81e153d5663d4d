/** The content of messages: a text, or a list of blocks, checked as the API does. */
import { type ApiError, isApiError } from "../api-error.ts";
import { isObject, type JsonObject } from "../json.ts";
import { invalidRequest } from "./errors.ts";

/** A part of a message. The mock looks into text, documents and tools; others it counts. */
export interface ContentBlock extends JsonObject {
  readonly type: string;
}

const TYPES = [
  "text",
  "image",
  "document",
  "search_result",
  "thinking",
  "redacted_thinking",
  "tool_use",
  "tool_result",
  "server_tool_use",
  "web_search_tool_result",
  "web_fetch_tool_result",
  "code_execution_tool_result",
  "bash_code_execution_tool_result",
  "text_editor_code_execution_tool_result",
  "tool_search_tool_result",
  "tool_reference",
  "container_upload",
];

const SOURCES: Readonly<Record<string, readonly string[]>> = {
  image: ["base64", "url", "file"],
  document: ["base64", "text", "content", "url", "file"],
};

const IMAGE_TYPES = ["image/jpeg", "image/png", "image/gif", "image/webp"];

/** The field that a source of each type holds its content in. */
const SOURCE_FIELDS: Readonly<Record<string, string>> = {
  base64: "data",
  text: "data",
  content: "content",
  url: "url",
  file: "file_id",
};

/** How strictly content is read. */
export interface ContentRules {
  /** Blocks of types that are not known pass: a beta may have them. */
  readonly anyType: boolean;
  /** In a tool's result, which holds no result of its own: no deeper than that, whatever a client sends. */
  readonly isResult?: boolean;
}

/** Reads a text, or a list of blocks. */
export function readContent(
  content: unknown,
  where: string,
  rules: ContentRules,
): readonly ContentBlock[] | ApiError {
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", text: content }];
  if (!Array.isArray(content)) return invalidRequest(`${where}: Input should be a valid string or list`);
  for (const [index, block] of content.entries()) {
    const wrong = wrongBlock(block, `${where}.${index}`, rules);
    if (wrong) return wrong;
  }
  return content as ContentBlock[];
}

function wrongBlock(block: unknown, where: string, rules: ContentRules): ApiError | undefined {
  if (!isObject(block) || typeof block["type"] !== "string")
    return invalidRequest(`${where}.type: Field required`);
  const { type } = block;
  if (!TYPES.includes(type as string) && !rules.anyType)
    return invalidRequest(
      `${where}: Input tag '${String(type).slice(0, 60)}' found using 'type' does not match any of the expected tags: ` +
        TYPES.map((name) => `'${name}'`).join(", "),
    );
  switch (type) {
    case "text":
      return wrongText(block, where);
    case "image":
    case "document":
      return wrongSource(block, where, type, rules);
    case "tool_use":
      return wrongToolUse(block, where);
    case "tool_result":
      return wrongToolResult(block, where, rules);
    default:
      return undefined;
  }
}

function wrongText({ text }: JsonObject, where: string): ApiError | undefined {
  if (typeof text !== "string") return invalidRequest(`${where}.text: Field required`);
  return text === "" ? invalidRequest(`${where}.text: text content blocks must be non-empty`) : undefined;
}

function wrongSource(
  { source }: JsonObject,
  where: string,
  type: "image" | "document",
  { anyType }: ContentRules,
): ApiError | undefined {
  const at = `${where}.${type}.source`;
  if (!isObject(source)) return invalidRequest(`${at}: Field required`);
  const kind = source["type"];
  if (typeof kind !== "string" || !SOURCES[type]!.includes(kind))
    return anyType && typeof kind === "string"
      ? undefined
      : invalidRequest(`${at}.type: Input should be ${SOURCES[type]!.map((name) => `'${name}'`).join(", ")}`);
  const field = SOURCE_FIELDS[kind]!;
  if (source[field] === undefined) return invalidRequest(`${at}.${kind}.${field}: Field required`);
  if (kind !== "base64") return undefined;
  const allowed = type === "image" ? IMAGE_TYPES : ["application/pdf"];
  if (!allowed.includes(source["media_type"] as string))
    return invalidRequest(
      `${at}.base64.media_type: Input should be ${allowed.map((name) => `'${name}'`).join(", ")}`,
    );
  if (typeof source["data"] !== "string" || !/^[A-Za-z0-9+/]+={0,2}$/.test(source["data"]))
    return invalidRequest(`${at}.base64.data: Input should be valid base64`);
  return undefined;
}

function wrongToolUse({ id, name, input }: JsonObject, where: string): ApiError | undefined {
  for (const [field, value] of Object.entries({ id, name }))
    if (typeof value !== "string") return invalidRequest(`${where}.tool_use.${field}: Field required`);
  return isObject(input)
    ? undefined
    : invalidRequest(`${where}.tool_use.input: Input should be a valid dictionary`);
}

function wrongToolResult(block: JsonObject, where: string, rules: ContentRules): ApiError | undefined {
  if (rules.isResult) return invalidRequest(`${where}: a tool_result holds no tool_result`);
  if (typeof block["tool_use_id"] !== "string")
    return invalidRequest(`${where}.tool_result.tool_use_id: Field required`);
  if (block["content"] === undefined || block["content"] === null) return undefined;
  const result = readContent(block["content"], `${where}.tool_result.content`, { ...rules, isResult: true });
  return isApiError(result) ? result : undefined;
}

/** The text of a list of blocks: that of its text blocks, one after the other. */
export const textOf = (content: readonly JsonObject[]): string =>
  content
    .map((block) => (block["type"] === "text" && typeof block["text"] === "string" ? block["text"] : ""))
    .join("");
