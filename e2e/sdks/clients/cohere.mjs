import { all, check, checkPieces, echo, mockUrl, rejected, run, same, sdk, weather } from "./cases.mjs";

const { module, version } = await sdk("cohere-ai", "previous-cohere");
const { CohereClientV2, CohereError, Cohere } = module.default ?? module;
const cohere = new CohereClientV2({ token: "any", ...(mockUrl && { environment: mockUrl }) });
const once = { maxRetries: 0 };
const model = "command-a-03-2025";
const hello = { model, messages: [{ role: "user", content: "hello" }] };
const { description, schema: parameters } = weather;
const tools = [{ type: "function", function: { name: weather.tool, description, parameters } }];
const ask = { model, tools, messages: [{ role: "user", content: weather.question }] };
const think = {
  model: "command-a-reasoning-08-2025",
  messages: [{ role: "user", content: "think about it" }],
};

await run("cohere-ai", version, {
  chat: async () => {
    const answer = await cohere.chat(hello, once);
    check(answer.message.content[0].text.startsWith(echo), JSON.stringify(answer));
    same(answer.finishReason, "COMPLETE", "finishReason");
    const { inputTokens, outputTokens } = answer.usage.tokens;
    check(inputTokens > 0 && outputTokens > 3, `usage ${JSON.stringify(answer.usage)}`);
  },
  "chat, streamed": async () => {
    const events = await all(await cohere.chatStream(hello, once));
    checkPieces(
      events.flatMap(({ type, delta }) => (type === "content-delta" ? delta.message.content.text : [])),
    );
    const { type, delta } = events.at(-1);
    same([type, delta.finishReason], ["message-end", "COMPLETE"], "last event");
    check(delta.usage.tokens.outputTokens > 3, "no usage at the end");
  },
  "tool loop": async () => {
    const { message, finishReason } = await cohere.chat(ask, once);
    same([finishReason, message.toolPlan], ["TOOL_CALL", "Let me look."], "end and plan");
    const [call] = message.toolCalls;
    same(JSON.parse(call.function.arguments), { city: weather.city }, "arguments");
    const result = { role: "tool", toolCallId: call.id, content: weather.result };
    const second = await cohere.chat({ ...ask, messages: [...ask.messages, message, result] }, once);
    same(second.message.content[0].text, weather.answer, "answer");
  },
  "tool loop, a result in documents": async () => {
    const { message } = await cohere.chat(ask, once);
    const content = [{ type: "document", document: { data: { weather: weather.result } } }];
    const result = { role: "tool", toolCallId: message.toolCalls[0].id, content };
    const second = await cohere.chat({ ...ask, messages: [...ask.messages, message, result] }, once);
    check(second.message.content[0].text.includes(weather.result), JSON.stringify(second.message));
  },
  "tool streamed": async () => {
    const events = await all(await cohere.chatStream(ask, once));
    const of = (wanted) => events.filter(({ type }) => type === wanted).map(({ delta }) => delta.message);
    same(
      of("tool-plan-delta")
        .map(({ toolPlan }) => toolPlan)
        .join(""),
      "Let me look.",
      "plan",
    );
    const [{ toolCalls: opened }] = of("tool-call-start");
    const input = of("tool-call-delta").map(({ toolCalls }) => toolCalls.function.arguments);
    same([opened.function.name, JSON.parse(input.join(""))], [weather.tool, { city: weather.city }], "call");
  },
  thinking: async () => {
    const { message } = await cohere.chat({ ...think, thinking: { type: "enabled" } }, once);
    same(
      message.content.map(({ type, text, thinking }) => [type, text ?? thinking]),
      [
        ["thinking", "They want me to think."],
        ["text", "I have thought."],
      ],
      "content",
    );
  },
  "thinking, streamed": async () => {
    const deltas = (await all(await cohere.chatStream(think, once))).filter(
      ({ type }) => type === "content-delta",
    );
    const thought = deltas.flatMap(({ delta }) => delta.message.content.thinking ?? []);
    same(thought.join(""), "They want me to think.", "what was thought");
  },
  "structured output": async () => {
    const responseFormat = { type: "json_object", jsonSchema: weather.schema };
    const answer = await cohere.chat({ ...hello, responseFormat }, once);
    same(JSON.parse(answer.message.content[0].text), { city: "hello" }, "JSON");
  },
  models: async () => {
    const { models } = await cohere.models.list({}, once);
    check(
      models.some(({ name }) => name === model),
      `models ${JSON.stringify(models)}`,
    );
  },
  "bad request": async () => {
    const error = await rejected(cohere.chat({ ...hello, k: 501 }, once));
    check(error instanceof Cohere.BadRequestError && error instanceof CohereError, error.constructor.name);
    check(/k must be between/.test(error.body.message), JSON.stringify(error.body));
  },
  "no such model": async () => {
    const error = await rejected(cohere.chat({ ...hello, model: "nothing" }, once));
    check(error instanceof Cohere.NotFoundError, error.constructor.name);
  },
});
