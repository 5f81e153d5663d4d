/** The model: one answer from one conversation, always the same. */
import { chooseTurn } from "../script/choose-turn.ts";
import type { Script, ScriptTurn } from "../script/script.ts";
import type { CitableDocument, Conversation, OfferedTool } from "./conversation.ts";
import { sampleInput } from "./sample-input.ts";
import { serverToolResult } from "./server-tool-result.ts";
import type { Part, Speech, Stop } from "./speech.ts";
import { countTokens, tokensOf } from "./token-count.ts";

/** How much of the user's words is said back, in characters. */
const maxEchoedCharacters = 120;

/** Says something else than the mock's echo: the text for a request. */
export type Reply = (words: { readonly lastUserText: string; readonly model: string }) => string;

/** What the model's words depend on besides the conversation. */
export interface Mind {
  readonly reply: Reply | undefined;
  readonly script: Script | undefined;
}

/** No turn of a script fits, and the script says that this is to be refused. */
export class UnscriptedError extends Error {}

/**
 * The answer to a conversation: the script's turn that fits; else the forced tool's call, or a text that says the last user
 * message back. It is cut where the request's limit of tokens or a stop sequence says so.
 *
 * @throws UnscriptedError where no turn fits and the script has `otherwise: refuse`.
 */
export function speak(conversation: Conversation, { reply, script }: Mind): Speech {
  const turn = script && chooseTurn(script, conversation);
  if (script && !turn && script.otherwise === "refuse")
    throw new UnscriptedError(
      "The mock's script has no turn for this request: " +
        `message ${JSON.stringify(brief(conversation.lastUserText))}, turn ${conversation.assistantTurns + 1}, ` +
        `model ${JSON.stringify(conversation.model)}. Add a turn whose \`when\` fits.`,
    );
  const wanted = turn ? scripted(turn, conversation) : improvised(conversation, reply);
  const cut = cutAt(wanted, conversation);
  const stop = cut.stop ?? turn?.stop ?? (cut.parts.some(({ kind }) => kind === "call") ? "tool" : "end");
  const thinkingTokens = tokensIn(cut.parts.filter(({ kind }) => kind === "think"));
  return {
    parts: cut.parts,
    stop,
    stopSequence: cut.stopSequence,
    usage: {
      inputTokens: turn?.tokens?.input ?? conversation.inputTokens,
      outputTokens: turn?.tokens?.output ?? tokensIn(cut.parts),
      thinkingTokens,
    },
    pace: turn?.pace,
  };
}

/** How many tokens of an answer a part stands for. What a provider's own tool found out costs none. */
export function tokensOfPart(part: Part): number {
  switch (part.kind) {
    case "think":
    case "text":
      return countTokens(part.text);
    case "call":
    case "server-call":
      return countTokens(JSON.stringify(part.input) ?? "");
    default:
      return part satisfies never;
  }
}

const tokensIn = (parts: readonly Part[]): number => parts.reduce((sum, part) => sum + tokensOfPart(part), 0);

function scripted(turn: ScriptTurn, { tools, lastUserText, thinks }: Conversation): readonly Part[] {
  const filled = (text: string): string => text.replaceAll("{{message}}", () => lastUserText);
  const calls = turn.call.map(({ tool, arguments: input, result }): Part => {
    const offered = tools.find(({ name }) => name === tool);
    return offered?.isServers || result !== undefined
      ? { kind: "server-call", name: tool, input, result: result ?? serverToolResult(tool, input) }
      : { kind: "call", name: tool, input };
  });
  return [
    // As the API: who did not ask for thinking is not shown any.
    ...(turn.think !== undefined && thinks ? [{ kind: "think", text: filled(turn.think) } as const] : []),
    ...calls.filter(({ kind }) => kind === "server-call"),
    ...(turn.say === undefined || turn.say === "" ? [] : [{ kind: "text", text: filled(turn.say) } as const]),
    ...calls.filter(({ kind }) => kind === "call"),
  ];
}

function improvised(conversation: Conversation, reply: Reply | undefined): readonly Part[] {
  const { lastUserText, forcedTool, thinks, documents, answerSchema, model } = conversation;
  const thought: readonly Part[] = thinks
    ? [{ kind: "think", text: `I am to answer "${brief(lastUserText)}". I say it back.` }]
    : [];
  if (forcedTool && !forcedTool.isServers) return [...thought, callOf(forcedTool, lastUserText)];
  const looked = forcedTool ? [serverCallOf(forcedTool, lastUserText)] : [];
  const said = answerSchema
    ? JSON.stringify(sampleInput(answerSchema, brief(lastUserText)))
    : (reply ?? echo)({ lastUserText, model });
  const text: readonly Part[] = said === "" ? [] : [{ kind: "text", text: said }];
  return [...thought, ...looked, ...text, ...(answerSchema ? [] : cited(documents))];
}

const callOf = ({ name, schema }: OfferedTool, text: string): Part => ({
  kind: "call",
  name,
  input: sampleInput(schema, brief(text)),
});

function serverCallOf({ name }: OfferedTool, text: string): Part {
  const input =
    name.includes("code") || name.includes("bash") ? { code: "print(42)" } : { query: brief(text) };
  return { kind: "server-call", name, input, result: serverToolResult(name, input) };
}

/** The first sentence of the first document that may be cited. */
function cited(documents: readonly CitableDocument[]): readonly Part[] {
  const document = documents[0];
  if (!document) return [];
  const citedText = /^[^.!?]*[.!?]?/u.exec(document.text)?.[0] ?? "";
  if (citedText === "") return [];
  const citation = { documentIndex: 0, title: document.title, citedText, start: 0, end: citedText.length };
  return [{ kind: "text", text: ` The document says: ${citedText}`, citation }];
}

interface Cut {
  readonly parts: readonly Part[];
  /** Why it was cut; `undefined` where it was not. */
  readonly stop: Extract<Stop, "length" | "stop-sequence"> | undefined;
  readonly stopSequence: string | null;
}

/** Takes parts until a stop sequence comes in a text, or the tokens are used up. A call that does not fit is left out. */
function cutAt(wanted: readonly Part[], { stopSequences, maxTokens }: Conversation): Cut {
  const parts: Part[] = [];
  let left = maxTokens ?? Number.POSITIVE_INFINITY;
  for (const part of wanted) {
    const stop = part.kind === "text" ? firstStop(part.text, stopSequences) : undefined;
    const text = part.kind === "text" || part.kind === "think" ? part.text.slice(0, stop?.at) : undefined;
    const tokens = text === undefined ? tokensOfPart(part) : countTokens(text);
    if (tokens > left) {
      const said = text === undefined ? "" : tokensOf(text).slice(0, left).join("");
      if (said !== "") parts.push({ ...part, text: said } as Part);
      return { parts, stop: "length", stopSequence: null };
    }
    left -= tokens;
    if (text === undefined) parts.push(part);
    else if (text !== "") parts.push({ ...part, text } as Part);
    if (stop) return { parts, stop: "stop-sequence", stopSequence: stop.sequence };
  }
  return { parts, stop: undefined, stopSequence: null };
}

function firstStop(
  text: string,
  sequences: readonly string[],
): { readonly sequence: string; readonly at: number } | undefined {
  return sequences
    .map((sequence) => ({ sequence, at: text.indexOf(sequence) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at)[0];
}

const echo: Reply = ({ lastUserText: text }) =>
  text
    ? `You said: "${brief(text)}". I am a mock on your own machine, so that is all I have to say about it.`
    : "You said nothing that I can read. I am a mock on your own machine and know text only.";

function brief(text: string): string {
  const flat = text.replaceAll(/\s+/g, " ").trim();
  // By code points: a cut in the middle of a pair would not be text any more.
  const characters = Array.from(flat.slice(0, 2 * maxEchoedCharacters + 2));
  if (characters.length <= maxEchoedCharacters) return flat;
  return `${characters.slice(0, maxEchoedCharacters).join("")}…`;
}
