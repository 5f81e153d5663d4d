// The Messages API through Anthropic's SDKs: its own, and those for Bedrock and Vertex, which share the resource.
import { all, check, checkPieces, echo, rejected, same, weather } from "./cases.mjs";

const tools = [{ name: weather.tool, description: weather.description, input_schema: weather.schema }];

/** @param client an SDK's client @param model a name that it takes @param errors the SDK's error classes */
export function messagesCases(client, model, errors) {
  const base = { model, max_tokens: 2000 };
  const hello = { ...base, messages: [{ role: "user", content: "hello" }] };
  const ask = { ...base, tools, messages: [{ role: "user", content: weather.question }] };
  return {
    plain: async () => {
      const message = await client.messages.create(hello);
      check(message.content[0].text.startsWith(echo), JSON.stringify(message.content));
      same(message.stop_reason, "end_turn", "stop_reason");
      check(message.usage.input_tokens > 0 && message.usage.output_tokens > 5, JSON.stringify(message.usage));
    },
    streamed: async () => {
      const stream = await client.messages.create({ ...hello, stream: true });
      const events = await all(stream);
      checkPieces(events.flatMap(({ delta }) => delta?.text ?? []));
      same(events.at(-1).type, "message_stop", "last event");
    },
    "stream helper": async () => {
      const message = await client.messages.stream(hello).finalMessage();
      const plain = await client.messages.create(hello);
      same(message.content, plain.content, "content");
      same(message.usage.output_tokens, plain.usage.output_tokens, "output tokens");
    },
    "tool loop": async () => {
      const first = await client.messages.create(ask);
      same(first.stop_reason, "tool_use", "stop_reason");
      const call = first.content.find(({ type }) => type === "tool_use");
      same([call.name, call.input], [weather.tool, { city: weather.city }], "call");
      const second = await client.messages.create({
        ...ask,
        messages: [
          ...ask.messages,
          { role: "assistant", content: first.content },
          { role: "user", content: [{ type: "tool_result", tool_use_id: call.id, content: weather.result }] },
        ],
      });
      same(second.content[0].text, weather.answer, "answer");
    },
    "tool streamed": async () => {
      const message = await client.messages.stream(ask).finalMessage();
      const call = message.content.find(({ type }) => type === "tool_use");
      same(call.input, { city: weather.city }, "input");
    },
    thinking: async () => {
      const body = {
        ...base,
        thinking: { type: "enabled", budget_tokens: 1024 },
        messages: [{ role: "user", content: "think about it" }],
      };
      const message = await client.messages.stream(body).finalMessage();
      same(
        message.content.map(({ type }) => type),
        ["thinking", "text"],
        "blocks",
      );
      same(message.content[0].thinking, "They want me to think.", "thinking");
      check(message.content[0].signature.length > 20, "no signature");
    },
    "bad request": async () => {
      const error = await rejected(client.messages.create({ ...hello, max_tokens: 0 }));
      check(error instanceof errors.BadRequestError, `${error.constructor.name}: ${error.message}`);
      same(error.status, 400, "status");
    },
  };
}

/** What Anthropic's own API has besides messages. */
export function anthropicCases(client, model, errors, toFile) {
  const base = { model, max_tokens: 2000 };
  return {
    "server tool, streamed": async () => {
      const body = {
        ...base,
        tools: [{ type: "web_search_20250305", name: "web_search" }],
        messages: [{ role: "user", content: "search the web" }],
      };
      const message = await client.messages.stream(body).finalMessage();
      const types = message.content.map(({ type }) => type);
      same(types, ["server_tool_use", "web_search_tool_result", "text"], "blocks");
      same(message.content[0].input, { query: "faultwire" }, "input");
      same(message.usage.server_tool_use.web_search_requests, 1, "searches");
    },
    "documents, images and citations": async () => {
      const source = { type: "text", media_type: "text/plain", data: "Grass is green. Sky is blue." };
      const pixel = { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" };
      const content = [
        { type: "document", source, title: "Facts", citations: { enabled: true } },
        { type: "image", source: pixel },
        { type: "text", text: "hello" },
      ];
      const message = await client.messages
        .stream({ ...base, messages: [{ role: "user", content }] })
        .finalMessage();
      const [citation] = message.content.at(-1).citations;
      same([citation.type, citation.cited_text], ["char_location", "Grass is green."], "citation");
    },
    refusal: async () => {
      const message = await client.messages.create({
        ...base,
        messages: [{ role: "user", content: "refuse this" }],
      });
      same([message.stop_reason, message.stop_details?.type], ["refusal", "refusal"], "stop");
    },
    "count_tokens and models": async () => {
      const messages = [{ role: "user", content: "hello" }];
      const { input_tokens } = await client.messages.countTokens({ model, messages });
      const { usage } = await client.messages.create({ ...base, messages });
      same(input_tokens, usage.input_tokens, "input tokens");
      const models = await all(client.models.list());
      check(models.length === 3, `${models.length} models`);
      same((await client.models.retrieve(models[0].id)).id, models[0].id, "model");
    },
    batches: async () => {
      const params = { ...base, messages: [{ role: "user", content: "hello" }] };
      const requests = [
        { custom_id: "good", params },
        { custom_id: "bad", params: { ...params, max_tokens: 0 } },
      ];
      let batch = await client.messages.batches.create({ requests });
      same(batch.processing_status, "in_progress", "status");
      while (batch.processing_status !== "ended") {
        await new Promise((resolve) => setTimeout(resolve, 100));
        batch = await client.messages.batches.retrieve(batch.id);
      }
      same([batch.request_counts.succeeded, batch.request_counts.errored], [1, 1], "counts");
      const results = await all(await client.messages.batches.results(batch.id));
      same(
        results.map(({ custom_id, result }) => [custom_id, result.type]),
        [
          ["good", "succeeded"],
          ["bad", "errored"],
        ],
        "results",
      );
    },
    files: async () => {
      const files = client.files ?? client.beta.files;
      const file = await files.upload({
        file: await toFile(Buffer.from("text"), "a.txt", { type: "text/plain" }),
      });
      same([file.filename, file.size_bytes, file.mime_type], ["a.txt", 4, "text/plain"], "file");
      same(await (await files.download(file.id)).text(), "text", "content");
      check(
        (await all(files.list())).some(({ id }) => id === file.id),
        "not listed",
      );
      await files.delete(file.id);
      check((await rejected(files.retrieveMetadata(file.id))) instanceof errors.NotFoundError, "still there");
    },
    "no such model": async () => {
      const error = await rejected(
        client.messages.create({ ...base, model: "gpt", messages: [{ role: "user", content: "x" }] }),
      );
      check(error instanceof errors.NotFoundError, error.constructor.name);
      check(/^req_/.test(error.requestID), `request id ${error.requestID}`);
    },
  };
}
