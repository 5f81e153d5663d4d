// Loaded into a command that is measured, before it: answers questions about its memory.
import { answerParent } from "../support/child.mjs";

answerParent({});
