/** What became of a request, in words: the same in lines for people and in the log. */
import type { DoneEvent, ExchangeEnd, UndoneEvent } from "@faultwire/fault-engine";
import { writeCount, writeGrpc, writeWebSocket } from "@faultwire/fault-engine/internal";
import type { FinishedRequest } from "./finished-request.ts";
import { durationText, plainText } from "./plain-text.ts";

/** How an exchange ended that was not whole. */
const ends: Readonly<Record<ExchangeEnd, string | null>> = {
  complete: null,
  cut: "cut short",
  failed: "no answer",
  abandoned: "the client went away",
  unread: "the client did not read all of it",
};

/** How much a reader should mind it. */
export type Tone = "passed" | "fault" | "undone";

/** The verdict on a request. */
export function requestTone({ outcomes, response, end }: FinishedRequest): Tone {
  if (outcomes.some(({ type }) => type === "undone") || response?.standsIn) return "undone";
  if (outcomes.length > 0) return "fault";
  return end === "complete" ? "passed" : "undone";
}

/** Which rule did what to it; `passed` where none did. */
export function whatHappened(request: FinishedRequest): string {
  const { outcomes, response, end } = request;
  const said = outcomes.map(outcomeText);
  if (response?.standsIn) said.push("the upstream can't be reached");
  const word = ends[end];
  // A fault that was carried out says it already.
  const isExplained = (end === "cut" || end === "failed") && outcomes.some(({ type }) => type === "done");
  if (word !== null && !isExplained) said.push(word);
  const { events, webSocket, grpc } = request;
  const went = events === null ? "" : ` (${writeCount(events, "event")})`;
  const talk = webSocket === null ? "" : ` (${writeWebSocket(webSocket)})`;
  const call = grpc === null ? "" : ` (${writeGrpc(grpc)})`;
  return `${said.length > 0 ? said.join("; ") : "passed"}${went}${talk}${call}`;
}

/** What became of one fault. */
export function outcomeText(outcome: DoneEvent | UndoneEvent): string {
  const rule = plainText(outcome.rule);
  if (outcome.type === "undone") return `${rule} not done: ${plainText(outcome.reason)}`;
  // An answer's status says what it was.
  const kind = outcome.fault === "http.error" ? "" : ` (${outcome.fault})`;
  const instead = outcome.instead === undefined ? "" : `, instead: ${plainText(outcome.instead)}`;
  return `← ${rule}${kind}${instead}`;
}

/** `retry 1 after 2.05 s` where the program says that it is one, else `again after 2.05 s`; nothing where it is neither. */
export function repeatText({ repeat }: FinishedRequest): string {
  if (repeat === null) return "";
  return `${repeat.isTold ? `retry ${repeat.number}` : "again"} after ${durationText(repeat.afterMs)}`;
}
