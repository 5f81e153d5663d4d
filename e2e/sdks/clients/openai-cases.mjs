// Chat and embeddings through OpenAI's SDK: at OpenAI, at Azure, and at gateways.
import { all, check, checkPieces, echo, same, weather } from "./cases.mjs";

export const model = "gpt-4.1-mini";
const { description, schema: parameters } = weather;
const chatTool = { type: "function", function: { name: weather.tool, description, parameters } };
export const helloOf = (name) => ({ model: name, messages: [{ role: "user", content: "hello" }] });

/** @param own an SDK's client @param name how the API calls the model */
export function chatCases(own, name = model) {
  const hello = helloOf(name);
  const ask = { model: name, tools: [chatTool], messages: [{ role: "user", content: weather.question }] };
  return {
    chat: async () => {
      const completion = await own.chat.completions.create(hello);
      check(completion.choices[0].message.content.startsWith(echo), JSON.stringify(completion));
      same(completion.choices[0].finish_reason, "stop", "finish_reason");
      const { prompt_tokens, completion_tokens, total_tokens } = completion.usage;
      check(
        prompt_tokens > 0 && prompt_tokens + completion_tokens === total_tokens,
        JSON.stringify(completion.usage),
      );
    },
    "chat, streamed": async () => {
      const body = { ...hello, stream: true, stream_options: { include_usage: true } };
      const chunks = await all(await own.chat.completions.create(body));
      checkPieces(chunks.flatMap(({ choices }) => choices[0]?.delta?.content || []));
      check(
        chunks.at(-1).usage.completion_tokens > 3 && chunks.at(-1).choices.length === 0,
        "no usage at the end",
      );
    },
    "chat, tool loop": async () => {
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
    "chat, tool streamed": async () => {
      const stream = own.chat.completions.stream(ask);
      const { choices } = await stream.finalChatCompletion();
      same(
        JSON.parse(choices[0].message.tool_calls[0].function.arguments),
        { city: weather.city },
        "arguments",
      );
    },
    embeddings: async () => {
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
