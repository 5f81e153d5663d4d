/** Several faults of one rule: which go together, in which order they work, and which of them the rule is about. */
import type { Fault, FaultKind } from "./fault.ts";

/** A fault, and those that happen to the same response beside it. */
export interface ComposedFault {
  readonly fault: Fault;
  /** In the order in which they work. */
  readonly also: readonly Fault[];
}

/**
 * The order in which faults that belong together work on a response, from the upstream to the client: what a budget and
 * then the rule say in its head, what the answer says, which events come, how fast they come, where they fail, how the body comes, how
 * its bytes come.
 */
export const PIPELINE: readonly FaultKind[] = [
  "http.rate-limit",
  "http.headers",
  "model.stop-reason",
  "model.empty-content",
  "model.garble-tool-input",
  "model.fallback",
  "stream.drop",
  "stream.duplicate",
  "stream.reorder",
  "stream.damage",
  "stream.pace",
  "stream.error-event",
  "stream.stall",
  "stream.cut",
  "stream.split",
  "http.truncate",
  "http.delay",
  "connection.latency",
  "connection.slice",
  "connection.corrupt",
  "connection.throttle",
];

/** Puts faults into the order of {@link PIPELINE}; of error events the latest works first, so that each counts the stream's own. */
export function inPipelineOrder(faults: readonly Fault[]): Fault[] {
  return faults.toSorted(
    (a, b) => PIPELINE.indexOf(a.kind) - PIPELINE.indexOf(b.kind) || placeOf(b) - placeOf(a),
  );
}

/** The same for people to read: of error events the first of the stream comes first. */
export function inStreamOrder(faults: readonly Fault[]): Fault[] {
  return faults.toSorted(
    (a, b) => PIPELINE.indexOf(a.kind) - PIPELINE.indexOf(b.kind) || placeOf(a) - placeOf(b),
  );
}

/** How late an error event comes, as far as two of them can be compared. */
function placeOf(fault: Fault): number {
  if (fault.kind !== "stream.error-event") return 0;
  const { at } = fault;
  if (at.kind === "before-end" || at.kind === "before") return Number.MAX_SAFE_INTEGER;
  if (at.kind === "events") return at.events;
  return at.kind === "bytes" ? at.bytes : 0;
}

/** Whether nothing comes behind a fault's point. */
function isEnd(fault: Fault): boolean {
  if (fault.kind === "stream.error-event") return fault.stop !== "none";
  if (fault.kind === "stream.stall") return fault.forMs === null;
  return fault.kind === "stream.cut" || fault.kind === "http.truncate";
}

/** How much a fault is what the rule is about: the first of these kinds that there is. */
const WEIGHTS: readonly (readonly FaultKind[])[] = [
  ["http.rate-limit"],
  ["stream.cut", "http.truncate"],
  ["stream.error-event"],
  ["stream.stall"],
];

/** What `faults` are together, or, as a text, why they contradict each other. */
export function compose(faults: readonly Fault[]): ComposedFault | string {
  const [only] = faults;
  if (faults.length === 1 && only) return { fault: only, also: [] };
  const late = lateAnswer(faults);
  if (late !== undefined) return typeof late === "string" ? late : { fault: late, also: [] };
  const stranger = faults.find((fault) => !goesWithOthers(fault));
  if (stranger) {
    const other = faults.find((fault) => fault !== stranger);
    return `expected no ${other?.kind} beside ${stranger.kind}: ${whyAlone(stranger)}; ${remedy(stranger)}`;
  }
  const ends = faults.filter(isEnd);
  if (ends.length > 1)
    return `expected no ${ends[1]?.kind} beside ${ends[0]?.kind}: nothing comes behind either of them`;
  const kinds = faults.map(({ kind }) => kind);
  if (kinds.includes("model.empty-content") && kinds.includes("model.garble-tool-input"))
    return "expected no model.garble-tool-input beside model.empty-content: an answer without content calls no tool";
  const ordered = inPipelineOrder(faults);
  const fault = mainFault(ordered);
  return { fault, also: ordered.filter((one) => one !== fault) };
}

/**
 * A delay and an answer of ours are one fault, as a delay and an error are: the answer comes late. A text says why they can't
 * be; `undefined` is for faults that are something else.
 */
export function lateAnswer(faults: readonly Fault[]): Fault | string | undefined {
  const [one, other, ...more] = faults;
  const delay = [one, other].find((fault) => fault?.kind === "http.delay");
  const answer = [one, other].find((fault) => fault !== undefined && fault !== delay);
  if (more.length > 0 || delay?.kind !== "http.delay" || answer === undefined) return undefined;
  const isAnswer =
    answer.kind === "http.empty" ||
    answer.kind === "http.malformed" ||
    (answer.kind === "grpc.status" && answer.afterMessages === null);
  if (!isAnswer) return undefined;
  if (delay.beforeHead === null || delay.beforeBody !== null || delay.perChunk !== null)
    return `expected beforeHead alone in the delay of ${answer.kind}, which comes in one piece`;
  return { ...answer, late: delay.beforeHead };
}

/** A connection's fault and a request's can strike both; of the rules that a request meets, one does. */
function remedy({ kind }: Fault): string {
  const isBefore = kind.startsWith("connect.") || kind.startsWith("tls.");
  return isBefore ? "write two rules" : "take one of them away";
}

/** The one of several faults that a rule is about. Headers that change ask nothing of a client, so they are it only alone. */
export function mainFault(ordered: readonly Fault[]): Fault {
  for (const kinds of WEIGHTS) {
    const found = ordered.filter(({ kind }) => kinds.includes(kind));
    const main = found.find(isEnd) ?? found[0];
    if (main) return main;
  }
  return ordered.find(({ kind }) => kind !== "http.headers") ?? ordered[0]!;
}

function goesWithOthers(fault: Fault): boolean {
  if (!PIPELINE.includes(fault.kind)) return false;
  if (fault.kind === "connection.latency") return fault.per === "chunk";
  return !("from" in fault) || fault.from === "server";
}

function whyAlone(fault: Fault): string {
  const { kind } = fault;
  if (kind === "http.error" || kind === "http.empty" || kind === "http.malformed")
    return "it answers in the place of the upstream";
  if (fault.kind === "connection.latency")
    return "it is about the request; http.delay with beforeHead makes a response late";
  if (kind.startsWith("connection."))
    return "it is about more than a response, of which several faults have to be";
  return "it is not about a response's body, as several faults have to be";
}
