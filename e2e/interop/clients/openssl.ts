import type { InteropClient, Task } from "../../../apps/cli/test/suite/intercept/client.ts";
import { type Terminal, typedClient } from "./typed-client.ts";

/** `openssl s_client` through a proxy, quiet, with its commands (`K`, `k`, `R`) left on. */
export const sClient = (
  { proxyUrl, host, caFile }: Pick<Task, "proxyUrl" | "host" | "caFile">,
  ...flags: readonly string[]
): readonly string[] => [
  "openssl",
  "s_client",
  ...["-proxy", new URL(proxyUrl).host, "-connect", `${host}:443`, "-servername", host],
  ...["-CAfile", caFile, "-verify_hostname", host, "-verify_return_error"],
  ...["-quiet", "-no_ign_eof", ...flags],
];

/** Types a command letter and waits until the program says that it did it. */
export async function command(terminal: Terminal, letter: string, says: string): Promise<void> {
  const before = terminal.stderr.split(says).length;
  terminal.type(`${letter}\n`);
  await terminal.until(says, () => terminal.stderr.split(says).length > before);
}

/** TLS 1.3 with a key update after every answer: `K` asks for the peer's as well, `k` does not. */
export const openssl: InteropClient = typedClient({
  name: "openssl",
  command: (task) => sClient(task, "-tls1_3"),
  between: (terminal, number) => command(terminal, number % 2 === 0 ? "K" : "k", "KEYUPDATE"),
});

/** TLS 1.2. */
export const opensslTls12: InteropClient = typedClient({
  name: "openssl-tls1.2",
  command: (task) => sClient(task, "-tls1_2"),
});
