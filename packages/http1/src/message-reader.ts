import { readChunkSize, readHeaderLine } from "./head-grammar.ts";
import type { Header } from "./header.ts";
import { HeldBytes } from "./held-bytes.ts";
import type { BodyFraming, BodyItem, Malformed, MalformedCode } from "./http-items.ts";
import type { HttpLimits } from "./http-limits.ts";

const LF = 10;
const CR = 13;
const NOTHING = new Uint8Array(0);
const nearBytes = 128;

/** What stands after a head. */
export interface AfterHead<Item> {
  readonly item: Item;
  readonly next:
    | { readonly kind: "message"; readonly framing: BodyFraming; readonly keepAlive: boolean }
    | { readonly kind: "head" }
    | { readonly kind: "opaque" };
}

/** What requests and responses don't share. */
export interface HeadRules<StartLine, Item> {
  /** RFC 9112 §2.2 lets a server skip empty lines before a request. */
  readonly skipsEmptyLines: boolean;
  prefixFault(data: Uint8Array, from: number, to: number): MalformedCode | undefined;
  readStartLine(data: Uint8Array, from: number, to: number): StartLine | MalformedCode;
  /** Takes padding and free text behind a chunk size; see `ResponseLeniency`. */
  readonly looseChunkLines: boolean;
  complete(line: StartLine, headers: readonly Header[], bytes: Uint8Array): AfterHead<Item> | MalformedCode;
}

/** Lines that belong together and are given out as one: a head or a trailer section. */
interface Section<StartLine> {
  startLine: StartLine | undefined;
  readonly headers: Header[];
  /** Where the next line begins, counted from the section's start. */
  lineStart: number;
}

type State<StartLine> =
  | { readonly name: "head"; readonly section: Section<StartLine> }
  | { readonly name: "sized"; left: number; readonly chunk: boolean }
  | { readonly name: "chunk-line" }
  | { readonly name: "chunk-end" }
  | { readonly name: "trailers"; readonly section: Section<StartLine> }
  | { readonly name: "until-close" }
  | { readonly name: "closed" }
  | { readonly name: "opaque" };

/** A step's outcome: bytes used up, `undefined` when more is needed, or a fault at an offset from the step's start. */
type Step = number | undefined | { readonly code: MalformedCode; readonly at: number };

/** Where a reader is in a message, between two pushes that left nothing pending. */
export interface MessagePlace {
  /** What comes next. */
  readonly name: Exclude<State<never>["name"], "opaque">;
  /** Of a body by length, or of a chunk: the bytes that are still to come. */
  readonly left: number;
  /** Whether they are a chunk's. */
  readonly chunk: boolean;
  /** Whether another message may follow this one. */
  readonly keepAlive: boolean;
}

const newSection = <StartLine>(): Section<StartLine> => ({ startLine: undefined, headers: [], lineStart: 0 });

/** The machine under both readers: lines, sections, body framing. Every byte pushed is in one item or pending. */
export class MessageReader<StartLine extends object, Item> {
  readonly #rules: HeadRules<StartLine, Item>;
  readonly #limits: HttpLimits;
  readonly #held = new HeldBytes();
  #state: State<StartLine> = { name: "head", section: newSection() };
  #keepAlive = true;
  #offset = 0;
  /** Bytes of the unfinished line that are known to hold no LF, so that no byte is looked at twice. */
  #searched = 0;
  #items: (Item | BodyItem)[] = [];

  constructor(rules: HeadRules<StartLine, Item>, limits: HttpLimits) {
    this.#rules = rules;
    this.#limits = limits;
  }

  get pendingBytes(): number {
    return this.#held.length;
  }

  /** True while no message has begun and no byte is pending. */
  get isIdle(): boolean {
    return (this.#state.name === "head" || this.#state.name === "closed") && this.#held.length === 0;
  }

  get isOpaque(): boolean {
    return this.#state.name === "opaque";
  }

  /** Where the reader is; `undefined` while bytes are pending, or nothing is read any more. */
  get place(): MessagePlace | undefined {
    const state = this.#state;
    if (this.#held.length > 0 || state.name === "opaque") return undefined;
    const { left, chunk } = state.name === "sized" ? state : { left: 0, chunk: false };
    return { name: state.name, left, chunk, keepAlive: this.#keepAlive };
  }

  /** Goes on where another reader of the same kind was; before the first push. Offsets count from here. */
  resume({ name, left, chunk, keepAlive }: MessagePlace): void {
    this.#keepAlive = keepAlive;
    if (name === "sized") this.#state = { name, left, chunk };
    else if (name === "head" || name === "trailers") this.#state = { name, section: newSection() };
    else this.#state = { name };
  }

  push(chunk: Uint8Array): (Item | BodyItem)[] {
    const data = this.#held.join(chunk);
    let at = 0;
    while (at < data.length) {
      const used = this.#step(data, at);
      if (used === undefined) break;
      if (typeof used === "object") {
        const malformed = { kind: "malformed", code: used.code, offset: this.#offset + used.at } as const;
        this.#emit({ ...malformed, bytes: data.subarray(at) } satisfies Malformed);
        this.#state = { name: "opaque" };
        this.#offset += data.length - at;
        at = data.length;
        break;
      }
      at += used;
      this.#offset += used;
    }
    this.#held.keep(data, at);
    return this.#takeItems();
  }

  finish(): (Item | BodyItem)[] {
    const { name } = this.#state;
    if (name === "until-close") this.#emit({ kind: "end", bytes: NOTHING });
    else if (!this.isIdle && name !== "opaque") {
      const offset = this.#offset;
      this.#emit({ kind: "malformed", code: "truncated", offset, bytes: this.#held.take() });
    }
    this.#state = { name: "opaque" };
    return this.#takeItems();
  }

  becomeOpaque(): (Item | BodyItem)[] {
    this.#state = { name: "opaque" };
    if (this.#held.length === 0) return [];
    this.#offset += this.#held.length;
    this.#emit({ kind: "opaque", bytes: this.#held.take() });
    return this.#takeItems();
  }

  #emit(item: Item | BodyItem): void {
    this.#items.push(item);
  }

  #takeItems(): (Item | BodyItem)[] {
    const items = this.#items;
    this.#items = [];
    return items;
  }

  #step(data: Uint8Array, at: number): Step {
    const state = this.#state;
    switch (state.name) {
      case "head":
        return this.#stepHead(data, at, state.section);
      case "sized": {
        const bytes = data.subarray(at, at + Math.min(state.left, data.length - at));
        state.left -= bytes.length;
        this.#emit({ kind: "body", bytes, data: bytes });
        if (state.left === 0) {
          if (state.chunk) this.#state = { name: "chunk-end" };
          else this.#end();
        }
        return bytes.length;
      }
      case "chunk-line":
        return this.#stepChunkLine(data, at);
      case "chunk-end":
        if (data[at] !== CR || (data.length > at + 1 && data[at + 1] !== LF))
          return { code: "bad-chunk-end", at: 0 };
        if (data.length < at + 2) return undefined;
        this.#emit({ kind: "body", bytes: data.subarray(at, at + 2), data: NOTHING });
        this.#state = { name: "chunk-line" };
        return 2;
      case "trailers":
        return this.#stepTrailers(data, at, state.section);
      case "until-close": {
        const bytes = data.subarray(at);
        this.#emit({ kind: "body", bytes, data: bytes });
        return bytes.length;
      }
      case "closed":
        return { code: "bytes-after-close", at: 0 };
      case "opaque":
        this.#emit({ kind: "opaque", bytes: data.subarray(at) });
        return data.length - at;
      default:
        return state satisfies never;
    }
  }

  #end(): void {
    this.#emit({ kind: "end", bytes: NOTHING });
    this.#state = this.#keepAlive ? { name: "head", section: newSection() } : { name: "closed" };
  }

  /**
   * The end of the line that begins at `from`, without its CRLF; `undefined` while its LF is missing. The limit
   * counts from `sectionStart` and is checked before anything is held.
   */
  #lineEnd(
    data: Uint8Array,
    sectionStart: number,
    from: number,
    max: number,
    over: MalformedCode,
  ): number | undefined | MalformedCode {
    const lf = indexOf(data, LF, from + this.#searched);
    this.#searched = lf === -1 ? data.length - from : 0;
    if ((lf === -1 ? data.length : lf + 1) - sectionStart > max) return over;
    if (lf === -1) return undefined;
    if (lf === from || data[lf - 1] !== CR) return "bare-lf";
    return indexOf(data, CR, from) === lf - 1 ? lf - 1 : "bare-cr";
  }

  #stepHead(data: Uint8Array, at: number, section: Section<StartLine>): Step {
    for (;;) {
      const from = at + section.lineStart;
      const fault = (code: MalformedCode): Step => ({ code, at: section.lineStart });
      if (section.startLine === undefined && from < data.length) {
        const early = this.#rules.prefixFault(data, from, data.length);
        if (early !== undefined) return fault(early);
      }
      const end = this.#lineEnd(data, at, from, this.#limits.maxHeadBytes, "head-too-large");
      if (end === undefined) return undefined;
      if (typeof end === "string") return fault(end);
      section.lineStart = end + 2 - at;
      if (section.startLine === undefined) {
        if (end === from && this.#rules.skipsEmptyLines) continue;
        const startLine = this.#rules.readStartLine(data, from, end);
        if (typeof startLine === "string") return { code: startLine, at: from - at };
        section.startLine = startLine;
      } else if (end > from) {
        const code = this.#readHeader(data, from, end, section.headers);
        if (code !== undefined) return { code, at: from - at };
      } else return this.#completeHead(data.subarray(at, end + 2), section.startLine, section.headers);
    }
  }

  #completeHead(bytes: Uint8Array, startLine: StartLine, headers: readonly Header[]): Step {
    const after = this.#rules.complete(startLine, headers, bytes);
    if (typeof after === "string") return { code: after, at: 0 };
    this.#emit(after.item);
    const { next } = after;
    if (next.kind === "opaque") this.#state = { name: "opaque" };
    else if (next.kind === "head") this.#state = { name: "head", section: newSection() };
    else {
      this.#keepAlive = next.keepAlive;
      this.#beginBody(next.framing);
    }
    return bytes.length;
  }

  #beginBody(framing: BodyFraming): void {
    switch (framing.kind) {
      case "none":
        this.#end();
        break;
      case "length":
        if (framing.bytes === 0) this.#end();
        else this.#state = { name: "sized", left: framing.bytes, chunk: false };
        break;
      case "chunked":
        this.#state = { name: "chunk-line" };
        break;
      case "until-close":
        this.#state = { name: "until-close" };
        break;
      default:
        framing satisfies never;
    }
  }

  #readHeader(data: Uint8Array, from: number, to: number, headers: Header[]): MalformedCode | undefined {
    if (headers.length === this.#limits.maxHeaderCount) return "too-many-headers";
    const header = readHeaderLine(data, from, to);
    if (typeof header === "string") return header;
    headers.push(header);
    return undefined;
  }

  #stepChunkLine(data: Uint8Array, at: number): Step {
    const end = this.#lineEnd(data, at, at, this.#limits.maxChunkLineBytes, "chunk-line-too-large");
    if (end === undefined) return undefined;
    if (typeof end === "string") return { code: end, at: 0 };
    const size = readChunkSize(data, at, end, this.#rules.looseChunkLines);
    if (size === undefined) return { code: "bad-chunk-size", at: 0 };
    this.#emit({ kind: "body", bytes: data.subarray(at, end + 2), data: NOTHING });
    this.#state =
      size > 0 ? { name: "sized", left: size, chunk: true } : { name: "trailers", section: newSection() };
    return end + 2 - at;
  }

  #stepTrailers(data: Uint8Array, at: number, section: Section<StartLine>): Step {
    for (;;) {
      const from = at + section.lineStart;
      const end = this.#lineEnd(data, at, from, this.#limits.maxTrailerBytes, "trailers-too-large");
      if (end === undefined) return undefined;
      if (typeof end === "string") return { code: end, at: section.lineStart };
      section.lineStart = end + 2 - at;
      if (end === from) {
        const bytes = data.subarray(at, end + 2);
        this.#emit({ kind: "trailers", headers: section.headers, bytes });
        this.#end();
        return bytes.length;
      }
      const code = this.#readHeader(data, from, end, section.headers);
      if (code !== undefined) return { code, at: from - at };
    }
  }
}

/** As the method of the same name. Lines are short, and a call to what is native takes longer than most of them. */
function indexOf(data: Uint8Array, byte: number, from: number): number {
  const near = Math.min(data.length, from + nearBytes);
  for (let at = from; at < near; at++) if (data[at] === byte) return at;
  return near === data.length ? -1 : data.indexOf(byte, near);
}
