// The task of a client in Node: read from standard input, its answers printed as JSON.
import { text } from "node:stream/consumers";

/** Runs `ask` as often as the task says, one after the other. */
export async function carryOut(ask) {
  const task = JSON.parse(await text(process.stdin));
  const answers = [];
  for (let i = 0; i < task.count; i++) answers.push(await ask(task));
  process.stdout.write(JSON.stringify(answers));
}
