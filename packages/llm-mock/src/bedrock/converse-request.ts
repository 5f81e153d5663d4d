/** Reading the body of Converse. Members that the mock does not know pass, as they do at AWS. */

import { isAfterOpus46 } from "../anthropic/model-traits.ts";
import { type ApiError, isApiError } from "../api-error.ts";
import { isListOf, isObject, type JsonObject, objectsIn, parseObject, textOr } from "../json.ts";
import type { Conversation, OfferedTool } from "../model/conversation.ts";
import { lastWordsOf, type Said } from "../model/last-words.ts";
import { countTokens, countValueTokens } from "../model/token-count.ts";
import { constraint, validation } from "./errors.ts";

interface Message {
  readonly role: "user" | "assistant";
  readonly content: readonly JsonObject[];
}

/** @param model - As the path has it. */
export function readConverse(body: Uint8Array | JsonObject, model: string): Conversation | ApiError {
  const fields = body instanceof Uint8Array ? parseObject(body) : body;
  if (!fields) return validation("The request body is not valid JSON, or not an object.");
  const messages = readMessages(fields["messages"]);
  if (isApiError(messages)) return messages;
  const system = fields["system"] ?? [];
  if (!isListOf(system, isObject)) return constraint("system", "Member must be a list of content blocks");
  const config = readConfig(fields["inferenceConfig"], model);
  if (isApiError(config)) return config;
  const tools = readTools(fields["toolConfig"], messages);
  if (isApiError(tools)) return tools;
  const more = isObject(fields["additionalModelRequestFields"]) ? fields["additionalModelRequestFields"] : {};
  const thinking = more["thinking"] ?? more["reasoning_config"];
  const blocks = [...messages.flatMap(({ content }) => content), ...(system as readonly JsonObject[])];
  return {
    model,
    ...lastWordsOf(saidIn(messages)),
    ...tools,
    ...config,
    thinks: isObject(thinking) && (thinking["type"] === "enabled" || thinking["type"] === "adaptive"),
    answerSchema: undefined,
    documents: [],
    inputTokens: blocks.reduce(
      (sum, block) =>
        sum + (typeof block["text"] === "string" ? countTokens(block["text"]) : countValueTokens(block)),
      3 * messages.length + (isObject(fields["toolConfig"]) ? countValueTokens(fields["toolConfig"]) : 0),
    ),
  };
}

const BLOCKS = [
  ...["text", "image", "document", "video", "audio", "toolUse", "toolResult", "guardContent", "cachePoint"],
  ...["reasoningContent", "citationsContent", "searchResult"],
];

function readMessages(value: unknown): readonly Message[] | ApiError {
  if (value === undefined || value === null) return constraint("messages", "Member must not be null");
  if (!isListOf(value, isObject) || value.length === 0)
    return validation("The messages field must be a list with at least one message.");
  const messages: Message[] = [];
  for (const [index, { role, content }] of (value as readonly JsonObject[]).entries()) {
    const at = `messages.${index + 1}.member`;
    if (role !== "user" && role !== "assistant")
      return constraint(`${at}.role`, "Member must satisfy enum value set: [user, assistant]");
    if (!isListOf(content, isObject)) return constraint(`${at}.content`, "Member must not be null");
    if (content.length === 0)
      return validation(
        `The content field in the Message object at messages.${index} is empty. Add a ContentBlock object to the content field and try again.`,
      );
    const wrong = (content as readonly JsonObject[]).findIndex(
      (block) => !BLOCKS.some((name) => block[name] !== undefined),
    );
    if (wrong >= 0)
      return validation(
        `The ContentBlock object at messages.${index}.content.${wrong} must set one of the following keys: ${BLOCKS.join(", ")}.`,
      );
    const blank = (content as readonly JsonObject[]).findIndex(
      ({ text }) => typeof text === "string" && text.trim() === "",
    );
    if (blank >= 0)
      return validation(
        `The text field in the ContentBlock object at messages.${index}.content.${blank} is blank. Add text to the text field, and try again.`,
      );
    messages.push({ role, content: content as readonly JsonObject[] });
  }
  if (messages[0]?.role !== "user")
    return validation(
      "A conversation must start with a user message. Try again with a conversation that starts with a user message.",
    );
  return wrongResults(messages) ?? messages;
}

const idsOf = (message: Message | undefined, field: string): readonly string[] =>
  (message?.content ?? []).flatMap((block) =>
    isObject(block[field]) ? [textOr(block[field]["toolUseId"])] : [],
  );

function wrongResults(messages: readonly Message[]): ApiError | undefined {
  for (const [index, message] of messages.entries()) {
    const called = idsOf(messages[index - 1], "toolUse");
    const answered = idsOf(message, "toolResult");
    const open = called.filter((id) => !answered.includes(id));
    if (open.length > 0)
      return validation(
        `Expected toolResult blocks at messages.${index}.content for the following Ids: ${open.join(", ")}`,
      );
    if (answered.length > called.length)
      return validation(
        `The number of toolResult blocks at messages.${index}.content exceeds the number of toolUse blocks of previous turn.`,
      );
  }
  return undefined;
}

function readConfig(
  value: unknown,
  model: string,
): Pick<Conversation, "maxTokens" | "stopSequences"> | ApiError {
  const config = value ?? {};
  if (!isObject(config)) return constraint("inferenceConfig", "Member must be a structure");
  const { maxTokens, stopSequences = [], temperature, topP } = config;
  if (
    maxTokens !== undefined &&
    (typeof maxTokens !== "number" || !Number.isInteger(maxTokens) || maxTokens < 1)
  )
    return constraint("inferenceConfig.maxTokens", "Member must have value greater than or equal to 1");
  if (!isListOf(stopSequences, (one) => typeof one === "string" && one !== ""))
    return constraint("inferenceConfig.stopSequences", "Member must have length greater than or equal to 1");
  for (const [name, number] of Object.entries({ temperature, topP })) {
    if (number === undefined) continue;
    if (typeof number !== "number" || number < 0 || number > 1)
      return constraint(`inferenceConfig.${name}`, "Member must have value from 0 to 1");
    if (isAfterOpus46(model) && number !== 1)
      return validation(
        `The model returned the following errors: \`${name}\` is not supported by this model`,
      );
  }
  return { maxTokens, stopSequences: stopSequences as readonly string[] };
}

const NAME = /^[a-zA-Z0-9_-]{1,64}$/;

function readTools(
  value: unknown,
  messages: readonly Message[],
): Pick<Conversation, "tools" | "forcedTool" | "mayCall"> | ApiError {
  if (value === undefined || value === null) {
    const uses = messages.some(
      (message) => idsOf(message, "toolUse").length + idsOf(message, "toolResult").length > 0,
    );
    return uses
      ? validation("The toolConfig field must be defined when using toolUse and toolResult content blocks.")
      : { tools: [], forcedTool: undefined, mayCall: true };
  }
  if (!isObject(value) || !isListOf(value["tools"], isObject) || value["tools"].length === 0)
    return constraint("toolConfig.tools", "Member must have length greater than or equal to 1");
  const tools: OfferedTool[] = [];
  for (const [index, { toolSpec: spec }] of (value["tools"] as readonly JsonObject[]).entries()) {
    if (!isObject(spec)) continue;
    const { name, inputSchema } = spec;
    const at = `toolConfig.tools.${index + 1}.member.toolSpec`;
    if (typeof name !== "string" || !NAME.test(name))
      return constraint(`${at}.name`, "Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+");
    const schema = isObject(inputSchema) ? inputSchema["json"] : undefined;
    if (!isObject(schema)) return constraint(`${at}.inputSchema`, "Member must not be null");
    if (schema["type"] !== "object")
      return validation(`The value at ${at}.inputSchema.json.type must be one of the following: object.`);
    tools.push({ name, schema, isServers: false });
  }
  const choice = isObject(value["toolChoice"]) ? value["toolChoice"] : {};
  const named = isObject(choice["tool"]) ? textOr(choice["tool"]["name"]) : undefined;
  const forced = named === undefined ? tools[0] : tools.find(({ name }) => name === named);
  if (named !== undefined && !forced)
    return validation("The tool in toolChoice is not one of the tools in toolConfig.");
  const isForced = named !== undefined || choice["any"] !== undefined;
  return { tools, forcedTool: isForced ? forced : undefined, mayCall: true };
}

function saidIn(messages: readonly Message[]): readonly Said[] {
  const names = new Map(
    messages.flatMap(({ content }) =>
      content.flatMap(({ toolUse: use }) =>
        isObject(use) ? [[textOr(use["toolUseId"]), textOr(use["name"])] as const] : [],
      ),
    ),
  );
  return messages.flatMap(({ role, content }): Said[] => {
    const text = content.map((block) => textOr(block["text"])).join("");
    if (role === "assistant") return [{ who: "model", text }];
    const results = content.flatMap(({ toolResult: result }): Said[] => {
      if (!isObject(result)) return [];
      const said = objectsIn(result["content"]).map(
        (part) => textOr(part["text"]) || (part["json"] === undefined ? "" : JSON.stringify(part["json"])),
      );
      return [{ who: "tool", text: said.join(""), tool: names.get(textOr(result["toolUseId"])) }];
    });
    return text === "" && results.length > 0 ? results : [...results, { who: "user", text }];
  });
}
