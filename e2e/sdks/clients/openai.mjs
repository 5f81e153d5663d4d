import { all, check, checkPieces, echo, mockUrl, rejected, run, same, sdk, weather } from "./cases.mjs";
import { chatCases, helloOf, model } from "./openai-cases.mjs";

const { module, version } = await sdk("openai", "previous-openai");
const { OpenAI, toFile } = module;
const client = new OpenAI({ apiKey: "any", maxRetries: 0, ...(mockUrl && { baseURL: `${mockUrl}/v1` }) });
const ownTool = {
  type: "function",
  name: weather.tool,
  description: weather.description,
  parameters: weather.schema,
  strict: false,
};

await run("openai", version, {
  ...chatCases(client),
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
    const error = await rejected(client.chat.completions.create({ ...helloOf(model), temperature: 3 }));
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
