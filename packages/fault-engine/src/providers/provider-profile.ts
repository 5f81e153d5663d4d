/** Everything that this package knows of one provider's API. */
import type { Header, HttpResponse } from "@faultwire/http1";
import type { ModelFault } from "../faults/model-faults.ts";
import type { FormatName } from "../formats/format-name.ts";
import type { JsonObject } from "../json-value.ts";
import type { RequestProfile } from "./request-profile.ts";

/** One row of a provider's table of errors. */
export interface ErrorPreset {
  /** The name in `<provider>/<name>`; mostly the error type that the body states. */
  readonly name: string;
  /** Status code of the response. */
  readonly status: number;
  /** What the body says where no other message is given. */
  readonly message: string;
}

/** How an error is to be written. */
export interface ErrorOptions {
  /** In the provider's style, from `requestId` or from the caller. */
  readonly requestId: string;
  /** Milliseconds since 1970 UTC; what `-reset` headers count from. */
  readonly nowMs: number;
  /** Replaces the preset's message. */
  readonly message?: string;
  /**
   * Seconds for `retry-after`, rounded up to whole ones; `null` sends none. Where it is left out, the presets for
   * used-up rate limits send 5 and all others none.
   */
  readonly retryAfterSeconds?: number | null;
  /** For `anthropic-organization-id`; a fixed, invented one by default. */
  readonly organizationId?: string;
  /** The budgets that are used up, for an API that tells them on refusals alone; those of the preset by default. */
  readonly budgets?: Budgets;
}

/** What is left of a budget that refills to `limit` once a minute. */
export interface Budget {
  /** What it holds when it is whole. */
  readonly limit: number;
  /** What is left of it. */
  readonly remaining: number;
  /** When it is whole again; milliseconds since 1970 UTC. */
  readonly resetMs: number;
}

/** The budgets of one account; `null` is unlimited. */
export interface Budgets {
  /** Requests. */
  readonly requests: Budget | null;
  /** Tokens of prompts. */
  readonly inputTokens: Budget | null;
  /** Tokens of answers. */
  readonly outputTokens: Budget | null;
}

/** Where an API reports how many tokens an answer used: the way to the object, and the names of its two members. */
export interface UsagePlace {
  /** Names of members on the way to the object. */
  readonly path: readonly string[];
  /** Name of the member that counts tokens of the prompt. */
  readonly input: string;
  /** Name of the member that counts tokens of the answer. */
  readonly output: string;
}

/** An event of a stream, read as far as every API's events can be. */
export interface ReadEvent {
  /** The event's name, else the `type` in its JSON, else `message`. */
  readonly type: string;
  /** The event's data, its lines joined by line feeds. */
  readonly data: string;
  /** `undefined` where the data is no JSON. */
  readonly json: unknown;
}

/** What an event is in the stream of its API. */
export interface EventRole {
  /** Name of the event in its API. */
  readonly type: string;
  /** Carries a piece of the answer. */
  readonly isDelta: boolean;
  /** After it the answer is complete. */
  readonly isLast: boolean;
}

/** An event before it is bytes. `name: null` has no `event:` line. */
export interface EventText {
  /** Name of the event; `null` for none. */
  readonly name: string | null;
  /** What its `data:` lines hold. */
  readonly data: string;
}

/** What an API's error in mid-stream is made from. */
export interface StreamFailure {
  /** The error's type, in the API's own words or in those of another. */
  readonly type: string;
  /** For people. */
  readonly message: string;
  /** For APIs whose errors have a code beside their type; `null` for none. */
  readonly errorCode: string | null;
  /** Of the request that the stream answers. */
  readonly requestId: string;
  /** The event's name that the rule asks for, where an API has several kinds of such events. */
  readonly name: string | null;
  /** The request's path. */
  readonly path: string;
  /** The data of the first event that has passed, as JSON; `null` where none has. */
  readonly first: unknown;
  /** The same of the last one. */
  readonly last: unknown;
}

/** Where the text of a tool's input stands in an event, and the `type` of the event where that has to be known. */
export interface ToolInputPlace {
  /** Of events of this `type` alone. */
  readonly type?: string;
  /** Members and indices, from the outside in. */
  readonly path: readonly (string | number)[];
}

/**
 * What became of a piece of an answer: another one, with events of its own before it, none, or `same` where the fault does
 * not touch it.
 */
export type ChangedAnswer =
  | {
      readonly kind: "changed";
      /** What takes the place of the piece. */
      readonly json: JsonObject;
      /** Events of our own before it. */
      readonly before?: readonly EventText[];
    }
  | { readonly kind: "dropped" }
  | { readonly kind: "same" };

/** A change of an answer that a model fault asks for. */
export interface AnswerChange {
  /** What is to be changed. */
  readonly fault: ModelFault;
  /** What stands in place of a tool's input: sound JSON that fits no tool. */
  readonly garbled: JsonObject;
  /**
   * The same for an input that comes as text, perhaps in pieces: all of it in place of the first piece, nothing in
   * place of the others.
   *
   * @param tool - Tells the tool calls of one answer apart.
   */
  readonly garbledText: (tool: string) => string;
  /** All of it, for the place where a stream repeats the whole input. */
  readonly wholeGarbledText: string;
  /** True for the first call with this text in one answer: what is put in is put in once. */
  readonly isFirst: (what: string) => boolean;
}

/**
 * One provider's API: how its requests are known, its errors, its answers and its streams. The table of providers has
 * one of these for each; nothing else in Faultwire knows what a provider sends.
 */
export interface ProviderProfile extends RequestProfile {
  /** As the provider writes its name. */
  readonly title: string;

  /**
   * Where its SDKs go unless they are told otherwise, and the variable of the environment that tells them; `null` for an API
   * that no other address can stand in for.
   */
  readonly baseUrl: { readonly standard: string; readonly variable: string } | null;

  /** The table of presets. A status means the first row that has it. */
  readonly errors: readonly ErrorPreset[];
  /** The response for one row of {@link errors}; with `content-type` and `content-length`, without `date`. */
  error(preset: ErrorPreset, options: ErrorOptions): HttpResponse;
  /** @param letters - Draws so many characters of an alphabet. */
  requestId(letters: (count: number, alphabet: string) => string): string;
  /**
   * The headers that report budgets on every response; none for an API that does not report them.
   *
   * @param nowMs - Milliseconds since 1970 UTC; what the times of resets count from, where they are no moments.
   */
  rateLimitHeaders(budgets: Budgets, nowMs: number): readonly Header[];

  /** A whole, successful answer, as JSON. */
  goodAnswer(requestId: string, text: string): JsonObject;
  /** Where its answers, whole or streamed, report tokens; any one of these places. */
  readonly usage: readonly UsagePlace[];
  /** Changes one JSON value, a whole answer or the data of an event; `undefined` where it is not of this API. */
  changeAnswer(json: JsonObject, change: AnswerChange): ChangedAnswer | undefined;

  /** Paths that it answers in one piece, whatever a request asks for. */
  readonly wholePaths: RegExp;
  /** What its streams may be written in. */
  readonly formats: readonly FormatName[];
  /** The format of a stream that comes as `application/json`; `undefined` where the request asks for none. */
  jsonStream?(path: string, query: string): FormatName | undefined;
  /** Where its streams have the text of a tool's input. */
  readonly toolInputs: readonly ToolInputPlace[];
  /** What an event means; `undefined` where it does not look like one of this API. */
  eventRole(event: ReadEvent): EventRole | undefined;
  /** The event with which the API says in the middle of a stream that it failed. */
  errorEvent(failure: StreamFailure): EventText;
  /** What keeps a stream awake; `null` for a comment. */
  readonly ping: EventText | null;
  /** What the comment says that keeps a stream awake. Default `ping`. */
  readonly pingComment?: string;
}

/** An answer that a fault does not touch. */
export const SAME: ChangedAnswer = { kind: "same" };

/** An answer with other JSON. */
export const changed = (json: JsonObject): ChangedAnswer => ({ kind: "changed", json });

/** Changes the members of a list, and the object that holds them where one of them is another. */
export function changedList(
  json: JsonObject,
  name: string,
  items: readonly JsonObject[],
  change: (item: JsonObject) => JsonObject,
): ChangedAnswer {
  const next = items.map(change);
  return next.every((item, at) => item === items[at]) ? SAME : changed({ ...json, [name]: next });
}
