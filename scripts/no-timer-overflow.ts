/**
 * Fails a test file in which a timer was made that Node can't hold: Node fires it at once, and what re-arms it spins.
 * Set up by vitest for every test file.
 */
import { afterAll } from "vitest";

// Taken now, since a test may put its own clock in their place.
const { setImmediate } = globalThis;
const messages: string[] = [];
const note = (warning: Error): void => {
  if (warning.name === "TimeoutOverflowWarning") messages.push(warning.message);
};
process.on("warning", note);

afterAll(async () => {
  // Warnings are told a tick later.
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", note);
  if (messages.length > 0) throw new Error(`a timer is too long for Node: ${messages[0]}`);
});
