/** Lines for people, one for each request, in columns that stay where they are as far as they can. */
import pc from "picocolors";
import type { ConnectionOutcome, FinishedRequest } from "./finished-request.ts";
import { durationText, plainText, shortened } from "./plain-text.ts";
import { outcomeText, repeatText, requestTone, type Tone, whatHappened } from "./request-words.ts";

/** Where lines go, and how they may look. */
export interface LineTarget {
  readonly write: (text: string) => void;
  readonly colors: boolean;
  /** Characters of a line; `undefined` where nothing wraps them. */
  readonly width: () => number | undefined;
  /** The time of day, for the front of a line. */
  readonly clock: () => string;
}

/** How many characters a column takes from the first line on, and at the most because one line needed them. */
const columns = {
  target: [0, 60],
  model: [0, 28],
  kind: [6, 6],
  status: [3, 3],
  time: [7, 12],
  what: [0, 40],
} as const satisfies Readonly<Record<string, readonly [least: number, most: number]>>;
type Column = keyof typeof columns;

/** Characters of a target that are shown however narrow the terminal is. */
const minTarget = 24;
const gap = "  ";

export class LineWriter {
  readonly #out: LineTarget;
  readonly #colors: ReturnType<typeof pc.createColors>;
  /** The widest text of each column so far. */
  readonly #widths = new Map<Column, number>();
  /** What the terminal has room for, at its {@link #width}. */
  #shape: { hasClock: boolean; hasModel: boolean; target: number } = {
    hasClock: true,
    hasModel: true,
    target: columns.target[1],
  };
  #width: number | undefined;

  constructor(out: LineTarget) {
    this.#out = out;
    this.#colors = pc.createColors(out.colors);
  }

  request(finished: FinishedRequest): void {
    const { request, response, durationMs } = finished;
    const { dim, green, yellow, red } = this.#colors;
    const tone = requestTone(finished);
    const paint = this.#paint(tone);
    const status = response?.status ?? null;
    const paintStatus = tone === "fault" ? yellow : (status ?? 599) >= 400 ? red : green;
    const repeat = repeatText(finished);
    const what = whatHappened(finished);
    const model = shortened(plainText(request.model ?? ""), columns.model[1]);
    const target = `${plainText(request.method)} ${plainText(request.host + request.path)}`;
    const before: Part[] = [{ text: this.#out.clock(), paint: dim }];
    const behind: Part[] = [
      { text: this.#column("model", model), paint: dim },
      { text: this.#column("kind", request.stream ? "stream" : ""), paint: dim },
      { text: this.#column("status", status === null ? "–" : String(status), "right"), paint: paintStatus },
      { text: this.#column("time", durationText(durationMs), "right"), paint: dim },
      { text: repeat === "" ? what : this.#column("what", what), paint },
      { text: repeat, paint: String },
    ];
    this.#write(target, before, behind);
  }

  connectionFault({ connection, outcome }: ConnectionOutcome): void {
    const host = plainText(connection?.host ?? outcome.connection);
    const paint = this.#paint(outcome.type === "undone" ? "undone" : "fault");
    this.#beside(`CONNECT ${host}`, String, outcomeText(outcome), paint);
  }

  passed(host: string): void {
    const { dim } = this.#colors;
    this.#beside(plainText(host), dim, "no target: passes unread", dim);
  }

  #beside(target: string, paintTarget: Paint, text: string, paint: Paint): void {
    this.#write(
      target,
      [{ text: this.#out.clock(), paint: this.#colors.dim }],
      [{ text, paint }],
      paintTarget,
    );
  }

  /**
   * Where the terminal is too narrow, the time of day goes, then the model, then the middle of the target; and so for the
   * lines that follow, so that columns stay.
   */
  #write(target: string, before: Part[], behind: Part[], paintTarget: Paint = String): void {
    const width = this.#out.width();
    if (width !== this.#width) this.#shape = { hasClock: true, hasModel: true, target: columns.target[1] };
    this.#width = width;
    const shape = this.#shape;
    const isRequest = behind.length > 1;
    const [model, ...others] = behind;
    const parts = (): Part[] => [
      ...(shape.hasClock ? before : []),
      ...(isRequest ? [...(shape.hasModel && model ? [model] : []), ...others] : behind),
    ];
    const room = (): number =>
      parts().reduce(
        (left, { text }) => left - (text === "" ? 0 : text.length + gap.length),
        width ?? Number.POSITIVE_INFINITY,
      );
    const wanted = Math.min(target.length, shape.target);
    if (room() < wanted) shape.hasClock = false;
    if (room() < wanted && isRequest) shape.hasModel = false;
    // What does not fit into a line in any way wraps, and leaves the columns of others alone.
    if (room() >= minTarget && room() < wanted) shape.target = room();
    const shown = this.#column("target", target, "left", shape.target);
    const all = [
      ...(shape.hasClock ? before : []),
      { text: shown, paint: paintTarget },
      ...parts().slice(shape.hasClock ? before.length : 0),
    ].filter(({ text }) => text !== "");
    const last = all.at(-1);
    const line = all.map((part) => part.paint(part === last ? part.text.trimEnd() : part.text));
    this.#out.write(`${line.join(gap)}\n`);
  }

  /** The text, as wide as the widest of its column so far, and never wider than `most`. */
  #column(
    column: Column,
    text: string,
    side: "left" | "right" = "left",
    most: number = Number.POSITIVE_INFINITY,
  ): string {
    const [least, widest] = columns[column];
    const max = Math.min(most, widest);
    const shown = column === "target" ? shortened(text, max) : text;
    const grown = Math.min(widest, Math.max(this.#widths.get(column) ?? least, shown.length));
    this.#widths.set(column, grown);
    const width = Math.min(max, grown);
    return side === "left" ? shown.padEnd(width) : shown.padStart(width);
  }

  #paint(tone: Tone): Paint {
    const { green, yellow, red } = this.#colors;
    return { passed: green, fault: yellow, undone: red }[tone];
  }
}

type Paint = (text: string) => string;

interface Part {
  readonly text: string;
  readonly paint: Paint;
}
