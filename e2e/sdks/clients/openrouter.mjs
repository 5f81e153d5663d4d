import { all, check, checkPieces, echo, mockUrl, rejected, run, same, sdk, weather } from "./cases.mjs";

const { module, version } = await sdk("@openrouter/sdk", "previous-openrouter");
const openrouter = new module.OpenRouter({
  apiKey: "any",
  retryConfig: { strategy: "none" },
  ...(mockUrl && { serverURL: `${mockUrl}/api/v1` }),
});
const model = "anthropic/claude-sonnet-4.5";
const messages = [{ role: "user", content: "hello" }];
const { description, schema: parameters } = weather;
const tools = [{ type: "function", function: { name: weather.tool, description, parameters } }];
const question = [{ role: "user", content: weather.question }];
const send = (chatRequest) => openrouter.chat.send({ chatRequest: { model, ...chatRequest } });

await run("@openrouter/sdk", version, {
  chat: async () => {
    const answer = await send({ messages });
    check(answer.choices[0].message.content.startsWith(echo), JSON.stringify(answer));
    same(answer.choices[0].finishReason, "stop", "finishReason");
    const { promptTokens, completionTokens, totalTokens } = answer.usage;
    check(
      promptTokens > 0 && promptTokens + completionTokens === totalTokens,
      `usage ${JSON.stringify(answer.usage)}`,
    );
  },
  "chat, streamed": async () => {
    const chunks = await all(await send({ messages, stream: true }));
    checkPieces(chunks.flatMap(({ choices }) => choices[0]?.delta.content || []));
    check(chunks.at(-1).usage.completionTokens > 3, "no usage at the end");
  },
  "tool loop": async () => {
    const [{ message, finishReason }] = (await send({ tools, messages: question })).choices;
    same(finishReason, "tool_calls", "finishReason");
    const [call] = message.toolCalls;
    same(JSON.parse(call.function.arguments), { city: weather.city }, "arguments");
    const result = { role: "tool", toolCallId: call.id, content: weather.result };
    const second = await send({ tools, messages: [...question, message, result] });
    same(second.choices[0].message.content, weather.answer, "answer");
  },
  "tool streamed": async () => {
    const chunks = await all(await send({ tools, messages: question, stream: true }));
    const calls = chunks.flatMap(({ choices }) => choices[0]?.delta.toolCalls ?? []);
    const input = calls.map(({ function: called }) => called?.arguments ?? "").join("");
    same([calls[0].function.name, JSON.parse(input)], [weather.tool, { city: weather.city }], "call");
  },
  reasoning: async () => {
    const asked = { messages: [{ role: "user", content: "think about it" }], reasoning: { effort: "low" } };
    const { message } = (await send(asked)).choices[0];
    same([message.reasoning, message.content], ["They want me to think.", "I have thought."], "message");
    const chunks = await all(await send({ ...asked, stream: true }));
    const thought = chunks.flatMap(({ choices }) => choices[0]?.delta.reasoning ?? []);
    same(thought.join(""), "They want me to think.", "streamed");
  },
  "structured output": async () => {
    const jsonSchema = { name: "place", schema: weather.schema, strict: true };
    const answer = await send({ messages, responseFormat: { type: "json_schema", jsonSchema } });
    same(JSON.parse(answer.choices[0].message.content), { city: "hello" }, "JSON");
  },
  models: async () => {
    const { data } = (await openrouter.models.list()).result;
    check(
      data.some(({ id }) => id === model),
      `models ${JSON.stringify(data)}`,
    );
  },
  "no such model": async () => {
    const error = await rejected(send({ model: "nothing", messages }));
    same([error.constructor.name, error.statusCode], ["BadRequestResponseError", 400], "error");
    same(error.error.message, "nothing is not a valid model ID", "message");
  },
});
