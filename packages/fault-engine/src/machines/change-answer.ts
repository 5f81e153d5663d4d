import type { ModelFault } from "../faults/model-faults.ts";
import { isJsonObject } from "../json-value.ts";
import { type AnswerChange, type ChangedAnswer, SAME } from "../providers/provider-profile.ts";
import { PROVIDERS } from "../providers/provider-table.ts";

/** What stands in place of a tool's input: sound JSON that fits no tool. */
const GARBLED = { garbled: true };
const GARBLED_TEXT: string = JSON.stringify(GARBLED);

/**
 * Changes answers of model APIs, whole ones and the pieces of streams, so that they stay well-formed. Remembers which
 * tool inputs it has already replaced, because a stream brings them in pieces.
 */
export class AnswerChanger {
  readonly #change: AnswerChange;
  readonly #garbled = new Set<string>();
  readonly #happened = new Set<string>();

  constructor(fault: ModelFault) {
    this.#change = {
      fault,
      garbled: GARBLED,
      garbledText: (tool) => this.#garble(tool),
      wholeGarbledText: GARBLED_TEXT,
      isFirst: (what) => this.#isFirst(what),
    };
  }

  /** Changes one JSON value: a body, or the data of an event. */
  change(json: unknown): ChangedAnswer {
    if (!isJsonObject(json)) return SAME;
    for (const profile of Object.values(PROVIDERS)) {
      const answer = profile.changeAnswer(json, this.#change);
      if (answer !== undefined) return answer;
    }
    return SAME;
  }

  #isFirst(what: string): boolean {
    if (this.#happened.has(what)) return false;
    this.#happened.add(what);
    return true;
  }

  #garble(tool: string): string {
    if (this.#garbled.has(tool)) return "";
    this.#garbled.add(tool);
    return GARBLED_TEXT;
  }
}
