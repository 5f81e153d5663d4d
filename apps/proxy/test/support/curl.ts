/** curl through a proxy under test. */
import { execFile } from "node:child_process";
import type { ProxyUnderTest } from "./running-proxy.ts";

export interface CurlResult {
  readonly exit: number;
  readonly out: string;
}

/** Trusts the proxy's CA, speaks HTTP/1.1, and gives up after 20 s. */
export function curl({ proxy, caPath }: ProxyUnderTest, ...args: string[]): Promise<CurlResult> {
  const of = ["--noproxy", "", "--proxy", proxy.url, "--cacert", caPath, "--max-time", "20"];
  const all = ["-sS", "--http1.1", "--suppress-connect-headers", ...of, ...args];
  return new Promise((resolve) => {
    execFile("curl", all, (error, stdout) => resolve({ exit: Number(error?.code ?? 0), out: stdout }));
  });
}
