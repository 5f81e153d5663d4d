/** The tools of a request, and which of them has to be called. */
import { type ApiError, isApiError } from "../api-error.ts";
import { isListOf, isObject, type JsonObject } from "../json.ts";
import type { OfferedTool } from "../model/conversation.ts";
import { invalidRequest } from "./errors.ts";

const NAME = /^[a-zA-Z0-9_-]{1,128}$/;
/** Tools that run at the provider; others of the provider's own making, as `bash_20250124`, run at the client. */
const SERVER_TYPE = /^(?:web_search|web_fetch|code_execution|tool_search)/;

/** What a request says of tools. */
export interface ToolRules {
  readonly tools: readonly OfferedTool[];
  readonly forcedTool: OfferedTool | undefined;
  readonly mayCall: boolean;
}

/** Reads `tools` and `tool_choice`. */
export function readTools(fields: JsonObject): ToolRules | ApiError {
  const { tools = [], tool_choice: choice } = fields;
  if (!isListOf(tools, isObject)) return invalidRequest("tools: Input should be a valid list");
  const offered: OfferedTool[] = [];
  for (const [index, tool] of (tools as JsonObject[]).entries()) {
    const read = readTool(tool, `tools.${index}`);
    if (isApiError(read)) return read;
    if (offered.some(({ name }) => name === read.name))
      return invalidRequest("tools: Tool names must be unique.");
    offered.push(read);
  }
  return readChoice(choice, offered);
}

function readTool(tool: JsonObject, at: string): OfferedTool | ApiError {
  const { type, name, input_schema: schema } = tool;
  if (type !== undefined && type !== null && type !== "custom") {
    if (typeof type !== "string") return invalidRequest(`${at}.type: Input should be a valid string`);
    // Toolsets have no name, and betas have types that the mock does not know.
    const known = typeof name === "string" ? name : type;
    return { name: known, schema: schema ?? {}, isServers: SERVER_TYPE.test(type) };
  }
  const where = `${at}.custom`;
  if (name === undefined) return invalidRequest(`${where}.name: Field required`);
  if (typeof name !== "string" || !NAME.test(name))
    return invalidRequest(`${where}.name: String should match pattern '${NAME.source}'`);
  if (schema === undefined) return invalidRequest(`${where}.input_schema: Field required`);
  if (!isObject(schema)) return invalidRequest(`${where}.input_schema: Input should be a valid dictionary`);
  if (schema["type"] === undefined) return invalidRequest(`${where}.input_schema.type: Field required`);
  if (schema["type"] !== "object")
    return invalidRequest(`${where}.input_schema.type: Input should be 'object'`);
  const { properties, required } = schema;
  if (properties !== undefined && properties !== null && !isObject(properties))
    return invalidRequest(`${where}.input_schema.properties: Input should be a valid dictionary`);
  if (required !== undefined && !isListOf(required, (item) => typeof item === "string"))
    return invalidRequest(`${where}.input_schema.required: Input should be a valid list of strings`);
  return { name, schema, isServers: false };
}

function readChoice(choice: unknown, tools: readonly OfferedTool[]): ToolRules | ApiError {
  const free = { tools, forcedTool: undefined, mayCall: true };
  if (choice === undefined || choice === null) return free;
  if (!isObject(choice)) return invalidRequest("tool_choice: Input should be a valid dictionary");
  switch (choice["type"]) {
    case "auto":
      return free;
    case "none":
      return { ...free, mayCall: false };
    case "any":
      return tools[0]
        ? { ...free, forcedTool: tools[0] }
        : invalidRequest("tool_choice: tool_choice may only be specified while providing tools");
    case "tool": {
      const tool = tools.find(({ name }) => name === choice["name"]);
      return tool
        ? { ...free, forcedTool: tool }
        : invalidRequest(`Tool '${String(choice["name"]).slice(0, 128)}' not found in provided tools`);
    }
    default:
      return invalidRequest("tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'");
  }
}
