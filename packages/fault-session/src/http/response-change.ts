/**
 * One response with one thing changed, whatever form it has: a machine of the engine on its body, a head that waits, a
 * cut behind so many bytes, other headers. What a form adds: how a message begins, goes on and ends.
 */
import {
  type ContentCodings,
  type Decision,
  type Fault,
  type FaultMachine,
  streamFormatOf,
} from "@faultwire/fault-engine";
import {
  changedHeaders,
  drawDuration,
  overlaidHeaders,
  requestProvider,
} from "@faultwire/fault-engine/internal";
import { isGrpcContentType, STATUS_CODES } from "@faultwire/grpc";
import { type Header, headerValue } from "@faultwire/http1";
import { BytePoint } from "../byte-point.ts";
import { codingOf, recodedHead } from "./coded-body.ts";
import type { MessageHead } from "./message-head.ts";
import type { RequestPlan } from "./request-plan.ts";
import { type Gated, ResponseGate } from "./response-gate.ts";
import { ResponseMachines } from "./response-machines.ts";
import { UsageMeter } from "./usage-meter.ts";

/** A plan that changes a response. */
export type ChangePlan = Extract<RequestPlan, { readonly kind: "change" }>;

/** What a change is made from. */
export interface ResponseChangeOptions {
  /** The rule's hit. */
  readonly decision: Decision;
  /** What is to be done to the response. */
  readonly plan: ChangePlan;
  /** The head of the request that it answers. */
  readonly request: MessageHead;
  /** For events of an error, where the response has no id of its own. */
  readonly requestId: string;
  /** Milliseconds on the carrier's clock. */
  readonly nowMs: number;
  /** What opens a compressed response for faults that read it; left out, or `null`: it is not read. */
  readonly codings?: ContentCodings | null;
}

/** What a change has to know of a response, whatever its form. */
export interface ChangeableResponse {
  /** Its headers, as they came. */
  readonly headers: readonly Header[];
  /** Bytes of the body as the machine gets it; `null` where they are not known. */
  readonly bodyBytes: number | null;
  /** Whether the machine gets the body as its `content-encoding` made it. */
  readonly isEncoded: boolean;
  /** Whether it may have a body; where it can have none, as an answer to HEAD, no fault gives it one. True unless given. */
  readonly hasBody?: boolean;
}

export abstract class ResponseChange<E extends { readonly kind: "head" | "end" }> {
  /** The response's headers as the client is to get them, but for what its framing needs. */
  readonly headers: readonly Header[];
  /** Whether the body may have another length than its head says. */
  readonly changesLength: boolean;
  protected readonly machine: FaultMachine | null;
  protected readonly gate: ResponseGate<E>;
  protected readonly meter: UsageMeter | null;
  readonly #parts: ResponseMachines;
  readonly #point: BytePoint | null;
  readonly #undone: string | null;
  readonly #leftOut: readonly string[];
  #isComplete = false;
  #isShortened = false;

  protected constructor(
    { decision, plan, request, requestId, nowMs, codings }: ResponseChangeOptions,
    response: ChangeableResponse,
  ) {
    const { fault, beside } = plan;
    const { headers } = response;
    this.#point = pointOf(fault);
    const all = [fault, ...(beside?.faults ?? [])];
    const late = all.find((one) => one.kind === "http.delay");
    const openAtMs = late?.beforeHead
      ? nowMs + drawDuration(late.beforeHead, (index) => decision.random("delay", index))
      : Number.NEGATIVE_INFINITY;
    const format = streamFormatOf(headers, request.target);
    const budgeted = plan.headers.length > 0 ? overlaidHeaders(headers, plan.headers) : headers;
    const { isEncoded, hasBody = true } = response;
    const coding = isEncoded ? codingOf(headers, codings) : null;
    this.#parts = new ResponseMachines({
      decision,
      plan,
      headers: budgeted,
      needsMachine: (one) => this.#point === null && hasWorkOnBody(one),
      coding: hasBody ? coding : "the response has no body",
      context: {
        startMs: Math.max(nowMs, openAtMs),
        random: decision.random,
        provider: requestProvider(request) ?? null,
        requestId: headerValue(headers, "request-id") ?? requestId,
        format,
        path: request.target.split("?", 1)[0] ?? "",
        isGrpc: hasGrpcMessages(headers),
        marker: decision.marker,
        bodyBytes: response.bodyBytes,
      },
    });
    const { main, machine } = this.#parts;
    this.#undone = main.undone;
    this.machine = machine;
    this.changesLength = this.#parts.changesLength;
    this.gate = new ResponseGate<E>(openAtMs, this.#point);
    const recoded = this.#parts.isRecoded ? recodedHead(budgeted) : { headers: budgeted, leftOut: [] };
    const changes = all.find((one) => one.kind === "http.headers");
    this.headers = changes ? changedHeaders(recoded.headers, changes) : recoded.headers;
    this.#leftOut = recoded.leftOut;
    const metered = plan.settle && isEncoded ? codingOf(headers, codings) : null;
    this.meter = plan.settle && new UsageMeter(format, plan.settle, metered);
    if (beside) beside.missing = () => this.#parts.missing;
  }

  /** The upstream has said all of its response. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** The client has got all that it will get. */
  get isOver(): boolean {
    return this.gate.isOver;
  }

  /** The fault has shown itself: whatever comes, it was carried out. */
  get hasStruck(): boolean {
    const { outcome } = this.#parts;
    if (outcome) return outcome.kind === "done";
    if (this.#undone !== null) return false;
    // A client that went before the head came has seen none of its headers.
    if (this.#parts.main.kind === "http.headers") return this.gate.hasPassed;
    return this.#point === null || this.#point.isReached;
  }

  /** Nothing of what the upstream still says goes to the client: the response stalls for ever. */
  get isStalled(): boolean {
    if (this.gate.openAtMs === Number.POSITIVE_INFINITY) return true;
    return this.#parts.some(
      (fault, machine) =>
        fault.kind === "stream.stall" && fault.forMs === null && machine?.outcome.kind === "done",
    );
  }

  /** Whether the client gets less than a whole response. */
  get isCut(): boolean {
    return this.gate.isCut || this.#isShortened;
  }

  /** Whether the client gets a head at all. */
  get hasSentHead(): boolean {
    return this.gate.hasPassed;
  }

  /** Why the fault was not carried out; `null` where it was. */
  get undoneReason(): string | null {
    if (this.#undone !== null) return this.#undone;
    const { outcome } = this.#parts;
    if (outcome?.kind === "undone") return outcome.reason;
    if (!this.#isComplete) return null;
    if (outcome?.kind === "waiting") return "the response ended before its point had come";
    if (this.#point !== null && !this.#point.isReached) return "the response ended before so many bytes";
    return null;
  }

  /** What the client does not get of the response's head, in words; `undefined` where it gets all of it. */
  get leftOut(): string | undefined {
    const names = this.#leftOut;
    return names.length === 0
      ? undefined
      : `without ${names.join(" and ")}, since the body is compressed anew`;
  }

  /** Bytes that are kept. */
  get pendingBytes(): number {
    return this.gate.pendingBytes + (this.machine?.pendingBytes ?? 0);
  }

  /** When to call {@link wake}; `undefined` while nothing waits for a time. */
  get wakeAtMs(): number | undefined {
    if (this.isOver) return undefined;
    return this.gate.holds ? this.gate.wakeAtMs : this.machine?.wakeAtMs;
  }

  /** Time has passed. */
  wake(nowMs: number): Gated<E>[] {
    if (this.isOver) return [];
    if (this.gate.holds) return this.pass([], nowMs);
    return this.machine ? this.pass(this.woken(nowMs), nowMs) : [];
  }

  /** What the machine gives once time has passed, in the carrier's form. */
  protected abstract woken(nowMs: number): readonly Gated<E>[];

  /** The upstream says no more. */
  protected complete(): void {
    this.#isComplete = true;
  }

  /** The moment on the machine's clock: a body's own times count from the moment at which it may begin. */
  protected bodyMs(nowMs: number): number {
    const { openAtMs } = this.gate;
    return Number.isFinite(openAtMs) ? Math.max(nowMs, openAtMs) : nowMs;
  }

  /** Lets actions through to the client. */
  protected pass(actions: readonly Gated<E>[], nowMs: number): Gated<E>[] {
    const out = this.gate.pass(actions, nowMs);
    if (this.isOver && out.length > 0) this.#isShortened ||= this.#parts.some(shortens);
    return out;
  }
}

function pointOf(fault: Fault): BytePoint | null {
  switch (fault.kind) {
    case "connection.close":
    case "connection.reset":
    case "connection.stall":
      return new BytePoint(fault, fault.at.kind === "bytes" ? fault.at.bytes : 0);
    default:
      return null;
  }
}

/** Whether a fault is done on the body, and not on the head or on the request alone. */
function hasWorkOnBody(fault: Fault): boolean {
  if (fault.kind === "http.delay") return fault.beforeHead === null;
  return fault.kind !== "http.rate-limit" && fault.kind !== "http.headers";
}

/** Whether a response that ended in order is still less than the whole. */
function shortens(fault: Fault, machine: FaultMachine | null): boolean {
  if (machine?.outcome.kind !== "done") return false;
  // A call that ends with OK before its time looks whole.
  if (fault.kind === "grpc.status") return fault.code === STATUS_CODES.OK;
  if (fault.kind === "stream.error-event") return fault.stop !== "none";
  return fault.kind === "grpc.cut" || fault.kind === "stream.cut" || fault.kind === "http.truncate";
}

/** Whether a response is made of gRPC messages: its head is not its end already. */
function hasGrpcMessages(headers: readonly Header[]): boolean {
  return (
    isGrpcContentType(headerValue(headers, "content-type")) &&
    headerValue(headers, "grpc-status") === undefined
  );
}
