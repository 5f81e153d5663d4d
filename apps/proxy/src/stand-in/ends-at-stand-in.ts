import type { ProxyContext } from "../proxy-context.ts";
import type { Authority } from "../upstream/authority.ts";

/** Whether connections to that authority end at what stands in for it: a mock, or a replay. */
export function endsAtStandIn(
  { standIn, dialler }: Pick<ProxyContext, "standIn" | "dialler">,
  authority: Authority,
): boolean {
  if (!standIn) return false;
  const { host, port } = dialler.leads(authority);
  return host === "127.0.0.1" && port === standIn.port;
}
