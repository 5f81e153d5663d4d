/** Exchanges that were recorded, and which of them answers a request. */
import { createHash } from "node:crypto";
import { firstDifference, nearestOf } from "./first-difference.ts";
import { maskedQuestion } from "./masking.ts";
import { isOverHttp2, type RecordedRequest, type Recording } from "./recorded-exchange.ts";

/** What answers a request, or why nothing does, in words. */
export type Found =
  | {
      /** What answers. */
      readonly exchange: Recording;
    }
  | {
      /** Nothing does. */
      readonly exchange: undefined;
      /** What is nearest, in words for people. */
      readonly why: string;
    };

/** Exchanges of which each request with the same words was recorded once or several times. */
export class Recordings {
  readonly #byKey = new Map<string, { readonly exchanges: Recording[]; next: number }>();
  readonly #all: readonly Recording[];
  /** Without their ports. */
  readonly #http2Hosts: ReadonlySet<string>;

  /** @param exchanges - In the order in which they were recorded. */
  constructor(exchanges: readonly Recording[]) {
    this.#all = exchanges;
    this.#http2Hosts = new Set(
      exchanges.filter(isOverHttp2).map(({ request: { host } }) => host.replace(/:\d+$/, "")),
    );
    for (const exchange of exchanges) {
      // Also what an older recorder, or a person, has written.
      const key = keyOf(maskedQuestion(exchange.request));
      const same = this.#byKey.get(key);
      if (same) same.exchanges.push(exchange);
      else this.#byKey.set(key, { exchanges: [exchange], next: 0 });
    }
  }

  /** How many exchanges there are. */
  get size(): number {
    return this.#all.length;
  }

  /** Schemes and hosts that were asked, each once. */
  get origins(): readonly Pick<RecordedRequest, "scheme" | "host">[] {
    const all = this.#all.map(
      ({ request: { scheme, host } }) => [`${scheme} ${host}`, { scheme, host }] as const,
    );
    return [...new Map(all).values()];
  }

  /** Whether something was recorded of that host over HTTP/2. */
  hasHttp2(name: string): boolean {
    return this.#http2Hosts.has(name.toLowerCase());
  }

  /**
   * The exchange that answers a request: one with the same method, host, target and body. JSON is the same in any order of its
   * members; headers do not count. Where a request was recorded several times, the first comes first, and the last is
   * repeated.
   */
  take(request: RecordedRequest): Found {
    const asked = maskedQuestion(request);
    const same = this.#byKey.get(keyOf(asked));
    if (!same) return { exchange: undefined, why: this.#whyNot(asked) };
    const { exchanges } = same;
    const exchange = exchanges[Math.min(same.next++, exchanges.length - 1)]!;
    return { exchange };
  }

  #whyNot(asked: Question): string {
    const { method, host, target } = asked;
    const what = `${method} ${target} at ${host}`;
    const near = this.#all.filter(
      ({ request }) => request.method === method && request.host === host && request.target === target,
    );
    const nearest = nearestOf(
      near.map(({ request }) => request.body),
      asked.body,
    );
    if (nearest) {
      const where = firstDifference(nearest, asked.body);
      if (near.length === 1) return `${what} was recorded with another body, which differs at ${where}`;
      return `${what} was recorded ${near.length} times with other bodies; the nearest differs at ${where}`;
    }
    const others = this.#all.filter(({ request }) => request.host === host);
    if (others.length === 0)
      return `nothing was recorded of ${host}; of other hosts: ${listed([...new Set(this.origins.map((one) => one.host))])}`;
    const known = others.map(({ request }) => `${request.method} ${request.target}`);
    return `${what} was not recorded; of this host: ${listed([...new Set(known)])}`;
  }
}

/** How many names an answer gives at the most. */
const mostListed = 5;

function listed(names: readonly string[]): string {
  if (names.length === 0) return "nothing";
  const rest = names.length - mostListed;
  return names.slice(0, mostListed).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

/** What a request is found by. */
type Question = Omit<RecordedRequest, "headers">;

function keyOf({ method, host, target, body }: Question): string {
  const digest = createHash("sha256").update(sameBody(body)).digest("base64");
  return JSON.stringify([method, host, target, digest]);
}

/** JSON with its members in order; other bytes as they are. */
function sameBody(body: Uint8Array): Uint8Array | string {
  try {
    return inOrder(JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8")));
  } catch {
    // No JSON, or nested deeper than it can be written.
    return body;
  }
}

/** A value of JSON as text, the members of its objects in order. */
function inOrder(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(inOrder).join(",")}]`;
  const members = value as Readonly<Record<string, unknown>>;
  const names = Object.keys(members).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${inOrder(members[name])}`).join(",")}}`;
}
