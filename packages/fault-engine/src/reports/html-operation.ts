/** One operation of the HTML report: who asked for what, its requests along the time, and each of them in words. */
import { escapeHtml } from "../providers/gateway-page.ts";
import type { Link } from "../verdicts/links.ts";
import type { Operation, OperationAttempt } from "../verdicts/operations.ts";
import { writeMs } from "../verdicts/words.ts";
import { writeCount } from "../write-count.ts";
import { attemptOutcome, requestHint, writeOutcome } from "./report.ts";

/** Requests of one operation that are drawn; a storm may have thousands. */
const maxAttempts = 40;
/** Labels nearer to each other than this, in percent of the track, would stand on each other. */
const labelPercent = 9;

/** What an attempt came to, in a word that fits onto its mark: `429`, `cut`, `open`. */
function markOf({ request, response, end, succeeded }: OperationAttempt): string {
  if (end?.how === "cut") return "cut";
  if (end?.how === "abandoned") return "left";
  if (end?.how === "unread") return "unread";
  if (response !== null && end?.how !== "failed") return String(response.status);
  if (request.method === "CONNECT") return succeeded ? "ok" : "refused";
  return end === null ? "open" : "no answer";
}

function kindOf({ succeeded, end, request }: OperationAttempt): string {
  if (succeeded) return "";
  return end === null && request.method !== "CONNECT" ? " open" : " failed";
}

const linkWords: Readonly<Record<Link["by"], string>> = {
  operation: "same x-faultwire-operation",
  idempotency: "same idempotency-key",
  "retry-count": "the SDK counts it as a retry",
  span: "same traceparent",
  "same-request": "same client, same request",
};

const certainties = { told: "retry", likely: "probably a retry", unclear: "perhaps a retry" } as const;

/** `id` of a request's row, for links to it. */
export function anchorOf(request: string): string {
  return `request-${request.replaceAll(/[^A-Za-z0-9_-]/g, (letter) => `_${letter.codePointAt(0)?.toString(16)}_`)}`;
}

/** Links to requests, by their names in the log. */
export function requestLinks(requests: readonly string[]): string {
  return requests.map((name) => `<a href="#${anchorOf(name)}">${escapeHtml(name)}</a>`).join(", ");
}

/** The operation, as HTML. `fromMs`: when the run began. */
export function operationHtml(operation: Operation, fromMs: number): string {
  const { client, outcome } = operation;
  const attempts = operation.attempts.slice(0, maxAttempts);
  const [first] = attempts;
  if (first === undefined) return "";
  const { method, host, path, model, stream } = first.request;
  const what = method === "CONNECT" ? `connection to ${host}` : `${method} ${host}${path}`;
  const last = operation.attempts.at(-1);
  const came = last?.succeeded ? "pass" : "fail";
  const traits = [
    model ?? "",
    method === "CONNECT" ? "" : stream ? "stream" : "plain",
    requestHint(first),
    client,
  ].filter((part) => part !== "");
  const more = operation.attempts.length - attempts.length;
  return `<section class="operation">
<header><h3>${escapeHtml(what)}</h3><span class="chip ${came}">${last === undefined ? "" : escapeHtml(attemptOutcome(last))}</span>${outcome === null ? "" : `<span class="chip ${outcome.outcome === "complete" ? "pass" : "unproven"}">${escapeHtml(writeOutcome(outcome))}</span>`}</header>
<p class="soft">${traits.map(escapeHtml).join(" · ")}</p>
${trackHtml(attempts, fromMs)}
<ol class="attempts">
${attempts.map((attempt, at) => attemptHtml(attempt, attempts[at - 1], fromMs)).join("\n")}
</ol>
${more > 0 ? `<p class="soft">Not shown: ${writeCount(more, "more request")}.</p>` : ""}
</section>`;
}

const endOf = ({ endedAtMs, response, beganAtMs }: OperationAttempt): number =>
  endedAtMs ?? response?.atMs ?? beganAtMs;

/** What its response asked for, as a stretch of time. */
function askedOf(attempt: OperationAttempt): readonly [number, number] | undefined {
  const asked = attempt.askedWaitMs;
  return asked === null ? undefined : [endOf(attempt), endOf(attempt) + asked];
}

function trackHtml(attempts: readonly OperationAttempt[], fromMs: number): string {
  const startMs = Math.min(...attempts.map(({ beganAtMs }) => beganAtMs));
  const lastMs = Math.max(...attempts.map(endOf));
  const askedMs = Math.max(lastMs, ...attempts.map((attempt) => askedOf(attempt)?.[1] ?? 0));
  // A client that does not come back leaves a bracket; one of an hour would leave nothing of what happened.
  const untilMs = Math.min(askedMs, startMs + Math.max(1, 3 * (lastMs - startMs)));
  const spanMs = Math.max(1, untilMs - startMs);
  const percent = (ms: number): number => (100 * Math.min(Math.max(ms, 0), spanMs)) / spanMs;
  const place = (atMs: number, toMs: number): string =>
    `style="left:${percent(atMs - startMs).toFixed(3)}%;width:${(percent(toMs - startMs) - percent(atMs - startMs)).toFixed(3)}%"`;
  let html = "";
  const taken = { low: -labelPercent, high: -labelPercent };
  for (const [at, attempt] of attempts.entries()) {
    const before = attempts[at - 1];
    if (before !== undefined && attempt.beganAtMs > endOf(before))
      html += `<span class="wait" ${place(endOf(before), attempt.beganAtMs)}></span>`;
    const asked = askedOf(attempt);
    if (asked) {
      const words = escapeHtml(`retry-after: ${writeMs(asked[1] - asked[0])}`);
      html += `<span class="asked" role="img" ${place(...asked)} title="${words}" aria-label="${words}"></span>`;
    }
    const words = escapeHtml(inWords(attempt, fromMs));
    const injected = attempt.carriedOut?.type === "done" ? " injected" : "";
    html += `<span class="bar${kindOf(attempt)}${injected}" role="img" ${place(attempt.beganAtMs, endOf(attempt))} title="${words}" aria-label="${words}"></span>`;
    const left = percent(attempt.beganAtMs - startMs);
    const row =
      left - taken.low >= labelPercent ? "low" : left - taken.high >= labelPercent ? "high" : undefined;
    if (row === undefined) continue;
    taken[row] = left;
    const where = `${row === "high" ? " high" : ""}${left > 85 ? " end" : ""}`;
    const at100 = left > 85 ? Math.max(left, percent(endOf(attempt) - startMs)) : left;
    html += `<a class="mark${kindOf(attempt)}${where}" href="#${anchorOf(attempt.request.request)}" style="left:${at100.toFixed(3)}%">${escapeHtml(markOf(attempt))}</a>`;
  }
  return `<div class="track">${html}</div>
<div class="axis"><span>${writeMs(startMs - fromMs)}</span><span>${writeMs(untilMs - fromMs)}</span></div>`;
}

function inWords(attempt: OperationAttempt, fromMs: number): string {
  const { request, decision, carriedOut, askedWaitMs: asked } = attempt;
  const rule = decision === null ? "" : `, hit by ${decision.rule} (${decision.fault})`;
  const undone = carriedOut?.type === "undone" ? `, not carried out: ${carriedOut.reason}` : "";
  const instead =
    carriedOut?.type === "done" && carriedOut.instead !== undefined ? `, instead: ${carriedOut.instead}` : "";
  const retry = asked === null ? "" : `, retry after ${writeMs(asked)}`;
  return `${request.request} at ${writeMs(attempt.beganAtMs - fromMs)}: ${attemptOutcome(attempt)}${rule}${undone}${instead}${retry}`;
}

function attemptHtml(
  attempt: OperationAttempt,
  before: OperationAttempt | undefined,
  fromMs: number,
): string {
  const { request, response, link } = attempt;
  const id =
    response?.requestId === undefined ? "" : ` <span class="soft">${escapeHtml(response.requestId)}</span>`;
  return `<li id="${anchorOf(request.request)}">${linkHtml(attempt, before, link)}${escapeHtml(inWords(attempt, fromMs))}${id}</li>`;
}

function linkHtml(
  attempt: OperationAttempt,
  before: OperationAttempt | undefined,
  link: Link | null,
): string {
  if (link === null || before === undefined) return "";
  const waited = writeMs(Math.max(0, attempt.beganAtMs - endOf(before)));
  const call = link.isNewCall ? ", as a new call of the SDK" : "";
  return `<span class="soft">↻ ${certainties[link.certainty]} after ${waited} (${linkWords[link.by]}${call}):</span> `;
}
