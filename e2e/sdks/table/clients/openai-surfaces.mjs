// Chat through OpenAI's SDK: at OpenAI, at Azure, and at gateways.
export const model = "gpt-4.1-mini";

/** An SDK's options for one call. */
export const with_ = ({ headers, timeoutMs, noRetries }) => ({
  headers,
  ...(timeoutMs && { timeout: timeoutMs }),
  ...(noRetries && { maxRetries: 0 }),
});

export function chatSurfaces(client, name = model) {
  const chat = { model: name, messages: [{ role: "user", content: "count" }] };
  return [
    {
      name: "chat",
      title: "`chat.completions.create()`",
      mode: "plain",
      ask: async (options, say) => {
        const completion = await client.chat.completions.create(chat, with_(options));
        say(completion.choices?.[0]?.message?.content);
        return completion.choices?.[0]?.finish_reason;
      },
    },
    {
      name: "chat-iterator",
      title: "`chat.completions.create({ stream: true })`",
      mode: "stream",
      ask: async (options, say) => {
        let end;
        for await (const chunk of await client.chat.completions.create(
          { ...chat, stream: true },
          with_(options),
        )) {
          say(chunk.choices[0]?.delta?.content);
          end = chunk.choices[0]?.finish_reason ?? end;
        }
        return end;
      },
    },
    {
      name: "chat-helper",
      title: "`chat.completions.stream().finalChatCompletion()`",
      mode: "stream",
      ask: async (options, say) => {
        const completion = await client.chat.completions.stream(chat, with_(options)).finalChatCompletion();
        say(completion.choices[0]?.message?.content);
        return completion.choices[0]?.finish_reason;
      },
    },
  ];
}
