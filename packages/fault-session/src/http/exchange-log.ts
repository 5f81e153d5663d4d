/** What is told of exchanges: the events from which reports are made. No body and no key is in them. */
import {
  type ConnectionFacts,
  type DoneEvent,
  type EngineEvent,
  type ExchangeEnd,
  type Fault,
  requestFingerprint,
  summarizeRequest,
} from "@faultwire/fault-engine";
import { headerValue, joinBytes } from "@faultwire/http1";
import { hostOfAuthority } from "../host-name.ts";
import type { Exchange } from "./exchange.ts";

/** A fault was carried out, perhaps otherwise than asked for. */
export function doneEvent(
  event: Omit<DoneEvent, "type" | "instead">,
  instead: string | undefined,
): DoneEvent {
  return { type: "done", ...event, ...(instead === undefined ? {} : { instead }) };
}

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

  request(exchange: Exchange): void {
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

  decision({ name, decision }: Exchange): void {
    if (!decision) return;
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
  outcome(exchange: Exchange, undoneReason: string | null): void {
    const { decision, name, isTold } = exchange;
    if (!decision || isTold) return;
    exchange.isTold = true;
    const { connection } = this.#connection;
    const { rule, fault } = decision;
    const common = { atMs: this.#now(), request: name, connection, rule, fault: fault.kind };
    this.#record(
      undoneReason === null
        ? doneEvent(common, this.#insteadOf(fault))
        : { type: "undone", ...common, reason: undoneReason },
    );
  }

  response({ name }: Exchange, status: number, injected: boolean, retryAfterMs: number | null): void {
    if (name === null) return;
    this.#record({ type: "response", atMs: this.#now(), request: name, status, injected, retryAfterMs });
  }

  end({ name }: Exchange, how: ExchangeEnd): void {
    if (name !== null) this.#record({ type: "end", atMs: this.#now(), request: name, how });
  }
}
