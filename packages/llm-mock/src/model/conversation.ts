/** What a model is asked, whichever API the question came through. */
import type { JsonObject } from "../json.ts";

/** A tool that the model may call. */
export interface OfferedTool {
  readonly name: string;
  /** Its JSON Schema; of tools that the provider runs there is none. */
  readonly schema: unknown;
  /** Whether the provider runs it. */
  readonly isServers: boolean;
}

/** A document that may be cited. */
export interface CitableDocument {
  readonly title: string | null;
  readonly text: string;
}

/** A request that has passed its API's checks. */
export interface Conversation {
  readonly model: string;
  /** The text of the last user message; of the tools' results where it holds nothing else. */
  readonly lastUserText: string;
  /** Names of the tools whose results are the last thing that was said. */
  readonly answeredTools: readonly string[];
  /** How many answers of the model the conversation has already. */
  readonly assistantTurns: number;
  readonly tools: readonly OfferedTool[];
  /** The tool that has to be called. */
  readonly forcedTool: OfferedTool | undefined;
  /** False where the request forbids calls. */
  readonly mayCall: boolean;
  /** The most tokens of an answer; `undefined` where the API needs no limit and none was given. */
  readonly maxTokens: number | undefined;
  readonly stopSequences: readonly string[];
  readonly thinks: boolean;
  /** The schema that the answer's text has to follow as JSON; `{}` for any JSON. */
  readonly answerSchema: JsonObject | undefined;
  readonly documents: readonly CitableDocument[];
  readonly inputTokens: number;
}
