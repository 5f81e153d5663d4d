import type { Conversation } from "../model/conversation.ts";
import type { Script, ScriptTurn } from "./script.ts";

/**
 * The first turn whose conditions all hold. It follows from the request alone: a script remembers nothing, so that the
 * same conversation gets the same answer in any order, twice and in parallel.
 */
export const chooseTurn = (script: Script, conversation: Conversation): ScriptTurn | undefined =>
  script.turns.find(({ when, call }) => {
    const { message, afterTool, turn, model } = when;
    const { lastUserText, answeredTools, assistantTurns, mayCall } = conversation;
    if (message && !message(lastUserText)) return false;
    if (afterTool !== undefined && !answeredTools.includes(afterTool)) return false;
    if (turn !== undefined && assistantTurns + 1 !== turn) return false;
    if (model && !model(conversation.model)) return false;
    // A model that may not call is not made to.
    return mayCall || call.every(({ result }) => result !== undefined);
  });
