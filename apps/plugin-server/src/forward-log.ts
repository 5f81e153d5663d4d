/** What is told of forward-mode requests: the events from which reports are made. No body and no key is in them. */
import {
  type ConnectionFacts,
  type Decision,
  type RequestFacts,
  type RequestSummary,
  requestFingerprint,
  retryAfterMs,
} from "@faultwire/fault-engine";
import type { FaultDesk, FaultPolicy } from "@faultwire/fault-session";
import type { HttpResponse } from "@faultwire/http1";
import type { Timers } from "@faultwire/tunnel";

/** A request as it is told of. */
export interface ToldRequest {
  readonly name: string;
  readonly facts: RequestFacts & { readonly client: string; readonly body: Uint8Array | null };
  readonly summary: RequestSummary;
}

/** Records what becomes of requests, on the clock of the timers. */
export class ForwardLog {
  readonly #record: FaultPolicy["record"];
  readonly #now: () => number;
  readonly #desk: FaultDesk;

  constructor(policy: FaultPolicy, timers: Timers, desk: FaultDesk) {
    this.#record = (event) => policy.record(event);
    this.#now = timers.now;
    this.#desk = desk;
  }

  /** A client has come. */
  connection({ connection, client, host = "" }: ConnectionFacts & { readonly client: string }): void {
    this.#record({ type: "connection", atMs: this.#now(), connection, client, host });
  }

  /** It asks for something. */
  request({ name, facts, summary }: ToldRequest): void {
    const { connection, client, host = "", method, target, body } = facts;
    const { path, model, stream } = summary;
    const fingerprint = requestFingerprint(method, target, body ?? new Uint8Array(0));
    const told = { connection, client, host, method, path, fingerprint, model, stream };
    this.#record({ type: "request", atMs: this.#now(), request: name, ...told });
  }

  /** A rule hit. @param request - `null` where it is about the connection as such. */
  decision({ rule, fault, matchNumber }: Decision, request: string | null, connection: string): void {
    const told = { request, connection, rule, fault: fault.kind, matchNumber };
    this.#record({ type: "decision", atMs: this.#now(), ...told });
  }

  /** Its fault was carried out, or was not, and why. */
  outcome({ rule, fault }: Decision, request: string | null, connection: string, reason?: string): void {
    const told = { atMs: this.#now(), request, connection, rule, fault: fault.kind };
    this.#record(reason === undefined ? { type: "done", ...told } : { type: "undone", ...told, reason });
  }

  /** A response goes to the client. */
  response(
    request: string,
    { status, headers }: Pick<HttpResponse, "status" | "headers">,
    injected: boolean,
  ): void {
    const retry = retryAfterMs(headers, this.#desk.nowMs);
    this.#record({ type: "response", atMs: this.#now(), request, status, injected, retryAfterMs: retry });
  }

  /** The exchange is over. */
  end(request: string, how: "complete" | "cut" | "abandoned"): void {
    this.#record({ type: "end", atMs: this.#now(), request, how });
  }
}
