import { all, check, checkPieces, echo, mockUrl, rejected, run, same, sdk, weather } from "./cases.mjs";

const { module, version } = await sdk("openai", "previous-openai");
const { OpenAI, AzureOpenAI, toFile } = module;
const client = new OpenAI({ apiKey: "any", maxRetries: 0, ...(mockUrl && { baseURL: `${mockUrl}/v1` }) });
const azure = new AzureOpenAI({
  apiKey: "any",
  apiVersion: "2024-10-21",
  maxRetries: 0,
  endpoint: mockUrl ?? "https://mock.openai.azure.com",
});
const model = "gpt-4.1-mini";
const hello = { model, messages: [{ role: "user", content: "hello" }] };
const parameters = weather.schema;
const chatTool = {
  type: "function",
  function: { name: weather.tool, description: weather.description, parameters },
};
const ask = { model, tools: [chatTool], messages: [{ role: "user", content: weather.question }] };
const ownTool = {
  type: "function",
  name: weather.tool,
  description: weather.description,
  parameters,
  strict: false,
};

function chatCases(own, prefix) {
  return {
    [`${prefix}chat`]: async () => {
      const completion = await own.chat.completions.create(hello);
      check(completion.choices[0].message.content.startsWith(echo), JSON.stringify(completion));
      same(completion.choices[0].finish_reason, "stop", "finish_reason");
      const { prompt_tokens, completion_tokens, total_tokens } = completion.usage;
      check(
        prompt_tokens > 0 && prompt_tokens + completion_tokens === total_tokens,
        JSON.stringify(completion.usage),
      );
    },
    [`${prefix}chat, streamed`]: async () => {
      const body = { ...hello, stream: true, stream_options: { include_usage: true } };
      const chunks = await all(await own.chat.completions.create(body));
      checkPieces(chunks.flatMap(({ choices }) => choices[0]?.delta?.content || []));
      check(
        chunks.at(-1).usage.completion_tokens > 3 && chunks.at(-1).choices.length === 0,
        "no usage at the end",
      );
    },
    [`${prefix}chat, tool loop`]: async () => {
      const first = await own.chat.completions.create(ask);
      same(first.choices[0].finish_reason, "tool_calls", "finish_reason");
      const { message } = first.choices[0];
      const [call] = message.tool_calls;
      same(JSON.parse(call.function.arguments), { city: weather.city }, "arguments");
      const result = { role: "tool", tool_call_id: call.id, content: weather.result };
      const second = await own.chat.completions.create({
        ...ask,
        messages: [...ask.messages, message, result],
      });
      same(second.choices[0].message.content, weather.answer, "answer");
    },
    [`${prefix}chat, tool streamed`]: async () => {
      const stream = own.chat.completions.stream(ask);
      const { choices } = await stream.finalChatCompletion();
      same(
        JSON.parse(choices[0].message.tool_calls[0].function.arguments),
        { city: weather.city },
        "arguments",
      );
    },
    [`${prefix}embeddings`]: async () => {
      const body = { model: "text-embedding-3-small", input: ["one", "two", "one"] };
      const { data } = await own.embeddings.create(body);
      same(
        data.map(({ embedding }) => embedding.length),
        [1536, 1536, 1536],
        "dimensions",
      );
      same(data[0].embedding, data[2].embedding, "the same text");
      check(
        JSON.stringify(data[0].embedding) !== JSON.stringify(data[1].embedding),
        "other texts, the same vector",
      );
    },
  };
}

await run("openai", version, {
  ...chatCases(client, ""),
  ...chatCases(azure, "Azure "),
  responses: async () => {
    const response = await client.responses.create({ model, input: "hello" });
    check(response.output_text.startsWith(echo), response.output_text);
    same(response.status, "completed", "status");
    const next = await client.responses.create({ model, input: "hello", previous_response_id: response.id });
    check(next.usage.input_tokens > response.usage.input_tokens, "what was said before is not counted");
    same((await client.responses.retrieve(response.id)).id, response.id, "stored");
  },
  "responses, streamed": async () => {
    const events = await all(await client.responses.create({ model, input: "hello", stream: true }));
    checkPieces(events.flatMap(({ type, delta }) => (type === "response.output_text.delta" ? delta : [])));
    same(
      events.map(({ sequence_number: at }) => at),
      events.map((_, index) => index),
      "sequence numbers",
    );
    same(events.at(-1).type, "response.completed", "last event");
  },
  "responses, stream helper": async () => {
    const response = await client.responses.stream({ model, input: "hello" }).finalResponse();
    check(response.output_text.startsWith(echo), response.output_text);
  },
  "responses, reasoning": async () => {
    const body = { model: "gpt-5", input: "think about it", reasoning: { effort: "low", summary: "auto" } };
    const response = await client.responses.stream(body).finalResponse();
    same(
      response.output.map(({ type }) => type),
      ["reasoning", "message"],
      "items",
    );
    same(response.output[0].summary[0].text, "They want me to think.", "summary");
    check(response.usage.output_tokens_details.reasoning_tokens > 0, "no reasoning tokens");
  },
  "responses, tool loop": async () => {
    const tools = [ownTool];
    const first = await client.responses.stream({ model, tools, input: weather.question }).finalResponse();
    const call = first.output.find(({ type }) => type === "function_call");
    same(JSON.parse(call.arguments), { city: weather.city }, "arguments");
    const output = { type: "function_call_output", call_id: call.call_id, output: weather.result };
    const second = await client.responses.create({
      model,
      tools,
      input: [output],
      previous_response_id: first.id,
    });
    same(second.output_text, weather.answer, "answer");
  },
  "responses, web search": async () => {
    const tools = [{ type: "web_search" }];
    const response = await client.responses.stream({ model, tools, input: "search the web" }).finalResponse();
    same(
      response.output.map(({ type }) => type),
      ["web_search_call", "message"],
      "items",
    );
  },
  "structured output": async () => {
    const format = { type: "json_schema", name: "place", schema: weather.schema, strict: true };
    const response = await client.responses.create({ model, input: "hello", text: { format } });
    same(JSON.parse(response.output_text), { city: "hello" }, "JSON");
  },
  "models and files": async () => {
    check((await all(client.models.list())).length > 3, "no models");
    const file = await client.files.create({
      file: await toFile(Buffer.from("{}\n"), "a.jsonl"),
      purpose: "batch",
    });
    same([file.bytes, file.purpose], [3, "batch"], "file");
    same(await (await client.files.content(file.id)).text(), "{}\n", "content");
    check((await client.files.delete(file.id)).deleted, "not deleted");
  },
  "bad request": async () => {
    const error = await rejected(client.chat.completions.create({ ...hello, temperature: 3 }));
    check(error instanceof OpenAI.BadRequestError, error.constructor.name);
    same([error.param, error.code], ["temperature", "decimal_above_max_value"], "details");
    check(/^req_/.test(error.requestID), `request id ${error.requestID}`);
  },
  "no such model": async () => {
    const error = await rejected(client.responses.create({ model: "claude", input: "x" }));
    check(error instanceof OpenAI.NotFoundError, error.constructor.name);
    same(error.code, "model_not_found", "code");
  },
});
