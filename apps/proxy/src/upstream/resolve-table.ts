/** Where names lead in place of what DNS says, as curl's `--resolve` has it. */
import { ProxyError } from "../proxy-error.ts";
import { type Authority, parseAuthority } from "./authority.ts";

/** A host, and its port where it matters. */
interface Pattern {
  /** `undefined` for every host; a leading dot for every host below a name. */
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly to: { readonly host: string; readonly port: number | undefined };
}

/** `HOST`, `HOST:PORT`, `*.HOST:PORT` or `*` to `ADDRESS` or `ADDRESS:PORT`. */
export type ResolveEntries = Readonly<Record<string, string>>;

/** What finds where to connect. */
export type Resolver = Pick<ResolveTable, "find">;

/**
 * A table whose entries may change while the proxy runs: made anew when `entries` gives another object.
 *
 * @throws ProxyError `bad-option`, for the first entries; later ones that mean nothing leave the table as it is.
 */
export function liveResolver(entries: () => ResolveEntries): Resolver {
  let seen = entries();
  let table = new ResolveTable(seen);
  return {
    find(authority) {
      const now = entries();
      if (now !== seen) {
        seen = now;
        try {
          table = new ResolveTable(now);
        } catch (error) {
          if (!(error instanceof ProxyError)) throw error;
        }
      }
      return table.find(authority);
    },
  };
}

export class ResolveTable {
  readonly #patterns: readonly Pattern[];

  /**
   * @param entries - `HOST`, `HOST:PORT`, `*.HOST:PORT` or `*` to `ADDRESS` or `ADDRESS:PORT`; an IPv6 address has
   * brackets. The first that fits counts.
   * @throws ProxyError `bad-option`
   */
  constructor(entries: ResolveEntries) {
    this.#patterns = Object.entries(entries).map(([from, to]) => {
      const source =
        readPart(from.replace(/^\*\./, "")) ?? (/^\*(:\d{1,5})?$/.test(from) ? readStar(from) : undefined);
      const target = readPart(to);
      if (!source || target?.host === undefined)
        throw new ProxyError(
          "bad-option",
          `"${from}" to "${to}" can't be resolved so; HOST:PORT to ADDRESS:PORT expected`,
        );
      const host = from.startsWith("*.") ? `.${source.host}` : source.host;
      return { host, port: source.port, to: { host: target.host, port: target.port } };
    });
  }

  /** Where to connect for that authority; itself where the table says nothing. */
  find(authority: Authority): Authority {
    const found = this.#patterns.find(
      ({ host, port }) =>
        (port === undefined || port === authority.port) &&
        (host === undefined ||
          host === authority.host ||
          (host.startsWith(".") && authority.host.endsWith(host))),
    );
    return found ? { host: found.to.host, port: found.to.port ?? authority.port } : authority;
  }
}

/** Stands for "any port" while a host alone is read. */
const anyPort = 65_535;

function readPart(
  text: string,
): { readonly host: string | undefined; readonly port: number | undefined } | undefined {
  const hasPort = /(?:\]|^[^:]*):\d{1,5}$/.test(text);
  const read = parseAuthority(
    /^[0-9a-fA-F]*:[0-9a-fA-F:.]*$/.test(text) && !hasPort ? `[${text}]` : text,
    anyPort,
  );
  return read && { host: read.host, port: hasPort ? read.port : undefined };
}

function readStar(text: string): { readonly host: undefined; readonly port: number | undefined } | undefined {
  const [, digits] = text.split(":");
  const port = digits === undefined ? undefined : Number(digits);
  return port === undefined || (port >= 1 && port <= 65_535) ? { host: undefined, port } : undefined;
}

/**
 * Reads curl's form of it, `HOST:PORT:ADDRESS[:PORT]`, an IPv6 address in brackets.
 *
 * @returns undefined where it is not that.
 */
export function parseResolveFlag(text: string): readonly [from: string, to: string] | undefined {
  const [, from, to] =
    /^((?:\[[^\]]+\]|[^:[\]]+):(?:\d{1,5}|\*)):((?:\[[^\]]+\]|[^:[\]]+)(?::\d{1,5})?)$/.exec(text) ?? [];
  return from === undefined || to === undefined ? undefined : [from.replace(/:\*$/, ""), to];
}
