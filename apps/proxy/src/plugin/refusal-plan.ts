/** A plugin's refusal, as the front carries it out. */
import {
  ConnectionProtocolError,
  connectionLimits,
  type Refuse,
  type RefuseAnswer,
} from "@faultwire/connection-protocol";
import type { RefusalPlan } from "@faultwire/fault-session/internal";
import { checkHeader } from "@faultwire/http1/internal";

/** @throws ConnectionProtocolError `bad-message` for one that can't be carried out */
export function refusalPlan({ how }: Refuse): RefusalPlan {
  switch (how.case) {
    case "answer":
      return answerPlan(how.value);
    case "unresolved":
      return { kind: "unresolved", marker: how.value.marker ?? null };
    case "reset":
      return { kind: "reset" };
    case "silence":
      return { kind: "silence", forMs: how.value.forMs === undefined ? null : checkMs(how.value.forMs) };
    case undefined:
      throw new ConnectionProtocolError(
        "bad-message",
        "a refusal that says nothing, or nothing that is known",
      );
    default:
      return how satisfies never;
  }
}

function answerPlan({ status, headers, body, socksReply, afterMs }: RefuseAnswer): RefusalPlan {
  const { maxHeaders, maxBytes } = connectionLimits;
  if (status < 200 || status > 599 || socksReply < 1 || socksReply > 255)
    throw new ConnectionProtocolError(
      "bad-message",
      `a refusal with status ${status} and SOCKS reply ${socksReply}; 200 to 599 and 1 to 255 expected`,
    );
  if (headers.length > maxHeaders || body.length > maxBytes)
    throw new ConnectionProtocolError(
      "bad-message",
      `a refusal with ${headers.length} header fields and a body of ${body.length} bytes; up to ${maxHeaders} and ${maxBytes} expected`,
    );
  for (const { name, value } of headers) {
    try {
      checkHeader([name, value]);
    } catch {
      throw new ConnectionProtocolError(
        "bad-message",
        "a refusal with a header field that HTTP does not allow",
      );
    }
  }
  const response = { status, headers: headers.map(({ name, value }) => [name, value] as const), body };
  return { kind: "answer", response, socksReply, afterMs: checkMs(afterMs) };
}

function checkMs(ms: number): number {
  if (!(ms >= 0)) throw new ConnectionProtocolError("bad-message", `a time of ${ms} ms; 0 or more expected`);
  return ms;
}
