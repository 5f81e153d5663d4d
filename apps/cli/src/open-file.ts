/** Shows a file in the program that the system has for it. */
import { spawn } from "node:child_process";

/** The command that opens a file, by `process.platform`; xdg-open elsewhere. */
const openers: Readonly<Record<string, readonly [string, ...string[]]>> = {
  darwin: ["open"],
  // The empty text is the title of a window, for which `start` would take a path in quotes.
  win32: ["cmd", "/c", "start", ""],
};

/**
 * Opens a file, and waits for nothing but the start of the program that shows it.
 *
 * @returns why that could not be started, in words; `undefined` where it was.
 */
export function openFile(path: string, platform: string = process.platform): Promise<string | undefined> {
  const [command, ...args] = openers[platform] ?? ["xdg-open"];
  return new Promise((resolve) => {
    const child = spawn(command, [...args, path], { detached: true, stdio: "ignore" });
    child.once("spawn", () => {
      child.unref();
      resolve(undefined);
    });
    child.once("error", (error: NodeJS.ErrnoException) =>
      resolve(`${command} can't be started (${error.code ?? error.message})`),
    );
  });
}
