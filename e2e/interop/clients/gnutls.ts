import type { InteropClient, Task } from "../../../apps/cli/test/suite/intercept/client.ts";
import { type Terminal, typedClient } from "./typed-client.ts";

/** `gnutls-cli`, told to begin in clear. */
export const gnutlsCli = (
  { proxyUrl, host, caFile }: Pick<Task, "proxyUrl" | "host" | "caFile">,
  priority: string,
): readonly string[] => [
  "gnutls-cli",
  ...["--starttls", "--inline-commands"],
  ...["--x509cafile", caFile, "--sni-hostname", host, "--verify-hostname", host],
  ...["--priority", priority, "--port", new URL(proxyUrl).port, new URL(proxyUrl).hostname],
];

/** It knows no proxies, but it has STARTTLS: the CONNECT is typed in clear, SIGALRM begins the handshake. */
export async function openTunnel(terminal: Terminal, { host }: Pick<Task, "host">): Promise<void> {
  await terminal.until("its connection", () => terminal.stdout.includes("Simple Client Mode"));
  terminal.type(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n`);
  await terminal.until("the answer to CONNECT", () => terminal.stdout.includes("HTTP/1.1 200 "));
  terminal.signal("SIGALRM");
  await terminal.until("the handshake", () => terminal.stdout.includes("- Options:"));
}

/** TLS 1.3 with a key update after every other answer: GnuTLS takes eight in a second, and gives up at the next. */
export const gnutls: InteropClient = typedClient({
  name: "gnutls",
  command: (task) => gnutlsCli(task, "NORMAL:-VERS-ALL:+VERS-TLS1.3"),
  open: openTunnel,
  async between(terminal, number) {
    if (number % 2 === 1) return;
    terminal.type("^rekey^\n");
    await terminal.until("the key update", () => /rekey/i.test(terminal.stdout.toString()));
  },
});

/** TLS 1.2. */
export const gnutlsTls12: InteropClient = typedClient({
  name: "gnutls-tls1.2",
  command: (task) => gnutlsCli(task, "NORMAL:-VERS-ALL:+VERS-TLS1.2"),
  open: openTunnel,
});
