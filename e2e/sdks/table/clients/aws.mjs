import { sdk } from "../../clients/cases.mjs";
import { answer } from "./asks.mjs";

const { module, version } = await sdk("@aws-sdk/client-bedrock-runtime");
const body = {
  modelId: "anthropic.claude-sonnet-4-5-20250929-v1:0",
  messages: [{ role: "user", content: [{ text: "count" }] }],
};
const clients = new Map();
function clientFor({ timeoutMs, noRetries }) {
  const key = `${timeoutMs} ${noRetries}`;
  if (!clients.has(key))
    clients.set(
      key,
      new module.BedrockRuntimeClient({
        region: "us-east-1",
        credentials: { accessKeyId: "any", secretAccessKey: "any" },
        ...(timeoutMs && { requestHandler: { requestTimeout: timeoutMs, throwOnRequestTimeout: true } }),
        ...(noRetries && { maxAttempts: 1 }),
      }),
    );
  return clients.get(key);
}
function send(command, options) {
  command.middlewareStack.add(
    (next) => (args) => {
      Object.assign(args.request.headers, options.headers);
      return next(args);
    },
    { step: "build", name: "operation" },
  );
  return clientFor(options).send(command);
}

await answer({
  name: "@aws-sdk/client-bedrock-runtime",
  versions: { "@aws-sdk/client-bedrock-runtime": version },
  isOwn: (error) => error instanceof module.BedrockRuntimeServiceException,
  surfaces: [
    {
      name: "converse",
      title: "`ConverseCommand`",
      mode: "plain",
      ask: async (options, say) => {
        const response = await send(new module.ConverseCommand(body), options);
        say(response.output?.message?.content?.[0]?.text);
        return response.stopReason;
      },
    },
    {
      name: "stream",
      title: "`ConverseStreamCommand`",
      mode: "stream",
      ask: async (options, say) => {
        let end;
        const { stream } = await send(new module.ConverseStreamCommand(body), options);
        for await (const event of stream) {
          say(event.contentBlockDelta?.delta?.text);
          end = event.messageStop?.stopReason ?? end;
        }
        return end;
      },
    },
  ],
});
