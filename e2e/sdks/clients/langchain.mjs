import { all, check, checkPieces, echo, mockUrl, rejected, run, same, weather, which } from "./cases.mjs";
import { langchain } from "./langchain-packages.mjs";

const { ChatAnthropic, ChatOpenAI, load, versions } = await langchain();
const { tool } = await load("@langchain/core/tools");
const { HumanMessage, ToolMessage } = await load("@langchain/core/messages");
const common = { apiKey: "any", maxRetries: 0 };
const openai = { ...common, ...(mockUrl && { configuration: { baseURL: `${mockUrl}/v1` } }) };
const models = {
  anthropic: (more) =>
    new ChatAnthropic({
      ...common,
      model: "claude-sonnet-4-5",
      ...(mockUrl && { anthropicApiUrl: mockUrl }),
      ...more,
    }),
  "openai, chat": (more) => new ChatOpenAI({ ...openai, model: "gpt-4.1-mini", ...more }),
  "openai, responses": (more) =>
    new ChatOpenAI({ ...openai, model: "gpt-4.1-mini", useResponsesApi: true, ...more }),
};
const getWeather = tool(async () => weather.result, {
  name: weather.tool,
  description: weather.description,
  schema: weather.schema,
});
const textOf = ({ content }) =>
  typeof content === "string" ? content : content.map(({ text }) => text ?? "").join("");

/** The agent that the package `langchain` makes of a model and tools; each major has another. */
async function agentAnswer(model) {
  if (which === "current") {
    const { createAgent } = await load("langchain");
    const agent = createAgent({ model, tools: [getWeather] });
    const { messages } = await agent.invoke({ messages: [new HumanMessage(weather.question)] });
    return textOf(messages.at(-1));
  }
  const { AgentExecutor, createToolCallingAgent } = await load("langchain/agents");
  const { ChatPromptTemplate } = await load("@langchain/core/prompts");
  const prompt = ChatPromptTemplate.fromMessages([
    ["human", "{input}"],
    ["placeholder", "{agent_scratchpad}"],
  ]);
  const tools = [getWeather];
  const executor = new AgentExecutor({ agent: createToolCallingAgent({ llm: model, tools, prompt }), tools });
  const { output } = await executor.invoke({ input: weather.question });
  return typeof output === "string" ? output : textOf({ content: output });
}

function cases(name, modelFor) {
  const model = modelFor();
  const withTools = model.bindTools([getWeather]);
  const question = new HumanMessage(weather.question);
  return {
    [`${name}: plain`]: async () => {
      const message = await model.invoke("hello");
      check(textOf(message).startsWith(echo), JSON.stringify(message));
      const { input_tokens, output_tokens } = message.usage_metadata;
      check(input_tokens > 0 && output_tokens > 3, JSON.stringify(message.usage_metadata));
    },
    [`${name}: streamed`]: async () => {
      const chunks = await all(await model.stream("hello"));
      checkPieces(chunks.map(textOf).filter((text) => text !== ""));
    },
    [`${name}: tool loop`]: async () => {
      const first = await withTools.invoke([question]);
      const [call] = first.tool_calls;
      same([call.name, call.args], [weather.tool, { city: weather.city }], "call");
      const result = new ToolMessage({ tool_call_id: call.id, content: weather.result });
      same(textOf(await withTools.invoke([question, first, result])), weather.answer, "answer");
    },
    [`${name}: tool streamed`]: async () => {
      const chunks = await all(await withTools.stream([question]));
      const whole = chunks.reduce((one, other) => one.concat(other));
      same(whole.tool_calls[0].args, { city: weather.city }, "args");
    },
    [`${name}: agent`]: async () => {
      same(await agentAnswer(model), weather.answer, "answer");
    },
    [`${name}: no such model`]: async () => {
      const error = await rejected(modelFor({ model: "nothing" }).invoke("hello"));
      same(error.status, 404, `${error.name}: ${error.message}`);
    },
  };
}

await run(
  "langchain",
  Object.entries(versions)
    .map(([name, version]) => (name === "langchain" ? version : `${name} ${version}`))
    .join(", "),
  Object.assign({}, ...Object.entries(models).map(([name, modelFor]) => cases(name, modelFor))),
);
