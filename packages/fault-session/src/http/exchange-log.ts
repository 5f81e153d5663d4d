/** What is told of exchanges: the events from which reports are made. No body and no key is in them. */
import {
  type ConnectionFacts,
  type Decision,
  type DecisionEvent,
  type EndEvent,
  type EngineEvent,
  type ExchangeEnd,
  type Fault,
  type GrpcTally,
  requestFingerprint,
  requestHints,
  retryAfterMs,
  summarizeRequest,
  type WebSocketTally,
} from "@faultwire/fault-engine";
import { responseRequestId, saysUnprocessed } from "@faultwire/fault-engine/internal";
import { type Header, headerValue, type RequestHead } from "@faultwire/http1";
import { joinBytes } from "@faultwire/http1/internal";
import { hostOfAuthority } from "../host-name.ts";
import { maxRememberedBodyBytes } from "./exchange.ts";
import { isAdmission, type RequestPlan } from "./request-plan.ts";

/** What the log has to know of an exchange, whatever carries its messages. */
export interface LoggedExchange {
  /** Its name in events; `null` for a request of the carrier's own, of which nothing is told. */
  readonly name: string | null;
  /** The rule's hit; `null` where no rule hit. */
  readonly decision: Decision | null;
  /** What is to be done; `null` where nothing is. */
  readonly plan: RequestPlan | null;
  /** An answer stands in for an upstream that can't be reached. */
  readonly isStandIn?: boolean;
  /** Counts the events of a stream that passes unchanged. */
  readonly passing?: { readonly events: number | undefined } | undefined;
  /** What went over it, where it opened a WebSocket. */
  readonly webSocket?: WebSocketTally | undefined;
  /** What went over it, where it is a gRPC call. */
  readonly grpc?: { readonly tally: GrpcTally } | undefined;
  /** The rule of another request whose fault ended it; left out where it ended otherwise. */
  readonly endedBy?: EndEvent["endedBy"];
  /** What of a response's head the client does not get beside what was asked for, in words; set by whoever changes the response. */
  leftOut?: string | undefined;
  /** Set by the log: the outcome of the fault is told. */
  isTold: boolean;
}

/** The same of a request that has been read. */
export interface LoggedRequest extends LoggedExchange {
  /** The head of the request. */
  readonly head: Pick<RequestHead, "method" | "target" | "headers">;
  /** When its head came. */
  readonly beganAtMs: number;
  /** The beginning of its body; emptied by the log. */
  body: readonly Uint8Array[];
  /** Bytes of all of its body. */
  bodyBytes: number;
  /** The client knew that its connection takes no more requests. */
  readonly isAfterGoaway?: boolean;
}

/** A response's head, as far as the log has to know it. */
export interface LoggedResponse {
  /** Status code. */
  readonly status: number;
  /** Its headers. */
  readonly headers: readonly Header[];
  /** Made by a fault, not by the upstream. */
  readonly injected: boolean;
  /** Milliseconds since 1970, for a `retry-after` that is a date. */
  readonly wallNowMs: number;
  /** When it was given to the client's connection, where that was before now. */
  readonly atMs?: number;
}

/** What a client is told by a fault of HTTP/2 of its request. */
function http2Facts(fault: Fault): Pick<DecisionEvent, "code" | "unprocessed"> {
  if (fault.kind !== "http2.reset" && fault.kind !== "http2.goaway") return {};
  return { code: fault.code, ...(saysUnprocessed(fault) && { unprocessed: true as const }) };
}

/** The fault that is told of: beside a budget that lets a request pass, what happens to the response all the same. */
function struckFault(decision: Decision, plan: RequestPlan | null): Fault {
  return plan?.kind === "change" ? plan.fault : decision.fault;
}

/** Where a carrier does what is asked for. */
const asAskedFor = (): undefined => undefined;

/** The one teller of what becomes of a connection, its requests and its faults, whatever carries them. */
export class ExchangeLog {
  readonly #connection: ConnectionFacts & { readonly client: string };
  readonly #now: () => number;
  readonly #record: (event: EngineEvent) => void;
  readonly #insteadOf: (fault: Fault) => string | undefined;

  constructor(
    connection: ConnectionFacts & { readonly client: string },
    now: () => number,
    record: (event: EngineEvent) => void,
    insteadOf: (fault: Fault) => string | undefined = asAskedFor,
  ) {
    this.#insteadOf = insteadOf;
    this.#connection = connection;
    this.#now = now;
    this.#record = record;
  }

  /** A client has come; it opened its connection at `openedAtMs`. */
  connection(openedAtMs: number): void {
    const { connection, client, host = "" } = this.#connection;
    this.#record({ type: "connection", atMs: this.#now(), openedAtMs, connection, client, host });
  }

  /** A client asks for something. */
  request(exchange: LoggedRequest): void {
    const { head, name, beganAtMs, bodyBytes } = exchange;
    if (name === null) return;
    const { method, target, headers } = head;
    const body = joinBytes(exchange.body);
    const { connection, client } = this.#connection;
    const { path, model, stream, messages } = summarizeRequest({ connection, method, target, headers, body });
    const event = {
      type: "request",
      atMs: this.#now(),
      beganAtMs,
      request: name,
      connection,
      client,
      host: hostOfAuthority(headerValue(headers, "host") ?? this.#connection.host ?? ""),
      method,
      path,
      // More than that may be kept, by chance: it depends on the parts in which the body came.
      fingerprint: requestFingerprint(method, target, body.subarray(0, maxRememberedBodyBytes), bodyBytes),
      model,
      stream,
      bodyBytes,
    } as const;
    // Not spread into the event: that costs more than all else here.
    Object.assign(event, messages === null ? undefined : { messages }, requestHints(headers));
    if (exchange.isAfterGoaway) Object.assign(event, { afterGoaway: true });
    this.#record(event);
    exchange.body = [];
  }

  /** Says that a rule hit. A request within its budget is no hit: nothing fails, so nothing is told. */
  decision({ name, decision, plan }: LoggedExchange): void {
    if (!decision || isAdmission(plan)) return;
    const { rule, matchNumber } = decision;
    const fault = struckFault(decision, plan);
    const preset = fault.kind === "http.error" ? fault.answer.preset : null;
    const { connection } = this.#connection;
    this.#record({
      type: "decision",
      atMs: this.#now(),
      request: name,
      connection,
      rule,
      fault: fault.kind,
      matchNumber,
      ...(preset !== null && { preset }),
      ...http2Facts(fault),
    });
  }

  /** Says once what became of a fault; `undoneReason` is why it was not carried out, `null` where it was. */
  outcome(exchange: LoggedExchange, undoneReason: string | null): void {
    const { decision, name, plan, isTold } = exchange;
    if (!decision || isTold) return;
    exchange.isTold = true;
    if (isAdmission(plan)) return;
    const { connection } = this.#connection;
    const { rule } = decision;
    const fault = struckFault(decision, plan);
    const common = { atMs: this.#now(), request: name, connection, rule, fault: fault.kind };
    if (undoneReason !== null) {
      this.#record({ type: "undone", ...common, reason: undoneReason });
      return;
    }
    const missing = plan?.kind === "change" ? plan.beside?.missing() : undefined;
    const done = missing ?? this.#insteadOf(fault);
    const { leftOut } = exchange;
    const instead = leftOut === undefined ? done : `${done ?? "as asked for, but"} ${leftOut}`;
    this.#record({ type: "done", ...common, ...(instead === undefined ? {} : { instead }) });
  }

  /** The client is being sent the head of a response. */
  response(
    { name, isStandIn }: LoggedExchange,
    { status, headers, injected, wallNowMs, atMs }: LoggedResponse,
  ): void {
    if (name === null) return;
    const requestId = responseRequestId(headers);
    this.#record({
      type: "response",
      atMs: atMs ?? this.#now(),
      request: name,
      status,
      injected,
      retryAfterMs: retryAfterMs(headers, wallNowMs),
      ...(requestId !== undefined && { requestId }),
      ...(isStandIn && { standsIn: true as const }),
    });
  }

  /** Says how an exchange ended, and what went over it; `atMs` is when, where that was before now. */
  end(
    { name, passing, webSocket, grpc, endedBy }: LoggedExchange,
    how: ExchangeEnd,
    atMs: number = this.#now(),
  ): void {
    if (name === null) return;
    const events = passing?.events === undefined ? undefined : { events: passing.events };
    const talk = webSocket ? { webSocket } : grpc && { grpc: grpc.tally };
    this.#record({ type: "end", atMs, request: name, how, ...events, ...talk, ...(endedBy && { endedBy }) });
  }
}
