/** What is said of the mock: whose APIs it speaks, and which hosts end there all the same. */

/** The APIs that the mock speaks, in words. */
export const mockedApis =
  "the APIs of Anthropic, OpenAI, Azure OpenAI, Gemini, Vertex AI, Bedrock, Mistral, Cohere, OpenRouter, LiteLLM and Ollama";

/** Hosts whose own API the mock speaks. */
const known =
  /(?:^|\.)(?:anthropic\.com|openai\.com|openai\.azure\.com|generativelanguage\.googleapis\.com|mistral\.ai|openrouter\.ai)$|^api\.cohere\.(?:com|ai)$|aiplatform\.(?:[a-z]+\.rep\.)?googleapis\.com$|^bedrock-runtime[.-].*\.amazonaws\.com(?:\.cn)?$/i;

/**
 * @param hosts - Names whose connections go to the mock, Anthropic's among them or not.
 * @returns one row; a second one where there are hosts of which the mock does not know that it speaks their API.
 */
export function mockRows(url: string, hosts: readonly string[]): readonly (readonly [string, string])[] {
  const others = hosts.filter((host) => !known.test(host));
  const row = ["mock", `${url}  speaks ${mockedApis}; stands in for ${hosts.join(", ")}`] as const;
  if (others.length === 0) return [row];
  const note = `${others.join(", ")}: answered as the API that a request's path is of, 404 where there is none; --real-upstream for the real one`;
  return [row, ["", note]];
}
