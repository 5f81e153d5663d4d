/** Puts the events of each request together, until it is over. */
import type {
  ConnectionEvent,
  DoneEvent,
  EndEvent,
  EngineEvent,
  ExchangeEnd,
  GrpcTally,
  RequestEvent,
  ResponseEvent,
  UndoneEvent,
  WebSocketTally,
} from "@faultwire/fault-engine";
import { Recent } from "./recent.ts";

/** Limits of what is remembered of traffic; beyond them, the oldest goes. */
export const trafficLimits = {
  /** Requests that are not over, and connections whose fault is not over. Against clients that open and never end. */
  maxOpen: 10_000,
  /** Requests whose repeat would be recognised. Against clients that ask for ever new things. */
  maxRemembered: 10_000,
} as const;

/** A request that is over, with all that became of it. */
export interface FinishedRequest {
  readonly request: RequestEvent;
  /** `null` where the client got none. */
  readonly response: ResponseEvent | null;
  /** What became of each fault that a rule wanted. */
  readonly outcomes: readonly (DoneEvent | UndoneEvent)[];
  readonly end: ExchangeEnd;
  /** Events of a stream that passed; `null` where they are not known. */
  readonly events: number | null;
  /** Where it was a WebSocket: what went over it, and how it was closed. */
  readonly webSocket: WebSocketTally | null;
  /** Where it was a gRPC call: what went over it, and its status. */
  readonly grpc: GrpcTally | null;
  readonly durationMs: number;
  /** Where the same request had failed before it came; `null` otherwise. */
  readonly repeat: Repeat | null;
}

/** A request that came again after it had failed. */
export interface Repeat {
  /** From 1. */
  readonly number: number;
  /** How long the client had waited. */
  readonly afterMs: number;
  /** The program itself says that it is a retry; otherwise it may as well be a new wish for the same. */
  readonly isTold: boolean;
}

/** A fault of a connection as such, no request of it being known. */
export interface ConnectionOutcome {
  /** `null` where it is not remembered any more. */
  readonly connection: ConnectionEvent | null;
  readonly outcome: DoneEvent | UndoneEvent;
}

/** What a {@link RequestCollector} tells. */
export interface Listener {
  finished(request: FinishedRequest): void;
  connectionFault(outcome: ConnectionOutcome): void;
}

interface Open {
  request?: RequestEvent;
  response?: ResponseEvent;
  outcomes: (DoneEvent | UndoneEvent)[];
  end?: EndEvent;
}

/** The last request of a client for one thing. */
interface Attempt {
  readonly failed: boolean;
  readonly endedAtMs: number;
  readonly repeats: number;
}

export class RequestCollector {
  readonly #listener: Listener;
  readonly #open = new Recent<string, Open>(trafficLimits.maxOpen);
  /** Connections that a rule hit, until it is told what became of that. */
  readonly #connections = new Recent<string, ConnectionEvent>(trafficLimits.maxOpen);
  /** The connection that was told of last: what a rule decided about it is told of next. */
  #news: ConnectionEvent | undefined;
  readonly #attempts = new Recent<string, Attempt>(trafficLimits.maxRemembered);

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  /** Requests and connections of which more is to come. */
  get open(): number {
    return this.#open.size + this.#connections.size;
  }

  /** Takes an event; tells of a request when its last one has come. */
  take(event: EngineEvent): void {
    switch (event.type) {
      case "connection":
        this.#news = event;
        return;
      case "decision":
        if (event.request === null && this.#news?.connection === event.connection)
          this.#connections.set(event.connection, this.#news);
        return;
      case "request":
        this.#of(event.request).request = event;
        this.#tellIfOver(event.request);
        return;
      case "response":
        this.#of(event.request).response = event;
        return;
      case "done":
      case "undone":
        if (event.request !== null) this.#of(event.request).outcomes.push(event);
        else {
          const connection = this.#connections.get(event.connection) ?? null;
          this.#connections.delete(event.connection);
          this.#listener.connectionFault({ connection, outcome: event });
        }
        return;
      case "end":
        this.#of(event.request).end = event;
        this.#tellIfOver(event.request);
        return;
      default:
        // Others say nothing of how a request went.
        return;
    }
  }

  #of(name: string): Open {
    const known = this.#open.get(name);
    if (known) return known;
    const made: Open = { outcomes: [] };
    this.#open.set(name, made);
    return made;
  }

  /** An upstream may answer before it has heard the whole request: then its end comes before its own event. */
  #tellIfOver(name: string): void {
    const { request, response: head = null, outcomes, end } = this.#of(name);
    if (!request || !end) return;
    this.#open.delete(name);
    // A head that came to us, and did not go on to the client.
    const response = end.how === "failed" ? null : head;
    const finished = {
      request,
      response,
      outcomes,
      end: end.how,
      events: end.events ?? null,
      webSocket: end.webSocket ?? null,
      grpc: end.grpc ?? null,
      durationMs: Math.max(0, end.atMs - beganAtMs(request)),
      repeat: this.#repeat(request),
    };
    const hasError = end.grpc !== undefined && end.grpc.status?.code !== 0;
    const failed = end.how !== "complete" || (response?.status ?? 599) >= 400 || hasError;
    const repeats = finished.repeat?.number ?? 0;
    this.#attempts.set(keyOf(request), { failed, endedAtMs: end.atMs, repeats });
    this.#listener.finished(finished);
  }

  /** A request that was under way while the one before it was is no repeat of it. */
  #repeat(request: RequestEvent): Repeat | null {
    const before = this.#attempts.get(keyOf(request));
    const began = beganAtMs(request);
    if (!before?.failed || began < before.endedAtMs) return null;
    const { retryCount } = request;
    // An SDK that counts says with 0 that this is a new call.
    if (retryCount === 0) return null;
    const number = retryCount ?? before.repeats + 1;
    return { number, afterMs: began - before.endedAtMs, isTold: retryCount !== undefined };
  }
}

const beganAtMs = ({ atMs, beganAtMs: began }: RequestEvent): number => began ?? atMs;

const keyOf = ({ client, fingerprint }: RequestEvent): string => `${client.length}:${client}:${fingerprint}`;
