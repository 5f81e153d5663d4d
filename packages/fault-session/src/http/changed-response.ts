/**
 * One response on its way to the client with one thing changed: a machine of the engine on its body, a head that
 * waits, a cut after so many bytes, other headers. Items of the upstream's response in, wire actions out.
 */
import {
  changesLength,
  createMachine,
  type Decision,
  drawDuration,
  type Fault,
  FaultedResponse,
  type FaultMachine,
  isEventStream,
  requestProvider,
  type WireAction,
} from "@faultwire/fault-engine";
import {
  type BodyItem,
  encodeHead,
  type Header,
  headerValue,
  type RequestHead,
  type ResponseHead,
} from "@faultwire/http1";
import { overlaid } from "./overlaid.ts";
import type { RequestPlan } from "./request-plan.ts";
import { UsageMeter } from "./usage-meter.ts";

type ChangePlan = Extract<RequestPlan, { readonly kind: "change" }>;

export interface ChangedResponseOptions {
  readonly decision: Decision;
  readonly plan: ChangePlan;
  readonly request: RequestHead;
  readonly head: ResponseHead;
  readonly requestId: string;
  readonly nowMs: number;
}

/** Where the bytes of a response stop: after so many, for so long. */
interface Point {
  readonly afterBytes: number;
  readonly act: { readonly kind: "close" | "reset" } | { readonly kind: "stall"; readonly ms: number | null };
}

const NOTHING: WireAction[] = [];

export class ChangedResponse {
  readonly #head: ResponseHead;
  readonly #fault: Fault;
  readonly #faulted: FaultedResponse | null;
  readonly #machine: FaultMachine | null;
  readonly #meter: UsageMeter | null;
  readonly #headBytes: Uint8Array;
  #point: Point | null;
  #undone: string | null = null;
  /** Actions that wait for {@link #openAtMs}. */
  #waiting: WireAction[] = [];
  #waitingBytes = 0;
  #openAtMs = Number.NEGATIVE_INFINITY;
  #sentBytes = 0;
  #isComplete = false;
  #isOver = false;
  #isCut = false;

  constructor({ decision, plan, request, head, requestId, nowMs }: ChangedResponseOptions) {
    const { fault } = plan;
    this.#head = head;
    this.#fault = fault;
    this.#point = pointOf(fault);
    const random = (index: number): number => decision.random("delay", index);
    if (fault.kind === "http.delay" && fault.beforeHead !== null)
      this.#openAtMs = nowMs + drawDuration(fault.beforeHead, random);
    const isReadable = !readsBody(fault) || headerValue(head.headers, "content-encoding") === undefined;
    const created = isReadable
      ? createMachine(fault, {
          startMs: Math.max(nowMs, this.#openAtMs),
          random: decision.random,
          provider: requestProvider(request.target, request.headers) ?? null,
          requestId: headerValue(head.headers, "request-id") ?? requestId,
          isEventStream: isEventStream(head.headers),
          bodyBytes: head.framing.kind === "length" ? head.framing.bytes : null,
        })
      : ({ kind: "none", reason: "the response is compressed" } as const);
    const needsMachine = this.#point === null && this.#openAtMs < nowMs && fault.kind !== "http.rate-limit";
    if (created.kind === "none" && needsMachine) this.#undone = created.reason;
    const marked = withHeaders(head, plan.headers);
    this.#meter = plan.settle && new UsageMeter(isEventStream(head.headers), plan.settle);
    if (created.kind === "machine") {
      this.#machine = created.machine;
      this.#faulted = new FaultedResponse(marked, created.machine, { changesLength: changesLength(fault) });
      this.#headBytes = this.#faulted.head;
    } else {
      this.#machine = null;
      this.#faulted = null;
      this.#headBytes = marked.bytes;
    }
  }

  /** The upstream has said all of its response. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** The client has got all that it will get. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The fault has shown itself: whatever comes, it was carried out. */
  get hasStruck(): boolean {
    if (this.#machine) return this.#machine.outcome.kind === "done";
    return this.#undone === null && this.#point === null;
  }

  /** Nothing of what the upstream still says goes to the client: the response stalls for ever. */
  get isStalled(): boolean {
    if (this.#openAtMs === Number.POSITIVE_INFINITY) return true;
    const fault = this.#fault;
    return fault.kind === "stream.stall" && fault.forMs === null && this.#machine?.outcome.kind === "done";
  }

  /** Whether the client gets less than a whole response. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** Whether the client gets a head at all. */
  get hasSentHead(): boolean {
    return this.#sentBytes > 0;
  }

  /** Why the fault was not carried out; `null` where it was. */
  get undoneReason(): string | null {
    if (this.#undone !== null) return this.#undone;
    const outcome = this.#machine?.outcome;
    if (outcome?.kind === "undone") return outcome.reason;
    if (outcome?.kind === "waiting" && this.#isComplete)
      return "the response ended before its point had come";
    if (this.#point !== null && this.#isComplete) return "the response ended before so many bytes";
    return null;
  }

  get pendingBytes(): number {
    return this.#waitingBytes + (this.#faulted?.pendingBytes ?? 0);
  }

  get wakeAtMs(): number | undefined {
    if (this.#isOver) return undefined;
    if (this.#waiting.length > 0) return Number.isFinite(this.#openAtMs) ? this.#openAtMs : undefined;
    return this.#faulted?.wakeAtMs;
  }

  /** The head. */
  begin(nowMs: number): WireAction[] {
    const out = this.#out([{ kind: "bytes", bytes: this.#headBytes }], nowMs);
    // What has no body may be over with its head; its `end` item comes right behind.
    return out;
  }

  /** Takes an item of the upstream's response behind its head. */
  push(item: BodyItem, nowMs: number): WireAction[] {
    if (item.kind === "body") this.#meter?.push(item.data);
    if (item.kind === "end") this.#meter?.finish();
    if (item.kind === "end" || item.kind === "malformed" || item.kind === "opaque") this.#isComplete = true;
    if (this.#isOver) return NOTHING;
    // A body's own times count from the moment at which it may begin.
    if (this.#faulted && Number.isFinite(this.#openAtMs))
      return this.#out(this.#faulted.push(item, Math.max(nowMs, this.#openAtMs)), nowMs);
    if (this.#faulted) return this.#out(this.#faulted.push(item, nowMs), nowMs);
    const actions: WireAction[] = item.bytes.length > 0 ? [{ kind: "bytes", bytes: item.bytes }] : [];
    if (item.kind === "end") actions.push({ kind: "end", keepAlive: this.#head.keepAlive });
    if (item.kind === "malformed") actions.push({ kind: "close" });
    return this.#out(actions, nowMs);
  }

  /** The rest of the upstream's response can't be read: gives all that is held, at once. */
  release(nowMs: number): WireAction[] {
    this.#isComplete = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#openAtMs = Number.NEGATIVE_INFINITY;
    return this.#out([...waiting, ...(this.#faulted?.release(nowMs) ?? [])], nowMs);
  }

  /** Time has passed. */
  wake(nowMs: number): WireAction[] {
    const late = this.#waiting;
    if (late.length > 0) {
      if (nowMs < this.#openAtMs) return NOTHING;
      this.#waiting = [];
      this.#waitingBytes = 0;
      return this.#out(late, nowMs);
    }
    return this.#faulted && !this.#isOver ? this.#out(this.#faulted.wake(nowMs), nowMs) : NOTHING;
  }

  /** Lets actions through, up to the point and not before the time. */
  #out(actions: readonly WireAction[], nowMs: number): WireAction[] {
    const out: WireAction[] = [];
    for (const action of actions) {
      if (nowMs < this.#openAtMs) {
        this.#wait(action);
        continue;
      }
      if (action.kind === "bytes") this.#bytes(action.bytes, nowMs, out);
      else if (!this.#isOver) {
        this.#isOver = true;
        this.#isCut ||= action.kind !== "end" || shortens(this.#fault, this.#machine);
        out.push(action);
      }
    }
    return out;
  }

  #bytes(bytes: Uint8Array, nowMs: number, out: WireAction[]): void {
    if (this.#isOver) return;
    const point = this.#point;
    if (point === null || this.#sentBytes + bytes.length < point.afterBytes) {
      this.#sentBytes += bytes.length;
      out.push({ kind: "bytes", bytes });
      return;
    }
    const room = point.afterBytes - this.#sentBytes;
    this.#point = null;
    this.#sentBytes += room;
    if (room > 0) out.push({ kind: "bytes", bytes: bytes.subarray(0, room) });
    if (point.act.kind !== "stall") {
      this.#isOver = true;
      this.#isCut = true;
      out.push(point.act);
      return;
    }
    this.#openAtMs = point.act.ms === null ? Number.POSITIVE_INFINITY : nowMs + point.act.ms;
    this.#wait({ kind: "bytes", bytes: bytes.subarray(room) });
  }

  #wait(action: WireAction): void {
    // Behind a stall for ever nothing is kept: it would be all that the upstream still says.
    if (!Number.isFinite(this.#openAtMs)) return;
    this.#waiting.push(action);
    if (action.kind === "bytes") this.#waitingBytes += action.bytes.length;
  }
}

function pointOf(fault: Fault): Point | null {
  if (
    fault.kind !== "connection.close" &&
    fault.kind !== "connection.reset" &&
    fault.kind !== "connection.stall"
  )
    return null;
  const afterBytes = fault.at.kind === "bytes" ? fault.at.bytes : 0;
  if (fault.kind === "connection.stall") return { afterBytes, act: { kind: "stall", ms: fault.forMs } };
  return { afterBytes, act: { kind: fault.kind === "connection.close" ? "close" : "reset" } };
}

/** Whether a fault has to understand the body. */
function readsBody({ kind }: Fault): boolean {
  return kind.startsWith("stream.") || kind.startsWith("model.");
}

/** Whether a response that ended in order is still less than the whole. */
function shortens(fault: Fault, machine: FaultMachine | null): boolean {
  if (machine?.outcome.kind !== "done") return false;
  return fault.kind === "stream.cut" || fault.kind === "stream.error-event" || fault.kind === "http.truncate";
}

/** A head with headers laid over it; the same head where there are none. */
function withHeaders(head: ResponseHead, changes: readonly Header[]): ResponseHead {
  if (changes.length === 0) return head;
  const headers = overlaid(head.headers, changes);
  const bytes = encodeHead(`HTTP/${head.version} ${head.status} ${head.reason}`, headers);
  return { ...head, headers, bytes };
}
