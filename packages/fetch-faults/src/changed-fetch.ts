/** Carries a changed message out on a response: waits, parts of the body, failures in the place of a socket's end. */
import type { ChangedMessage, MessageAction } from "@faultwire/fault-session/messages";
import { type BodySource, type CarriedResponse, knownSource } from "./carried-response.ts";
import { type Departure, type FetchClock, waitFor } from "./clock.ts";
import { fetchFailed, terminated } from "./fetch-errors.ts";
import { fetchFaultLimits } from "./limits.ts";

/** What surrounds a change. */
export interface ChangeEnvironment {
  readonly clock: FetchClock;
  readonly departure: Departure;
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  /** When the caller began to wait for the head. */
  readonly startMs: number;
  /** Says what became of the fault: `null` is done. Called more than once; the first counts. */
  readonly tell: (undoneReason: string | null) => void;
}

const clientGone = "the client went away first";

/** Waits until the head may go. @throws what fetch rejects with, where it never may. */
export async function changeResponse(
  upstream: CarriedResponse,
  changed: ChangedMessage,
  environment: ChangeEnvironment,
): Promise<CarriedResponse> {
  const source = upstream.body instanceof Uint8Array ? knownSource([upstream.body]) : upstream.body;
  const body = new ChangedBody(source, changed, environment);
  await body.head();
  const headers = changed.changesLength
    ? changed.headers.filter(([name]) => name.toLowerCase() !== "content-length")
    : changed.headers;
  if (upstream.body !== null) return { ...upstream, headers, body };
  await body.drain();
  return { ...upstream, headers };
}

class ChangedBody implements BodySource {
  readonly #source: BodySource | null;
  readonly #changed: ChangedMessage;
  readonly #environment: ChangeEnvironment;
  readonly #due: MessageAction[];
  /** What the upstream is asked for, while it is under way. */
  #reading: Promise<void> | null = null;
  /** What it said. */
  #said: { readonly data: Uint8Array | null } | { readonly failure: unknown } | null = null;
  /** The upstream says no more. */
  #isDry = false;
  /** What the upstream's body failed with. */
  #failure: { readonly value: unknown } | null = null;

  constructor(source: BodySource | null, changed: ChangedMessage, environment: ChangeEnvironment) {
    this.#source = source;
    this.#changed = changed;
    this.#environment = environment;
    this.#due = changed.begin(environment.clock.now());
  }

  /** Resolves when the head may go. */
  async head(): Promise<void> {
    const { startMs, headersTimeoutMs, tell } = this.#environment;
    const deadline = startMs + headersTimeoutMs;
    const action = await this.#next(deadline);
    if (action === "timeout") {
      // A head that waits has come late, and later than the caller would wait for it.
      tell(null);
      this.#drop("headers timeout");
      throw fetchFailed("headers-timeout");
    }
    if (action.kind === "head") return;
    tell(null);
    this.#drop("cut");
    throw fetchFailed(action.kind === "reset" ? "reset" : "closed");
  }

  async read(): Promise<Uint8Array | null> {
    const { clock, bodyTimeoutMs, tell } = this.#environment;
    const action = await this.#next(clock.now() + bodyTimeoutMs);
    if (action === "timeout") {
      tell(this.#changed.hasStruck ? null : this.#changed.undoneReason);
      this.#drop("body timeout");
      throw terminated("body-timeout");
    }
    switch (action.kind) {
      case "bytes":
        // The memory may be a part of what others still need.
        return action.bytes.slice();
      case "end":
        tell(this.#changed.undoneReason);
        this.#drop("over");
        return null;
      case "close":
      case "reset":
        tell(this.#changed.undoneReason);
        this.#drop("cut");
        throw this.#failure ? this.#failure.value : terminated(action.kind === "reset" ? "reset" : "closed");
      case "head":
        return this.read();
      default:
        return action satisfies never;
    }
  }

  /** Lets the fault come to its end on a response that has no body. */
  async drain(): Promise<void> {
    try {
      while ((await this.read()) !== null);
    } catch (error) {
      // A body that is not there can't break off.
      if (this.#environment.departure.hasLeft) throw error;
    }
  }

  cancel(reason: unknown): void {
    this.#leave();
    this.#source?.cancel(reason);
  }

  /** The caller has gone; what was not handed over has not been done. */
  #leave(): void {
    const { tell } = this.#environment;
    const hasGot = this.#changed.hasStruck && !this.#due.some(({ kind }) => kind === "bytes");
    tell(hasGot ? null : clientGone);
  }

  /** Nothing is asked of the upstream any more. */
  #drop(reason: string): void {
    if (!this.#isDry) this.#source?.cancel(reason);
    this.#isDry = true;
  }

  /** The next thing that is to be done; time, the upstream or the caller's going decide. */
  async #next(deadlineMs: number): Promise<MessageAction | "timeout"> {
    const { clock, departure, tell } = this.#environment;
    const changed = this.#changed;
    for (;;) {
      if (departure.hasLeft) {
        this.#leave();
        this.#drop("aborted");
        throw departure.reason;
      }
      const action = this.#due.shift();
      if (action) return action;
      if (this.#said) {
        this.#take();
        continue;
      }
      if (changed.isStalled) tell(null);
      const wakeAtMs = changed.wakeAtMs ?? Number.POSITIVE_INFINITY;
      if (wakeAtMs <= clock.now()) {
        this.#due.push(...changed.wake(clock.now()));
        continue;
      }
      const ready = this.#wants() ? this.#ask() : undefined;
      // While the upstream is asked, its own limits hold.
      const isOurs = ready === undefined || Number.isFinite(wakeAtMs);
      const until = Math.min(wakeAtMs, isOurs ? deadlineMs : Number.POSITIVE_INFINITY);
      const waited = await waitFor(clock, until - clock.now(), departure, ready);
      if (waited === "time" && until < wakeAtMs) return "timeout";
    }
  }

  /** Whether the upstream is to be asked for more. */
  #wants(): boolean {
    const changed = this.#changed;
    const isHeadOut = changed.hasSentHead && !changed.isStalled;
    return isHeadOut && !this.#isDry && changed.pendingBytes <= fetchFaultLimits.maxHeldBytes;
  }

  #ask(): Promise<void> {
    this.#reading ??= (this.#source?.read() ?? Promise.resolve(null)).then(
      (data) => {
        this.#said = { data };
      },
      (failure: unknown) => {
        this.#said = { failure };
      },
    );
    return this.#reading;
  }

  #take(): void {
    const said = this.#said;
    this.#said = null;
    this.#reading = null;
    const nowMs = this.#environment.clock.now();
    if (!said) return;
    if ("data" in said && said.data !== null) {
      this.#due.push(...this.#changed.push(said.data, nowMs));
      return;
    }
    this.#isDry = true;
    if ("failure" in said) this.#failure = { value: said.failure };
    this.#due.push(...this.#changed.finish(nowMs, !("failure" in said)));
  }
}
