import { all, check, checkPieces, echo, mockUrl, rejected, run, same, sdk, weather } from "./cases.mjs";

const { module, version } = await sdk("@mistralai/mistralai", "previous-mistral");
// By itself it does not ask again.
const mistral = new module.Mistral({ apiKey: "any", ...(mockUrl && { serverURL: mockUrl }) });
const model = "mistral-large-latest";
const hello = { model, messages: [{ role: "user", content: "hello" }] };
const { description, schema: parameters } = weather;
const tools = [{ type: "function", function: { name: weather.tool, description, parameters } }];
const ask = { model, tools, messages: [{ role: "user", content: weather.question }] };
const argumentsOf = ({ function: { arguments: input } }) =>
  typeof input === "string" ? JSON.parse(input) : input;
const deltasIn = (events) => events.flatMap(({ data }) => data.choices[0]?.delta ?? []);

await run("@mistralai/mistralai", version, {
  chat: async () => {
    const answer = await mistral.chat.complete(hello);
    check(answer.choices[0].message.content.startsWith(echo), JSON.stringify(answer));
    same(answer.choices[0].finishReason, "stop", "finishReason");
    const { promptTokens, completionTokens, totalTokens } = answer.usage;
    check(
      promptTokens > 0 && promptTokens + completionTokens === totalTokens,
      `usage ${JSON.stringify(answer.usage)}`,
    );
  },
  "chat, streamed": async () => {
    const events = await all(await mistral.chat.stream(hello));
    checkPieces(deltasIn(events).flatMap(({ content }) => content || []));
    const { data } = events.at(-1);
    same(data.choices[0].finishReason, "stop", "finishReason");
    check(data.usage.completionTokens > 3, "no usage at the end");
  },
  "chat, tool loop": async () => {
    const [{ message, finishReason }] = (await mistral.chat.complete(ask)).choices;
    same(finishReason, "tool_calls", "finishReason");
    const [call] = message.toolCalls;
    same(argumentsOf(call), { city: weather.city }, "arguments");
    const result = { role: "tool", name: weather.tool, toolCallId: call.id, content: weather.result };
    const second = await mistral.chat.complete({ ...ask, messages: [...ask.messages, message, result] });
    same(second.choices[0].message.content, weather.answer, "answer");
  },
  "chat, tool streamed": async () => {
    const [call] = deltasIn(await all(await mistral.chat.stream(ask))).flatMap(
      ({ toolCalls }) => toolCalls ?? [],
    );
    same([call.function.name, argumentsOf(call)], [weather.tool, { city: weather.city }], "call");
  },
  reasoning: async () => {
    const messages = [{ role: "user", content: "think about it" }];
    const answer = await mistral.chat.complete({ model: "magistral-medium-latest", messages });
    const { content } = answer.choices[0].message;
    same(
      content.map(({ type, text, thinking }) => [type, text ?? thinking[0].text]),
      [
        ["thinking", "They want me to think."],
        ["text", "I have thought."],
      ],
      "content",
    );
  },
  "reasoning, streamed": async () => {
    const messages = [{ role: "user", content: "think about it" }];
    const events = await all(await mistral.chat.stream({ model: "magistral-medium-latest", messages }));
    const chunks = deltasIn(events).flatMap(({ content }) => (Array.isArray(content) ? content : []));
    same(
      chunks.map(({ thinking }) => thinking[0].text).join(""),
      "They want me to think.",
      "what was thought",
    );
  },
  "structured output": async () => {
    const responseFormat = {
      type: "json_schema",
      jsonSchema: { name: "place", schemaDefinition: weather.schema, strict: true },
    };
    const answer = await mistral.chat.complete({ ...hello, responseFormat });
    same(JSON.parse(answer.choices[0].message.content), { city: "hello" }, "JSON");
  },
  "between two texts, both ways": async () => {
    const body = { model: "codestral-latest", prompt: "hello", suffix: "return a" };
    const plain = await mistral.fim.complete(body);
    check(plain.choices[0].message.content.startsWith(echo), JSON.stringify(plain));
    checkPieces(deltasIn(await all(await mistral.fim.stream(body))).flatMap(({ content }) => content || []));
  },
  "embeddings and models": async () => {
    const { data } = await mistral.embeddings.create({ model: "mistral-embed", inputs: ["one", "two"] });
    same(
      data.map(({ embedding }) => embedding.length),
      [1024, 1024],
      "dimensions",
    );
    const models = await mistral.models.list();
    check(models.data.length > 3, "no models");
    same((await mistral.models.retrieve({ modelId: model })).id, model, "one model");
  },
  "bad request": async () => {
    const error = await rejected(mistral.chat.complete({ ...hello, temperature: 3 }));
    same([error.constructor.name, error.statusCode], ["HTTPValidationError", 422], "error");
    same(error.detail[0].loc, ["body", "temperature"], "place");
  },
  "no such model": async () => {
    const error = await rejected(mistral.chat.complete({ ...hello, model: "nothing" }));
    same([error.constructor.name, error.statusCode], ["SDKError", 400], "error");
  },
});
