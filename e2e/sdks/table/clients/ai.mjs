import { sdk } from "../../clients/cases.mjs";
import { answer } from "./asks.mjs";

const { module, version } = await sdk("ai", "previous-ai");
const anthropic = await sdk("@ai-sdk/anthropic", "previous-ai-anthropic");
const openai = await sdk("@ai-sdk/openai", "previous-ai-openai");
const google = await sdk("@ai-sdk/google", "previous-ai-google");
const models = {
  anthropic: anthropic.module.createAnthropic({ apiKey: "any" })("claude-sonnet-5-5"),
  openai: openai.module.createOpenAI({ apiKey: "any" })("gpt-4.1-mini"),
  google: google.module.createGoogleGenerativeAI({ apiKey: "any" })("gemini-2.5-flash"),
};
const with_ = ({ headers, timeoutMs, noRetries }) => ({
  prompt: "count",
  headers,
  ...(timeoutMs && { abortSignal: AbortSignal.timeout(timeoutMs) }),
  ...(noRetries && { maxRetries: 0 }),
});

const surfacesOf = ([provider, model]) => [
  {
    name: `${provider}-generate`,
    title: `${provider}: \`generateText()\``,
    mode: "plain",
    ask: async (options, say) => {
      const { text, finishReason } = await module.generateText({ model, ...with_(options) });
      say(text);
      return finishReason;
    },
  },
  {
    name: `${provider}-text-stream`,
    title: `${provider}: \`streamText().textStream\``,
    mode: "stream",
    ask: async (options, say) => {
      for await (const piece of module.streamText({ model, ...with_(options) }).textStream) say(piece);
    },
  },
  {
    name: `${provider}-full-stream`,
    title: `${provider}: \`streamText().fullStream\``,
    mode: "stream",
    ask: async (options, say) => {
      let end;
      for await (const part of module.streamText({ model, ...with_(options), onError: () => {} })
        .fullStream) {
        if (part.type === "text-delta") say(part.text);
        if (part.type === "finish") end = part.finishReason;
        // The program's part in it: an error is one of the parts that come.
        if (part.type === "error") throw part.error;
        if (part.type === "abort") throw new DOMException("a part that says abort", "AbortError");
      }
      return end;
    },
  },
];

await answer({
  name: "ai",
  versions: {
    ai: version,
    "@ai-sdk/anthropic": anthropic.version,
    "@ai-sdk/openai": openai.version,
    "@ai-sdk/google": google.version,
  },
  limits: "Its time limit is an `AbortSignal` over the whole call.",
  isOwn: (error) => /^AI_/.test(error.name),
  surfaces: Object.entries(models).flatMap(surfacesOf),
});
