/** What the tests ask the mock with: plain `fetch`, and a reading of event streams that rests on nothing of ours. */

export const userSays = (text: string): object => ({
  model: "claude-sonnet-5-5",
  max_tokens: 1024,
  messages: [{ role: "user", content: text }],
});

export const apiHeaders = {
  "content-type": "application/json",
  "x-api-key": "sk-test",
  "anthropic-version": "2026-10-21",
};

export const post = (url: string, body: object | string, headers: Record<string, string> = apiHeaders) =>
  fetch(url, { method: "POST", headers, body: typeof body === "string" ? body : JSON.stringify(body) });

/** A response's body as JSON of whatever shape. */
// biome-ignore lint/suspicious/noExplicitAny: whatever the mock sends, tests look into it
export const jsonOf = (response: Response): Promise<any> => response.json() as Promise<any>;

export interface StreamEvent {
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the mock sends, tests look into it
  readonly data: any;
}

/** The events of a whole stream; throws where the framing is not `event: …\ndata: …\n\n` to the letter. */
export function eventsIn(text: string): StreamEvent[] {
  const frames = text.split("\n\n");
  if (frames.pop() !== "") throw new Error("the stream does not end with an empty line");
  return frames.map((frame) => {
    const match = /^event: ([a-z_]+)\ndata: (.+)$/.exec(frame);
    if (!match) throw new Error(`not an event: ${JSON.stringify(frame)}`);
    return { event: match[1] ?? "", data: JSON.parse(match[2] ?? "") };
  });
}
