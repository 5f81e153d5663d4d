import { langchain } from "../../clients/langchain-packages.mjs";
import { answer } from "./asks.mjs";

const { ChatAnthropic, ChatOpenAI, versions } = await langchain();
const models = {
  anthropic: ({ headers, timeoutMs, noRetries }) =>
    new ChatAnthropic({
      model: "claude-sonnet-4-5",
      apiKey: "any",
      ...(noRetries && { maxRetries: 0 }),
      clientOptions: { defaultHeaders: headers, ...(timeoutMs && { timeout: timeoutMs }) },
    }),
  openai: ({ headers, timeoutMs, noRetries }) =>
    new ChatOpenAI({
      model: "gpt-4.1-mini",
      apiKey: "any",
      ...(noRetries && { maxRetries: 0 }),
      ...(timeoutMs && { timeout: timeoutMs }),
      configuration: { defaultHeaders: headers },
    }),
};
const textOf = ({ text, content }) => (typeof text === "string" ? text : content);
const endOf = ({ response_metadata: { stop_reason, finish_reason } = {}, additional_kwargs }) =>
  stop_reason ?? finish_reason ?? additional_kwargs?.stop_reason;

const surfacesOf = ([provider, modelFor]) => [
  {
    name: `${provider}-invoke`,
    title: `${provider}: \`invoke()\``,
    mode: "plain",
    ask: async (options, say) => {
      const message = await modelFor(options).invoke("count");
      say(textOf(message));
      return endOf(message);
    },
  },
  {
    name: `${provider}-stream`,
    title: `${provider}: \`stream()\``,
    mode: "stream",
    ask: async (options, say) => {
      let end;
      for await (const chunk of await modelFor(options).stream("count")) {
        say(textOf(chunk));
        end = endOf(chunk) ?? end;
      }
      return end;
    },
  },
];

await answer({
  name: "langchain",
  versions,
  // It waits for up to two minutes in all until it gives up.
  atOnce: true,
  // It has no classes for what an API answers: those of the providers' SDKs pass.
  isOwn: (error) => error.lc_error_code !== undefined,
  surfaces: Object.entries(models).flatMap(surfacesOf),
});
