/** A fault policy in the words of tunnels that stay closed: closes of connections, answers to plain requests. */
import { type Decision, faultResponse, requestId } from "@faultwire/fault-engine";
import type { ConnectionMoment, FaultPolicy, ResponseFault, TunnelPolicy } from "@faultwire/tunnel";

/** @param now - Milliseconds on the clock of events. */
export function tunnelPolicy(policy: FaultPolicy, now: () => number): TunnelPolicy {
  const tell = (decision: Decision, connection: string, request: string | null, reason?: string): void => {
    const { rule, fault, matchNumber } = decision;
    const told = { atMs: now(), request, connection, rule, fault: fault.kind };
    policy.record({ type: "decision", ...told, matchNumber });
    policy.record(reason === undefined ? { type: "done", ...told } : { type: "undone", ...told, reason });
  };
  return {
    isTarget: (host) => policy.isTarget(host),
    connection({ protocol, host, alpnProtocols }) {
      const way = protocol === "tls" ? "opaque" : "plain";
      const { facts, decision } = policy.connection({
        way,
        host,
        alpnProtocols,
        clientHello: undefined,
        userAgent: undefined,
      });
      policy.record({
        type: "connection",
        atMs: now(),
        connection: facts.connection,
        client: facts.client,
        host,
      });
      if (decision === null) return undefined;
      const at = momentOf(decision);
      tell(decision, facts.connection, null, at === undefined ? "not yet possible in a tunnel" : undefined);
      return at && { kind: "close", at };
    },
    request({ host, method, target, headers }): ResponseFault | undefined {
      const userAgent = headers.find(([name]) => name.toLowerCase() === "user-agent")?.[1];
      const { facts } = policy.connection({
        way: "plain",
        host,
        alpnProtocols: [],
        clientHello: undefined,
        userAgent,
      });
      const found = policy.request({ ...facts, method, target, headers, body: null });
      if (found.kind !== "fault") return undefined;
      const { decision } = found;
      const { fault, rule, matchNumber, marker } = decision;
      const known = fault.kind === "http.error" ? fault.answer : undefined;
      tell(
        decision,
        facts.connection,
        null,
        known === undefined ? "not yet possible in a tunnel" : undefined,
      );
      if (known === undefined) return undefined;
      const id = requestId("anthropic", rule, matchNumber);
      return { kind: "respond", ...faultResponse(known, { requestId: id, nowMs: Date.now(), marker }) };
    },
  };
}

function momentOf({ fault }: Decision): ConnectionMoment | undefined {
  if (fault.kind !== "connection.close" || fault.at.kind !== "moment") return undefined;
  const { moment } = fault.at;
  if (moment === "response-head") return undefined;
  return moment === "request" ? "application-data" : moment;
}
