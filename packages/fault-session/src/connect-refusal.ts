/** A client asks a proxy for a connection to a target: whether it is refused, and what it gets then. */
import { type ConnectVerdict, faultResponse, SOCKS_REPLIES } from "@faultwire/fault-engine";
import { type Header, type HttpResponse, headerValue } from "@faultwire/http1";
import { connectedAlready } from "./connected-already.ts";
import { Acquaintance, type Introducer } from "./introduction.ts";
import type { NewConnect } from "./policy.ts";

/** What a proxy does with a client that gets no connection. */
export type RefusalPlan =
  /** It says this: a response to a client of HTTP, a reply (RFC 1928 section 6) to one of SOCKS; so many milliseconds late. */
  | {
      readonly kind: "answer";
      readonly response: HttpResponse;
      readonly socksReply: number;
      readonly afterMs: number;
    }
  /** It says what it says of a name that does not resolve. `marker` is the value of `x-faultwire`; `null` leaves it out. */
  | { readonly kind: "unresolved"; readonly marker: string | null }
  | { readonly kind: "reset" }
  /** It says nothing, and closes the connection after so long; `null` is never. */
  | { readonly kind: "silence"; readonly forMs: number | null };

/** A refusal that a rule asks for. */
export interface ConnectRefused {
  readonly plan: RefusalPlan;
  /** Says once what became of it: done, or why not. */
  readonly outcome: (undoneReason: string | null) => void;
}

/** What the rules say of a client's asking. */
export interface MetConnect {
  /** For the question about the connection, where it comes about: see `NewConnection`. */
  readonly verdict: ConnectVerdict;
  readonly refused: ConnectRefused | undefined;
}

/**
 * Asks the policy about a client that wants a connection to a target.
 *
 * @returns undefined where no rule is for that moment.
 */
export function meetConnect(
  introducer: Pick<Introducer, "now" | "openedAtMs" | "policy">,
  asked: NewConnect,
): MetConnect | undefined {
  const answer = introducer.policy.connect?.(asked);
  if (!answer) return undefined;
  const { facts, verdict } = answer;
  const { decision } = verdict;
  if (!decision) return { verdict, refused: undefined };
  const met = new Acquaintance(introducer, asked.host, { facts, decision });
  const { fault, marker } = decision;
  if (fault.kind !== "connect.refuse") {
    met.outcome(connectedAlready);
    return { verdict, refused: undefined };
  }
  return { verdict, refused: { plan: planOf(fault.refusal, marker), outcome: (why) => met.outcome(why) } };
}

type Refusal = Extract<
  NonNullable<ConnectVerdict["decision"]>["fault"],
  { readonly kind: "connect.refuse" }
>["refusal"];

function planOf(refusal: Refusal, marker: string | null): RefusalPlan {
  switch (refusal.kind) {
    case "answer": {
      const { answer, socks, afterMs } = refusal;
      const response = faultResponse(answer, { requestId: "", nowMs: 0, marker });
      return {
        kind: "answer",
        response: { ...response, headers: withChallenge(response) },
        socksReply: SOCKS_REPLIES[socks],
        afterMs,
      };
    }
    case "dns":
      return { kind: "unresolved", marker };
    case "reset":
    case "silence":
      return refusal;
    default:
      return refusal satisfies never;
  }
}

/** A 407 has to say which credentials are wanted (RFC 9110 section 15.5.8), or clients take it for broken. */
function withChallenge({ status, headers }: HttpResponse): readonly Header[] {
  if (status !== 407 || headerValue(headers, "proxy-authenticate") !== undefined) return headers;
  return [["proxy-authenticate", 'Basic realm="proxy"'], ...headers];
}
