import type { Conversation } from "./conversation.ts";

/** What was said once, in any API. */
export interface Said {
  readonly who: "system" | "user" | "model" | "tool";
  readonly text: string;
  /** The tool whose result it is. */
  readonly tool?: string | undefined;
}

/** What a model answers to: what was said behind its own last words. */
export function lastWordsOf(
  said: readonly Said[],
): Pick<Conversation, "lastUserText" | "answeredTools" | "assistantTurns"> {
  const lastOfModel = said.findLastIndex(({ who }) => who === "model");
  const since = said.slice(lastOfModel + 1);
  const results = since.filter(({ who }) => who === "tool");
  const own = since.filter(({ who }) => who === "user").at(-1)?.text ?? "";
  const before = results.length > 0 ? "" : (said.findLast(({ who }) => who === "user")?.text ?? "");
  return {
    lastUserText: own || results.map(({ text }) => text).join("") || before,
    answeredTools: results.flatMap(({ tool }) => tool ?? []),
    // What the model says in several pieces, one after the other, is one answer.
    assistantTurns: said.filter(({ who }, index) => who === "model" && said[index - 1]?.who !== "model")
      .length,
  };
}
