import { CollectedBytes } from "@faultwire/http1/internal";
import type { ContentCoding } from "./content-coding.ts";
import type { FaultMachine, FaultOutcome, StreamAction } from "./fault-machine.ts";

/** Limits of a coded body. */
export const codedBodyLimits = {
  /** Coded bytes that are kept until the first of the content can be read, so that they can pass as they came. */
  maxUnopenedBytes: 262_144,
} as const;

/**
 * A machine on the content of a coded body: coded bytes in, coded bytes out. What goes out is flushed action by action, so
 * that a client can read each when it gets it, and what comes before a cut.
 *
 * What is no such coding from its beginning passes as it came. What breaks later ends as a body that breaks off: a
 * client has begun to read another coding of it, behind which the rest would be none.
 */
export class CodedMachine implements FaultMachine {
  readonly #machine: FaultMachine;
  readonly #coding: ContentCoding;
  /** What has come and given nothing yet; `null` once something was given, or where it is too much. */
  #unopened: CollectedBytes | null = new CollectedBytes();
  #failure: string | null = null;
  /** What comes passes as it came. */
  #isRaw = false;
  #hasCome = false;
  /** The client has got some of our coding. */
  #hasBegun = false;
  /** The upstream's coding lacks its end. */
  #isTorn = false;
  #isOver = false;

  constructor(machine: FaultMachine, coding: ContentCoding) {
    this.#machine = machine;
    this.#coding = coding;
  }

  get wakeAtMs(): number | undefined {
    return this.#isRaw || this.#isOver ? undefined : this.#machine.wakeAtMs;
  }
  get pendingBytes(): number {
    return this.#machine.pendingBytes + (this.#unopened?.length ?? 0);
  }
  get isOver(): boolean {
    return this.#isOver;
  }
  get outcome(): FaultOutcome {
    const { outcome } = this.#machine;
    const isUnread = this.#failure !== null && (this.#isRaw || outcome.kind !== "done");
    return isUnread ? { kind: "undone", reason: this.#failure ?? "" } : outcome;
  }

  /** Why the coding could not be read to its end; `null` where it could. */
  get failure(): string | null {
    return this.#failure;
  }

  push(data: Uint8Array, nowMs: number): StreamAction[] {
    if (this.#isOver) return [];
    if (this.#isRaw) return [{ kind: "bytes", bytes: data }];
    if (this.#failure !== null || data.length === 0) return [];
    this.#hasCome = true;
    this.#keep(data);
    const actions: StreamAction[] = [];
    const failure = this.#coding.opener.push(data, (content) => {
      this.#unopened = null;
      if (!this.#isOver) actions.push(...this.#coded(this.#machine.push(content, nowMs)));
    });
    if (failure === null || this.#isOver) return actions;
    this.#failure = `the response is compressed, and its ${this.#coding.name} can't be read: ${failure}`;
    if (this.#canPass) return this.#pass();
    this.#isTorn = true;
    return [...actions, ...this.#coded(this.#machine.finish(nowMs))];
  }

  finish(nowMs: number): StreamAction[] {
    if (this.#isOver) return [];
    if (this.#isRaw) {
      this.#isOver = true;
      return [{ kind: "end" }];
    }
    if (this.#failure !== null) return [];
    this.#isTorn = this.#hasCome && !this.#coding.opener.finish();
    if (this.#isTorn && this.#canPass) {
      this.#failure = `the response is compressed, and its ${this.#coding.name} ends before there is anything to read`;
      this.#isOver = true;
      return [...this.#pass(), { kind: "end" }];
    }
    return this.#coded(this.#machine.finish(nowMs));
  }

  wake(nowMs: number): StreamAction[] {
    return this.#isRaw || this.#isOver ? [] : this.#coded(this.#machine.wake(nowMs));
  }

  #keep(data: Uint8Array): void {
    if (this.#unopened === null) return;
    this.#unopened.push(data);
    if (this.#unopened.length > codedBodyLimits.maxUnopenedBytes) this.#unopened = null;
  }

  /** Nothing of ours has gone to the client, and all that came is still here. */
  get #canPass(): boolean {
    return this.#unopened !== null && !this.#hasBegun && this.#machine.outcome.kind !== "done";
  }

  #pass(): StreamAction[] {
    const bytes = this.#unopened?.take() ?? new Uint8Array(0);
    this.#isRaw = true;
    this.#unopened = null;
    this.#coding.close();
    return bytes.length > 0 ? [{ kind: "bytes", bytes }] : [];
  }

  /** What the machine gives, in the body's coding. */
  #coded(actions: readonly StreamAction[]): StreamAction[] {
    const coded: StreamAction[] = [];
    for (const action of actions) {
      if (this.#isOver) break;
      if (action.kind === "bytes") {
        if (action.bytes.length === 0) continue;
        this.#hasBegun = true;
        coded.push({ kind: "bytes", bytes: this.#coding.closer.push(action.bytes) });
        continue;
      }
      const isEnd = action.kind === "end";
      if (isEnd && !this.#isTorn) coded.push(...this.#end());
      coded.push(isEnd && this.#failure !== null ? { kind: "close" } : action);
      this.#isOver = true;
      this.#coding.close();
    }
    return coded;
  }

  /** The end of the coding, and what the upstream sent behind its own; a body without a byte stays one. */
  #end(): StreamAction[] {
    if (!this.#hasBegun && !this.#hasCome) return [];
    const { opener, closer } = this.#coding;
    return [closer.finish(), opener.trailing].flatMap((bytes) =>
      bytes.length > 0 ? [{ kind: "bytes", bytes }] : [],
    );
  }
}
