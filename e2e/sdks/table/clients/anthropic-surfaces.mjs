// The Messages API through Anthropic's SDKs: its own, and those for Bedrock and Vertex.
export function messagesSurfaces(client, model) {
  const body = { model, max_tokens: 500, messages: [{ role: "user", content: "count" }] };
  const with_ = ({ headers, timeoutMs, noRetries }) => ({
    headers,
    ...(timeoutMs && { timeout: timeoutMs }),
    ...(noRetries && { maxRetries: 0 }),
  });
  return [
    {
      name: "create",
      title: "`messages.create()`",
      mode: "plain",
      ask: async (options, say) => {
        const message = await client.messages.create(body, with_(options));
        say(message.content?.[0]?.text);
        return message.stop_reason;
      },
    },
    {
      name: "iterator",
      title: "`messages.create({ stream: true })`",
      mode: "stream",
      ask: async (options, say) => {
        let end;
        for await (const event of await client.messages.create({ ...body, stream: true }, with_(options))) {
          if (event.type === "content_block_delta") say(event.delta.text);
          if (event.type === "message_delta") end = event.delta.stop_reason;
        }
        return end;
      },
    },
    {
      name: "helper",
      title: "`messages.stream().finalMessage()`",
      mode: "stream",
      ask: async (options, say) => {
        const message = await client.messages.stream(body, with_(options)).finalMessage();
        say(message.content?.[0]?.text);
        return message.stop_reason;
      },
    },
  ];
}
