import { all, check, checkPieces, echo, mockUrl, rejected, run, same, sdk, weather } from "./cases.mjs";

const { module, version } = await sdk("ollama");
// By itself it goes to this machine, where no proxy is asked.
const ollama = new module.Ollama({ host: mockUrl ?? "http://ollama.test:80" });
const model = "llama3.2";
const hello = { model, messages: [{ role: "user", content: "hello" }] };
const called = { name: weather.tool, description: weather.description, parameters: weather.schema };
const ask = {
  model,
  tools: [{ type: "function", function: called }],
  messages: [{ role: "user", content: weather.question }],
};

await run("ollama", version, {
  chat: async () => {
    const answer = await ollama.chat(hello);
    check(answer.message.content.startsWith(echo), JSON.stringify(answer));
    same([answer.done, answer.done_reason], [true, "stop"], "end");
    check(answer.eval_count > 3 && answer.prompt_eval_count > 0, "no counts");
  },
  "chat, streamed": async () => {
    const lines = await all(await ollama.chat({ ...hello, stream: true }));
    checkPieces(lines.flatMap(({ message }) => message.content || []));
    same(lines.at(-1).done, true, "done");
  },
  "tool loop": async () => {
    const { message } = await ollama.chat(ask);
    const [call] = message.tool_calls;
    same(call.function.arguments, { city: weather.city }, "arguments");
    const result = { role: "tool", tool_name: weather.tool, content: weather.result };
    const second = await ollama.chat({ ...ask, messages: [...ask.messages, message, result] });
    same(second.message.content, weather.answer, "answer");
  },
  "tool streamed": async () => {
    const lines = await all(await ollama.chat({ ...ask, stream: true }));
    const [call] = lines.flatMap(({ message }) => message.tool_calls ?? []);
    same(call.function.arguments, { city: weather.city }, "arguments");
  },
  thinking: async () => {
    const messages = [{ role: "user", content: "think about it" }];
    const { message } = await ollama.chat({ model, messages, think: true });
    same([message.thinking, message.content], ["They want me to think.", "I have thought."], "message");
  },
  "generate, both ways": async () => {
    const plain = await ollama.generate({ model, prompt: "hello" });
    const lines = await all(await ollama.generate({ model, prompt: "hello", stream: true }));
    check(plain.response.startsWith(echo), plain.response);
    checkPieces(lines.flatMap(({ response }) => response || []));
  },
  "embeddings and models": async () => {
    const { embeddings } = await ollama.embed({ model: "nomic-embed-text", input: ["one", "two"] });
    same(
      embeddings.map(({ length }) => length),
      [768, 768],
      "dimensions",
    );
    check((await ollama.list()).models.length === 2, "models");
    check((await ollama.version()).version !== "", "version");
  },
  "bad request": async () => {
    const error = await rejected(ollama.chat({ model, messages: [{ role: "nobody", content: "x" }] }));
    same([error.name, error.status_code], ["ResponseError", 400], "error");
  },
});
