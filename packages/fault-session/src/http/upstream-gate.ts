/**
 * What goes to the upstream, and whether what the upstream says can be told apart. A carrier may ask the upstream questions of
 * its own ({@link UpstreamGate.ask}); their answers go nowhere. What the upstream says besides could be taken for its answer
 * to the client's next request. So nothing of the client goes to the upstream behind a question before its answer has come
 * whole, and a connection on which anything comes that nothing asked for is not used again. The same holds where a request is
 * answered here ({@link UpstreamGate.guard}).
 *
 * Nothing goes behind a request either that was sent as the connection's last ({@link UpstreamGate.last}), nor where the upstream
 * says that a response is its last: an upstream takes nothing more then (RFC 9112 section 9.6), and one that gets it all the same may
 * answer that in place of the request before. The connection is over behind that response.
 *
 * A question must not be a `HEAD`: where a body begins that an upstream sends to it in error can't be told, nor when.
 */
import type { RequestHead, ResponseItem } from "@faultwire/http1";

/** Limits of a carrier's own questions. */
export const questionLimits = {
  /**
   * How long a question may be without a whole answer, in ms, before the connection is not used again. What the client says
   * meanwhile waits for that long, so it is shorter than most clients' patience; a question takes an upstream one round trip.
   */
  maxAnswerMs: 3000,
} as const;

/** What waits behind a question, in its order. */
type Waiting =
  | { readonly bytes: Uint8Array }
  | { readonly method: string }
  | { readonly isLast: true }
  | { readonly question: RequestHead };

/** A question that has no whole answer yet. */
interface Question {
  readonly askedAtMs: number;
  /** The upstream was asked to close behind its answer. */
  readonly isLast: boolean;
  /** The upstream says that it closes behind its answer. */
  closes: boolean;
}

/** A request that has no whole response yet. */
interface Due {
  /** Undefined for a request of the client. */
  readonly question: Question | undefined;
  /** The upstream was asked to close behind its response. */
  isLast: boolean;
}

const NOTHING = new Uint8Array(0);
const emptyLine = Uint8Array.of(13, 10);
const ofClient = (): Due => ({ question: undefined, isLast: false });

/** Where the gate leads. */
export interface UpstreamGateOptions {
  /** Milliseconds, never going backwards. */
  readonly now: () => number;
  readonly send: (bytes: Uint8Array) => void;
  /** A request with this method goes to the upstream with the bytes that follow, or went with those before. */
  readonly expect: (method: string) => void;
}

export class UpstreamGate {
  readonly #options: UpstreamGateOptions;
  readonly #due: Due[] = [];
  #waiting: Waiting[] = [];
  #heldBytes = 0;
  #hasAsked = false;
  #isBroken = false;
  /** What waited can't go any more: the connection is not used again behind the answer that is due. */
  #isRefused = false;
  /** Nothing is taken of the upstream that nothing asked for. */
  #isStrict = false;

  constructor(options: UpstreamGateOptions) {
    this.#options = options;
  }

  /** Whether an upstream's answers can't be told apart any more: nothing goes there, and nothing is taken from there. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Whether nothing that is still said goes to the upstream. */
  get isShut(): boolean {
    return this.#isBroken || this.#isRefused;
  }

  /** Whether a request that comes now goes to the upstream, at once or later. */
  get takesMore(): boolean {
    return !this.isShut && !this.#isLastDue;
  }

  /** Bytes of the client that wait behind a question. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** When to call {@link wake}; `undefined` while nothing waits. */
  get wakeAtMs(): number | undefined {
    const question = this.#waiting.length > 0 ? this.#question : undefined;
    return question && question.askedAtMs + questionLimits.maxAnswerMs;
  }

  /** How many requests of the client have no whole response; undefined where anything else is due, or waits, or is refused. */
  get dueToClient(): number | undefined {
    const isAside = this.#waiting.length > 0 || this.#isBroken || this.#isRefused;
    return isAside || this.#question ? undefined : this.#due.length;
  }

  /** Goes on where so many requests of the client have no whole response; before anything else. */
  resume(dueToClient: number, isStrict: boolean): void {
    for (let due = 0; due < dueToClient; due++) this.#due.push(ofClient());
    this.#isStrict = isStrict;
  }

  /** Whether nothing is taken of the upstream that nothing asked for. */
  get isStrict(): boolean {
    return this.#isStrict;
  }

  /**
   * A request of the client is answered here, or was: what the upstream says without being asked would be taken for its
   * answer to the next one. From now on that ends the connection's use.
   */
  guard(): void {
    this.#isStrict = true;
  }

  /** What a server skips before a request (RFC 9112 section 2.2). Only between requests. */
  sendEmptyLine(): void {
    this.#options.send(emptyLine);
  }

  /** Bytes that the client has said. */
  send(bytes: Uint8Array): void {
    if (this.isShut) return;
    if (this.#isOpen) {
      this.#options.send(bytes);
      return;
    }
    if (this.#isLastDue) {
      this.#refuse();
      return;
    }
    this.#waiting.push({ bytes });
    this.#heldBytes += bytes.length;
  }

  /** A request of the client goes with the bytes that were sent last, or with those that follow. */
  expect(method: string): void {
    if (this.isShut) return;
    if (this.#isOpen) this.#expect(method, ofClient());
    else this.#waiting.push({ method });
  }

  /** The request of the client of which all has been sent asks the upstream to close behind its response. */
  last(): void {
    if (this.isShut) return;
    if (this.#waiting.length > 0) this.#waiting.push({ isLast: true });
    else this.#last();
  }

  /** Sends a question of the carrier's own. Only where it {@link takesMore}. */
  ask(question: RequestHead): void {
    if (!this.takesMore) return;
    if (this.#waiting.length > 0) this.#waiting.push({ question });
    else this.#ask(question);
  }

  /**
   * The upstream has said this, and so many bytes more that are no item yet.
   *
   * @returns what of it can be taken. Behind an answer that is not what it should be there is one malformed item, whose
   * bytes are left out, and from then on nothing.
   */
  heard(items: readonly ResponseItem[], pendingBytes: number): readonly ResponseItem[] {
    if (this.#isBroken) return [];
    for (let at = 0; at < items.length; at++) {
      const item = items[at]!;
      const [due] = this.#due;
      const question = due?.question;
      if (this.#isStrict && (!due || (question && !isOfAnAnswer(item))))
        return this.#break(items.slice(0, at), due && item);
      if (item.kind === "head" && question) {
        question.closes = !item.keepAlive && !question.isLast;
        // Nothing can come behind such an answer, so nothing waits for it either.
        if (question.closes && item.framing.kind === "until-close")
          return this.#break(items.slice(0, at), item);
      }
      const isFinal = item.kind === "head" && !item.keepAlive;
      if (isFinal && due && !question && this.#isFollowed(due)) this.#refuse();
      if (item.kind !== "end") continue;
      this.#due.shift();
      const isLate = question && (question.closes || this.#isLate(question));
      if (isLate || (this.#isRefused && (question || due?.isLast)))
        return this.#break(items.slice(0, at + 1), item);
    }
    const isMore = this.#isStrict && this.#due.length === 0 && pendingBytes > 0;
    if (isMore || !this.wake()) return this.#break(items, undefined);
    if (!this.#question) this.#release();
    return items;
  }

  /** @returns false where the answer is so late that the connection is not to be used again. */
  wake(): boolean {
    const at = this.wakeAtMs;
    if (at === undefined || this.#options.now() < at) return true;
    this.close();
    return false;
  }

  /**
   * What waits can't go later: it goes nowhere, and the connection is not used again.
   *
   * @returns false where no answer is due behind which it could end.
   */
  drop(): boolean {
    this.#refuse();
    if (!this.#question) this.#isBroken = true;
    return !this.#isBroken;
  }

  /** Nothing goes to the upstream any more, and nothing is taken from it. */
  close(): void {
    this.#forget();
    this.#isBroken = true;
  }

  /** Nothing is told apart any more: what waits goes at once, and so does all that follows. */
  open(): void {
    if (this.isShut) return;
    this.#waiting = this.#waiting.filter((each) => !("isLast" in each));
    for (const due of this.#due) due.isLast = false;
    while (this.#waiting.length > 0) this.#release();
    this.#hasAsked = false;
    this.#isStrict = false;
  }

  /** The first question that has no answer yet. */
  get #question(): Question | undefined {
    return this.#due.find(({ question }) => question)?.question;
  }

  get #isOpen(): boolean {
    if (!this.#hasAsked) return true;
    return this.#waiting.length === 0 && !this.#question && !this.#isLastDue;
  }

  /** Whether a request has no whole response yet behind which the upstream was asked to close. */
  get #isLastDue(): boolean {
    return this.#due.some(({ isLast }) => isLast);
  }

  /** Whether something was asked, or waits, behind this one that is due. */
  #isFollowed(due: Due): boolean {
    return this.#waiting.length > 0 || this.#due.some((each) => each !== due && each.question);
  }

  #isLate({ askedAtMs }: Question): boolean {
    return this.#options.now() > askedAtMs + questionLimits.maxAnswerMs;
  }

  /** What waits goes nowhere, and neither does what follows. */
  #refuse(): void {
    this.#forget();
    this.#isRefused = true;
  }

  #last(): void {
    const due = this.#due.at(-1);
    // A response that came before its request was whole is over.
    if (!due) return;
    due.isLast = true;
    this.#hasAsked = true;
  }

  #forget(): void {
    this.#waiting = [];
    this.#heldBytes = 0;
  }

  #ask({ method, keepAlive, bytes }: RequestHead): void {
    this.#hasAsked = true;
    this.#isStrict = true;
    const askedAtMs = this.#options.now();
    const question = { askedAtMs, isLast: !keepAlive, closes: false };
    this.#expect(method, { question, isLast: false });
    this.#options.send(bytes);
  }

  #expect(method: string, due: Due): void {
    this.#due.push(due);
    this.#options.expect(method);
  }

  /** Sends what waits, up to the next question. */
  #release(): void {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      if ("question" in next) {
        this.#ask(next.question);
        return;
      }
      if ("isLast" in next) {
        this.#last();
        if (this.#isLastDue && this.#waiting.length > 0) this.#refuse();
      } else if ("method" in next) this.#expect(next.method, ofClient());
      else {
        this.#heldBytes -= next.bytes.length;
        this.#options.send(next.bytes);
      }
    }
  }

  #break(items: readonly ResponseItem[], by: ResponseItem | undefined): readonly ResponseItem[] {
    this.close();
    const code = by?.kind === "malformed" ? by.code : "unsolicited-response";
    return [...items, { kind: "malformed", code, offset: 0, bytes: NOTHING }];
  }
}

/** Whether an answer to a question may hold this: anything of a response, and interim ones that change nothing. */
function isOfAnAnswer(item: ResponseItem): boolean {
  if (item.kind === "interim") return item.status !== 101;
  return item.kind !== "opaque" && item.kind !== "malformed";
}
