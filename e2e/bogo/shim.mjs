// BoGo's shim: runs all the time, since a Node for each of thousands of tests would take many minutes, and is asked through
// launch.go. The name is BoGo's; what it drives is the bridge.
import { once } from "node:events";
import { createServer } from "node:net";
import { exchange } from "./exchange.mjs";
import { readFlags, Unimplemented } from "./flags.mjs";

/** What the runner takes for "this shim does not do that". */
const UNIMPLEMENTED = 89;

/** Does one test. @param args - each character is one byte */
async function answerFor(args, signal) {
  try {
    const { initial, resume } = readFlags(args);
    if (initial["-is-handshaker-supported"]) return { status: 0, stdout: "No\n", stderr: "" };
    const resumptions = Number(initial["-resume-count"]?.at(-1) ?? 0);
    if (resumptions > 0 && !resume["-expect-session-miss"])
      throw new Unimplemented("a session that is resumed");
    for (let at = 0; at <= resumptions; at++) {
      const wrong = await exchange(at === 0 ? initial : resume, signal);
      if (wrong !== undefined) return { status: 1, stdout: "", stderr: `${wrong}\n` };
    }
    return { status: 0, stdout: "", stderr: "" };
  } catch (error) {
    if (error instanceof Unimplemented)
      return { status: UNIMPLEMENTED, stdout: "", stderr: `${error.message}\n` };
    return { status: 1, stdout: "", stderr: `:shim: ${error.stack}\n` };
  }
}

/** Starts it at a socket in the file system. @returns `close()` */
export async function startShim(path) {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const aborting = new AbortController();
    // The runner kills what takes too long.
    socket.on("error", () => {}).on("close", () => aborting.abort());
    let text = "";
    socket.setEncoding("latin1").on("data", (chunk) => (text += chunk));
    socket.on("end", () => {
      void answerFor(text.split("\0"), aborting.signal).then((answer) => socket.end(JSON.stringify(answer)));
    });
  });
  server.listen(path);
  await once(server, "listening");
  return { close: () => server.close() };
}
