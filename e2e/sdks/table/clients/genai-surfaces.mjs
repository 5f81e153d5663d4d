// What Google's SDK asks at Gemini's own API and at Vertex AI.
const body = ({ headers, timeoutMs }) => ({
  model: "gemini-2.5-flash",
  contents: "count",
  config: { httpOptions: { headers, ...(timeoutMs && { timeout: timeoutMs }) } },
});

export function generateSurfaces({ models }) {
  return [
    {
      name: "generate",
      title: "`generateContent()`",
      mode: "plain",
      ask: async (options, say) => {
        const response = await models.generateContent(body(options));
        say(response.text);
        return response.candidates?.[0]?.finishReason;
      },
    },
    {
      name: "stream",
      title: "`generateContentStream()`",
      mode: "stream",
      ask: async (options, say) => {
        let end;
        for await (const chunk of await models.generateContentStream(body(options))) {
          say(chunk.text);
          end = chunk.candidates?.[0]?.finishReason ?? end;
        }
        return end;
      },
    },
  ];
}
