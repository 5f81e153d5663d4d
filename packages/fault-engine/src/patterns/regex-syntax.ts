import { FaultEngineError } from "../fault-engine-error.ts";

/** A set of UTF-16 code units as inclusive ranges. */
export interface UnitSet {
  readonly ranges: readonly (readonly [number, number])[];
  readonly negated: boolean;
}

/** What an expression is made of. */
export type RegexNode =
  | { readonly kind: "set"; readonly set: UnitSet }
  | { readonly kind: "start" | "end" }
  | { readonly kind: "sequence"; readonly items: readonly RegexNode[] }
  | { readonly kind: "choice"; readonly items: readonly RegexNode[] }
  | { readonly kind: "repeat"; readonly item: RegexNode; readonly min: number; readonly max: number | null };

/** Nesting of groups: the reader and the compiler descend by recursion, and a file could ask for any depth. */
const MAX_GROUP_DEPTH = 50;
/** Copies that `{min,max}` asks for: each is a state of the machine. */
const MAX_REPEAT = 100;

const DIGITS: UnitSet = { ranges: [[48, 57]], negated: false };
const WORDS: UnitSet = {
  ranges: [
    [48, 57],
    [65, 90],
    [95, 95],
    [97, 122],
  ],
  negated: false,
};
const SPACES: UnitSet = {
  ranges: [
    [9, 13],
    [32, 32],
    [0xa0, 0xa0],
    [0x1680, 0x1680],
    [0x2000, 0x200a],
    [0x2028, 0x2029],
    [0x202f, 0x202f],
    [0x205f, 0x205f],
    [0x3000, 0x3000],
    [0xfeff, 0xfeff],
  ],
  negated: false,
};
const ANY: UnitSet = {
  ranges: [
    [10, 10],
    [13, 13],
    [0x2028, 0x2029],
  ],
  negated: true,
};
const not = (set: UnitSet): UnitSet => ({ ...set, negated: !set.negated });
const CLASSES: Readonly<Record<string, UnitSet>> = {
  d: DIGITS,
  D: not(DIGITS),
  w: WORDS,
  W: not(WORDS),
  s: SPACES,
  S: not(SPACES),
};
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13 };

/** Reads the supported subset of JavaScript's regular expressions; says what is outside of it, and where. */
class RegexParser {
  readonly #source: string;
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  parse(): RegexNode {
    const node = this.#choice();
    if (this.#at < this.#source.length) this.#fail("an unmatched )");
    return node;
  }

  #fail(what: string): never {
    throw new FaultEngineError(
      "invalid-pattern",
      `${what} at ${this.#at} of the regular expression ${JSON.stringify(this.#source)}; literals, ., [...], groups, |, *, +, ?, {n,m}, ^, $, \\d \\w \\s are supported`,
    );
  }

  #peek(): string {
    return this.#source.charAt(this.#at);
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #choice(): RegexNode {
    const items = [this.#sequence()];
    while (this.#take("|")) items.push(this.#sequence());
    return items.length === 1 ? items[0]! : { kind: "choice", items };
  }

  #sequence(): RegexNode {
    const items: RegexNode[] = [];
    while (this.#at < this.#source.length && this.#peek() !== "|" && this.#peek() !== ")") {
      const atom = this.#atom();
      items.push(this.#repeated(atom));
    }
    return { kind: "sequence", items };
  }

  #repeated(item: RegexNode): RegexNode {
    const bounds = this.#bounds();
    if (bounds === undefined) return item;
    if (item.kind === "start" || item.kind === "end") this.#fail("a repeated anchor");
    // Greed decides about groups only, and a test has none.
    this.#take("?");
    if (this.#bounds() !== undefined) this.#fail("a repeated repetition");
    return { kind: "repeat", item, ...bounds };
  }

  #bounds(): { readonly min: number; readonly max: number | null } | undefined {
    if (this.#take("*")) return { min: 0, max: null };
    if (this.#take("+")) return { min: 1, max: null };
    if (this.#take("?")) return { min: 0, max: 1 };
    if (this.#peek() !== "{") return undefined;
    const match = /^\{([0-9]{1,4})(?:(,)([0-9]{1,4})?)?\}/.exec(this.#source.slice(this.#at, this.#at + 12));
    if (!match) this.#fail("a { that opens no repetition; write \\{");
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] === undefined ? null : Number(match[3]);
    if (Math.max(min, max ?? 0) > MAX_REPEAT || (max !== null && max < min))
      this.#fail(`a repetition that is not between 0 and ${MAX_REPEAT} in rising order`);
    this.#at += match[0].length;
    return { min, max };
  }

  #atom(): RegexNode {
    const letter = this.#peek();
    if (letter === "(") return this.#group();
    if (letter === "[") return { kind: "set", set: this.#class() };
    if ("*+?{".includes(letter)) this.#fail(`a ${letter} with nothing to repeat`);
    this.#at++;
    if (letter === "^") return { kind: "start" };
    if (letter === "$") return { kind: "end" };
    if (letter === ".") return { kind: "set", set: ANY };
    if (letter === "\\") return { kind: "set", set: this.#escape() };
    const unit = letter.charCodeAt(0);
    return { kind: "set", set: { ranges: [[unit, unit]], negated: false } };
  }

  #group(): RegexNode {
    this.#at++;
    if (++this.#depth > MAX_GROUP_DEPTH) this.#fail(`groups nested over ${MAX_GROUP_DEPTH} deep`);
    if (this.#peek() === "?" && !this.#take("?:")) this.#fail("a look-around or a named group");
    const node = this.#choice();
    if (!this.#take(")")) this.#fail("a group without its )");
    this.#depth--;
    return node;
  }

  /** Stands after the backslash. */
  #escape(): UnitSet {
    const letter = this.#peek();
    const set = CLASSES[letter];
    const control = CONTROLS[letter];
    if (set === undefined && control === undefined && (letter === "" || /[0-9A-Za-z]/.test(letter)))
      this.#fail(`the escape \\${letter}`);
    this.#at++;
    const unit = control ?? letter.charCodeAt(0);
    return set ?? { ranges: [[unit, unit]], negated: false };
  }

  #class(): UnitSet {
    this.#at++;
    const negated = this.#take("^");
    const ranges: (readonly [number, number])[] = [];
    while (!this.#take("]")) {
      const low = this.#classMember();
      if (this.#peek() === "-" && this.#source.charAt(this.#at + 1) !== "]") {
        this.#at++;
        const high = this.#classMember();
        const [from, to] = [low.ranges[0]?.[0], high.ranges[0]?.[0]];
        const isSingle = (set: UnitSet): boolean =>
          set.ranges.length === 1 && set.ranges[0]?.[0] === set.ranges[0]?.[1];
        if (!isSingle(low) || !isSingle(high) || from === undefined || to === undefined || to < from)
          this.#fail("a range that does not run from a lower to a higher character");
        ranges.push([from, to]);
      } else ranges.push(...low.ranges);
    }
    return { ranges, negated };
  }

  #classMember(): UnitSet {
    const letter = this.#peek();
    if (letter === "") this.#fail("a [ without its ]");
    this.#at++;
    if (letter !== "\\") {
      const unit = letter.charCodeAt(0);
      return { ranges: [[unit, unit]], negated: false };
    }
    const set = this.#escape();
    if (set.negated) this.#fail("a negated class within a class");
    return set;
  }
}

/**
 * Reads a regular expression of the supported subset of JavaScript's: literals, `.`, classes, groups, `|`, `*`, `+`,
 * `?`, `{n,m}`, `^`, `$`, `\d`, `\w`, `\s` and their opposites. No references, look-around or flags.
 *
 * @throws FaultEngineError `invalid-pattern`, with the place and what is supported.
 */
export function parseRegex(source: string): RegexNode {
  return new RegexParser(source).parse();
}
