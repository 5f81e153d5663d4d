/** The mock without its connections, for tests that ask it often. */
import { answerTo, answerToThrown, providerFor } from "../../src/answer-request.ts";
import type { ApiAnswer, ApiRequest } from "../../src/api.ts";
import { llmMockLimits } from "../../src/limits.ts";
import type { Mind } from "../../src/model/speak.ts";
import { providersOf } from "../../src/providers.ts";

/** What asks a mock: each time one request. */
export type Ask = (
  path: string,
  body: object | Uint8Array | undefined,
  headers: ApiRequest["headers"],
  method?: string,
) => { readonly provider: string; readonly answer: ApiAnswer };

/** A mock with a clock that `now` gives. */
export function askingMock(mind: Partial<Mind> = {}, now: () => number = () => 1_800_000_000_000): Ask {
  const limits = llmMockLimits;
  const providers = providersOf({
    seed: 0,
    limits,
    batchMs: 1000,
    mind: { reply: undefined, script: undefined, ...mind },
  });
  return (path, body, headers, method = "POST") => {
    const bytes =
      body instanceof Uint8Array ? body : Buffer.from(body === undefined ? "" : JSON.stringify(body));
    const request = { method, path, headers, body: bytes };
    const provider = providerFor(request, providers);
    try {
      const facts = { origin: "http://mock", requestId: "id", nowMs: now() };
      return { provider: provider.name, ...answerTo(request, provider, facts) };
    } catch (error) {
      return { provider: provider.name, answer: answerToThrown(error, provider) };
    }
  };
}

/** The text of an answer, whole or all of its frames. */
export function textIn(answer: ApiAnswer): string {
  if (answer.kind === "whole") return Buffer.from(answer.body).toString();
  if (answer.kind === "stream")
    return answer.frames.map(({ bytes }) => Buffer.from(bytes).toString()).join("");
  throw new Error(`${answer.status} ${answer.type}: ${answer.message}`);
}

/** A whole answer's JSON, of whatever shape. */
// biome-ignore lint/suspicious/noExplicitAny: whatever the mock sends, tests look into it
export const jsonIn = (answer: ApiAnswer): any => JSON.parse(textIn(answer));

/** The data of a stream of server-sent events, of whatever shape. */
// biome-ignore lint/suspicious/noExplicitAny: whatever the mock sends, tests look into it
export const dataIn = (text: string): any[] =>
  text
    .split("\n\n")
    .flatMap((event) => /^data: (\{.*\})$/m.exec(event)?.[1] ?? [])
    .map((data) => JSON.parse(data));
