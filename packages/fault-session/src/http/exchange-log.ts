/** What is told of exchanges: the events from which reports are made. No body and no key is in them. */
import {
  type ConnectionFacts,
  type Decision,
  type EngineEvent,
  type ExchangeEnd,
  type Fault,
  requestFingerprint,
  summarizeRequest,
} from "@faultwire/fault-engine";
import { headerValue, joinBytes, type RequestHead } from "@faultwire/http1";
import { hostOfAuthority } from "../host-name.ts";
import { isAdmission, type RequestPlan } from "./request-plan.ts";

/** What the log has to know of an exchange, whatever carries its messages. */
export interface LoggedExchange {
  /** Its name in events; `null` for a request of the carrier's own, of which nothing is told. */
  readonly name: string | null;
  readonly decision: Decision | null;
  readonly plan: RequestPlan | null;
  /** Set by the log: the outcome of the fault is told. */
  isTold: boolean;
}

/** The same of a request that has been read. */
export interface LoggedRequest extends LoggedExchange {
  readonly head: Pick<RequestHead, "method" | "target" | "headers">;
  /** Emptied by the log. */
  body: readonly Uint8Array[];
}

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
    insteadOf: (fault: Fault) => string | undefined = () => undefined,
  ) {
    this.#insteadOf = insteadOf;
    this.#connection = connection;
    this.#now = now;
    this.#record = record;
  }

  /** A client has come. */
  connection(): void {
    const { connection, client, host = "" } = this.#connection;
    this.#record({ type: "connection", atMs: this.#now(), connection, client, host });
  }

  /** A client asks for something. */
  request(exchange: LoggedRequest): void {
    const { head, name } = exchange;
    if (name === null) return;
    const body = joinBytes(exchange.body);
    const { path, model, stream } = summarizeRequest({ ...this.#connection, ...head, body });
    this.#record({
      type: "request",
      atMs: this.#now(),
      request: name,
      connection: this.#connection.connection,
      client: this.#connection.client,
      host: hostOfAuthority(headerValue(head.headers, "host") ?? this.#connection.host ?? ""),
      method: head.method,
      path,
      fingerprint: requestFingerprint(head.method, head.target, body),
      model,
      stream,
    });
    exchange.body = [];
  }

  /** Says that a rule hit. A request within its budget is no hit: nothing fails, so nothing is told. */
  decision({ name, decision, plan }: LoggedExchange): void {
    if (!decision || isAdmission(plan)) return;
    const { rule, fault, matchNumber } = decision;
    const { connection } = this.#connection;
    this.#record({
      type: "decision",
      atMs: this.#now(),
      request: name,
      connection,
      rule,
      fault: fault.kind,
      matchNumber,
    });
  }

  /** Says once what became of a fault; `undoneReason` is why it was not carried out, `null` where it was. */
  outcome(exchange: LoggedExchange, undoneReason: string | null): void {
    const { decision, name, plan, isTold } = exchange;
    if (!decision || isTold || isAdmission(plan)) return;
    exchange.isTold = true;
    const { connection } = this.#connection;
    const { rule, fault } = decision;
    const common = { atMs: this.#now(), request: name, connection, rule, fault: fault.kind };
    if (undoneReason !== null) {
      this.#record({ type: "undone", ...common, reason: undoneReason });
      return;
    }
    const instead = this.#insteadOf(fault);
    this.#record({ type: "done", ...common, ...(instead === undefined ? {} : { instead }) });
  }

  response({ name }: LoggedExchange, status: number, injected: boolean, retryAfterMs: number | null): void {
    if (name === null) return;
    this.#record({ type: "response", atMs: this.#now(), request: name, status, injected, retryAfterMs });
  }

  end({ name }: LoggedExchange, how: ExchangeEnd): void {
    if (name !== null) this.#record({ type: "end", atMs: this.#now(), request: name, how });
  }
}
