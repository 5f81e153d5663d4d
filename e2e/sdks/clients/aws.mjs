import { all, check, checkPieces, echo, mockUrl, rejected, run, same, sdk, weather } from "./cases.mjs";

const { module, version } = await sdk("@aws-sdk/client-bedrock-runtime");
const { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } = module;
const { InvokeModelCommand, InvokeModelWithResponseStreamCommand, ValidationException } = module;
const client = new BedrockRuntimeClient({
  region: "us-east-1",
  credentials: { accessKeyId: "any", secretAccessKey: "any" },
  maxAttempts: 1,
  ...(mockUrl && { endpoint: mockUrl }),
});
const modelId = "anthropic.claude-sonnet-4-5-20250929-v1:0";
const user = (text) => ({ role: "user", content: [{ text }] });
const toolSpec = {
  name: weather.tool,
  description: weather.description,
  inputSchema: { json: weather.schema },
};
const ask = { modelId, messages: [user(weather.question)], toolConfig: { tools: [{ toolSpec }] } };
const claude = {
  anthropic_version: "bedrock-2023-05-31",
  max_tokens: 100,
  messages: [{ role: "user", content: "hello" }],
};
const jsonOf = (bytes) => JSON.parse(Buffer.from(bytes).toString());
const invoke = (body, id = modelId) => ({
  modelId: id,
  contentType: "application/json",
  body: JSON.stringify(body),
});

await run("@aws-sdk/client-bedrock-runtime", version, {
  Converse: async () => {
    const answer = await client.send(new ConverseCommand({ modelId, messages: [user("hello")] }));
    check(answer.output.message.content[0].text.startsWith(echo), JSON.stringify(answer.output));
    same(answer.stopReason, "end_turn", "stopReason");
    same(answer.usage.totalTokens, answer.usage.inputTokens + answer.usage.outputTokens, "usage");
  },
  ConverseStream: async () => {
    const { stream } = await client.send(new ConverseStreamCommand({ modelId, messages: [user("hello")] }));
    const events = await all(stream);
    checkPieces(events.flatMap(({ contentBlockDelta: delta }) => delta?.delta?.text ?? []));
    same(events.at(-2).messageStop.stopReason, "end_turn", "stopReason");
    check(events.at(-1).metadata.usage.outputTokens > 3, "no usage");
  },
  "Converse, tool loop": async () => {
    const first = await client.send(new ConverseCommand(ask));
    same(first.stopReason, "tool_use", "stopReason");
    const { message } = first.output;
    const { toolUse } = message.content.find((block) => block.toolUse);
    same(toolUse.input, { city: weather.city }, "input");
    const toolResult = { toolUseId: toolUse.toolUseId, content: [{ text: weather.result }] };
    const messages = [...ask.messages, message, { role: "user", content: [{ toolResult }] }];
    const second = await client.send(new ConverseCommand({ ...ask, messages }));
    same(second.output.message.content[0].text, weather.answer, "answer");
  },
  "ConverseStream, tool": async () => {
    const { stream } = await client.send(new ConverseStreamCommand(ask));
    const events = await all(stream);
    const input = events.map(({ contentBlockDelta: delta }) => delta?.delta?.toolUse?.input ?? "").join("");
    same(JSON.parse(input), { city: weather.city }, "input");
    check(
      events.some(({ contentBlockStart: start }) => start?.start?.toolUse?.name === weather.tool),
      "no start",
    );
  },
  InvokeModel: async () => {
    const { body } = await client.send(new InvokeModelCommand(invoke(claude)));
    check(jsonOf(body).content[0].text.startsWith(echo), Buffer.from(body).toString());
  },
  InvokeModelWithResponseStream: async () => {
    const { body } = await client.send(new InvokeModelWithResponseStreamCommand(invoke(claude)));
    const events = (await all(body)).map(({ chunk }) => jsonOf(chunk.bytes));
    checkPieces(events.flatMap(({ delta }) => delta?.text ?? []));
    check(events.at(-1)["amazon-bedrock-invocationMetrics"].outputTokenCount > 3, "no metrics");
  },
  embeddings: async () => {
    const command = new InvokeModelCommand(invoke({ inputText: "one" }, "amazon.titan-embed-text-v2:0"));
    same(jsonOf((await client.send(command)).body).embedding.length, 1024, "dimensions");
  },
  "bad request": async () => {
    const messages = [{ role: "assistant", content: [{ text: "x" }] }];
    const error = await rejected(client.send(new ConverseCommand({ modelId, messages })));
    check(error instanceof ValidationException, `${error.name}: ${error.message}`);
    same(error.$metadata.httpStatusCode, 400, "status");
  },
});
