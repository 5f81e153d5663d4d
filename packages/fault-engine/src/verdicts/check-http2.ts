/** Whether a client sends again what may have been done, and whether it leaves a connection that it is told to leave. */

import { writeCount } from "../write-count.ts";
import type { Attempt } from "./attempts.ts";
import type { Check, Severity, Told } from "./check.ts";
import { type Looked, repeatProof, type VerdictOutcome } from "./demands.ts";
import { countRepeats, withoutSpent } from "./hits.ts";
import type { Operation } from "./operations.ts";

/** So many requests on a connection that is to be left are no slip any more. */
const hammers = 3;

/** Whether requests that may have been worked on, and are not idempotent, are left alone. */
export function checkMayBeDone(subject: string, { operations, isHit }: Looked): Told {
  const counted = withoutSpent(operations, isHit).map((operation) => ({
    first: operation.attempts[0]!,
    ...countRepeats(operation, isHit),
  }));
  // The same request again may be another one of the program's own: only what is told as a retry is held against it.
  const sure = counted.filter(({ told }) => told > 0);
  const open = counted.filter(({ likely, unclear }) => likely + unclear > 0);
  const outcome: VerdictOutcome =
    sure.length > 0 ? "fail" : open.length > 0 ? "unproven" : counted.length > 0 ? "pass" : "untested";
  const shown = outcome === "fail" ? sure : outcome === "unproven" ? open : [];
  const phrases = {
    pass: `does not send again what ${subject} may have left done`,
    fail: `sends again what ${subject} may have left done`,
    unproven: `whether it sends again what ${subject} may have left done is not shown`,
    untested: `met ${subject} only after retries`,
  };
  return {
    finding: {
      outcome,
      expected: "what may have been worked on is sent again only if it is idempotent",
      found: `${sure.length} of ${writeCount(counted.length, "operation")} sent again${open.length > 0 ? `, ${open.length} that can't be told` : ""}`,
      ...(outcome === "unproven" && { proof: repeatProof }),
      shown: shown.map(({ first }) => first),
    },
    severity: "low",
    phrase: phrases[outcome],
    advice:
      "Send an idempotency-key with it, if the API knows one. Without one, send again only what is idempotent by its method, or what HTTP/2 says was not worked on: REFUSED_STREAM, or a stream above the last one of a GOAWAY.",
  };
}

/** Whether clients ask on another connection once they have read a GOAWAY; `undefined` where none was sent. */
export function checkGoaway(operations: readonly Operation[]): Check | undefined {
  const attempts = operations.flatMap((operation) => operation.attempts);
  const told = new Map<string, Attempt>();
  for (const attempt of attempts)
    if (attempt.decision?.fault === "http2.goaway" && attempt.carriedOut?.type === "done")
      told.set(attempt.request.connection, attempt);
  if (told.size === 0) return undefined;
  const later = attempts.filter((attempt) => isLater(attempt, told));
  const stayed = later.filter(({ request }) => request.afterGoaway);
  const moved = later.filter(({ request }) => !told.has(request.connection));
  const crossed = later.filter(({ request }) => told.has(request.connection) && !request.afterGoaway);
  const outcome = outcomeOf(stayed.length, moved.length, crossed.length);
  const severity: Severity = stayed.length >= hammers ? "high" : "medium";
  const phrases = {
    pass: "asks on another connection after a GOAWAY",
    fail: `asks ${writeCount(stayed.length, "more time")} on a connection whose GOAWAY it has read`,
    unproven: "whether it leaves a connection after a GOAWAY is not shown",
    untested: "asked nothing more after a GOAWAY",
  };
  const shown = outcome === "fail" ? stayed : outcome === "unproven" ? crossed : [];
  return {
    check: "leavesGoneConnection",
    subject: "GOAWAY",
    faults: ["http2.goaway"],
    outcome,
    severity,
    expected: "a request after a GOAWAY goes on another connection",
    found: `${writeCount(moved.length, "request")} on another connection, ${stayed.length} on the same one, ${crossed.length} that may have crossed with it`,
    proof:
      outcome === "unproven" ? "an answer to the PING that follows the GOAWAY, or a later request" : null,
    phrase: phrases[outcome],
    advice:
      "Open a new connection as soon as a GOAWAY is read, and let what is under way on the old one end there. Nothing that is asked on it later is answered.",
    requests: shown.slice(0, 10).map(({ request }) => request.request),
  };
}

function outcomeOf(stayed: number, moved: number, crossed: number): VerdictOutcome {
  if (stayed > 0) return "fail";
  if (moved > 0) return "pass";
  return crossed > 0 ? "unproven" : "untested";
}

/** Whether a request was asked after a client of the same name was told to leave one of its connections. */
function isLater({ client, beganAtMs, request }: Attempt, told: ReadonlyMap<string, Attempt>): boolean {
  if (request.method === "CONNECT" && request.path === "") return false;
  for (const before of told.values())
    if (
      before.client === client &&
      before.request.request !== request.request &&
      beganAtMs >= (before.carriedOut?.atMs ?? 0)
    )
      return true;
  return false;
}
