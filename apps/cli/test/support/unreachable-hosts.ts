/** What tests of hosts that can't be reached ask, and where they look: one connection fails, everything else goes on. */
import { execFile } from "node:child_process";
import type { Server } from "node:net";
import { expect } from "vitest";
import type { RunningFaultwire } from "../faultwire-process.ts";
import { openTunnel } from "../tunnel-client.ts";

/** Listens on a free port of loopback. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as { port: number }).port;
}

/** A port of loopback at which nobody listens any more. */
export async function refusingPort(server: Server): Promise<number> {
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** curl through a proxy: its exit status, and the status of the answer; 000 without one. */
export function curl(
  { ready: { proxy = "", caCert } }: RunningFaultwire,
  ...args: readonly string[]
): Promise<{ exit: number; status: string }> {
  // The reference host has no CA: it intercepts nothing.
  const trusted = caCert ? ["--cacert", caCert] : [];
  const all = ["-sS", "--proxy", proxy, ...trusted, "-o", "/dev/null", "-w", "%{http_code}", ...args];
  return new Promise((resolve) => {
    execFile("curl", all, (error, stdout) => resolve({ exit: Number(error?.code ?? 0), status: stdout }));
  });
}

/** Lines of the log with this event. */
export const logged = ({ stderr }: RunningFaultwire, event: string): readonly Record<string, unknown>[] =>
  stderr()
    .trim()
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line["event"] === event);

/** A tunnel that is open all the time, and a new request to `url`, are as good as before something is done. */
export async function expectUntouched<T>(
  faultwire: RunningFaultwire,
  url: string,
  what: () => Promise<T>,
): Promise<T> {
  const { protocol, hostname } = new URL(url);
  const port = protocol === "https:" ? 443 : 80;
  const tunnel = await openTunnel(faultwire.ready.proxy ?? "", `${hostname}:${port}`);
  let isOver = false;
  tunnel.on("close", () => {
    isOver = true;
  });
  const before = await curl(faultwire, url);
  const result = await what();
  expect(before.exit).toBe(0);
  expect(await curl(faultwire, url)).toEqual(before);
  expect(isOver).toBe(false);
  tunnel.destroy();
  return result;
}
