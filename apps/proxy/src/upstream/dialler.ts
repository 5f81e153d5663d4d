/** Opens connections to upstreams, looks at each address before it is dialled, and says in words why one can't be had. */
import { lookup as systemLookup } from "node:dns";
import { connect, isIP, type LookupFunction, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import type { Clock } from "@faultwire/runtime";
import { type Authority, authorityText } from "./authority.ts";
import { isLoopback, isPrivate, plainAddress } from "./forbidden-addresses.ts";
import type { Resolver } from "./resolve-table.ts";

/** Why an address is not dialled, or was given up; `code` stands beside those of the system. */
export class DialError extends Error {
  override readonly name = "DialError";
  readonly code: "SELF" | "PRIVATE" | "TIMEOUT";

  constructor(code: DialError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** What a dialler needs. */
export interface DiallerOptions {
  readonly table: Resolver;
  readonly clock: Clock;
  readonly connectMs: number;
  /** In place of the system's. */
  readonly lookup?: LookupFunction | undefined;
  /** Where the proxy itself listens; undefined until it does. */
  readonly own: () => { readonly address: string; readonly port: number } | undefined;
  /** Whether private addresses are dialled; those that the table names always are. */
  readonly allowPrivate: boolean;
}

export class Dialler {
  readonly #options: DiallerOptions;

  constructor(options: DiallerOptions) {
    this.#options = options;
  }

  /**
   * Opens a connection. Whatever is wrong comes as the socket's `error`, never as an exception.
   *
   * @param isWanted - It is named by who runs the proxy, and may be a private address.
   */
  dial(authority: Authority, isWanted = false): Socket {
    const { table, clock, connectMs } = this.#options;
    const found = table.find(authority);
    const isOrdered = isWanted || found !== authority;
    const refusal = isIP(found.host) ? this.#refusal(found.host, found.port, isOrdered) : undefined;
    const socket = connect({
      // A name, so that it is looked up, and the look-up says no.
      host: refusal ? "refused.invalid" : found.host,
      port: found.port,
      allowHalfOpen: true,
      noDelay: true,
      lookup: refusal
        ? (_hostname, _options, callback) => callback(refusal, [])
        : this.#lookup(found.port, isOrdered),
    });
    const cancel = clock.after(connectMs, () =>
      socket.destroy(new DialError("TIMEOUT", `it did not accept within ${connectMs} ms`)),
    );
    socket.once("connect", () => {
      cancel();
      // It would hold the timer as long as the connection.
      socket.off("close", cancel);
    });
    socket.on("close", cancel);
    return socket;
  }

  /** Whether an upstream is dialled here in any case: it is led elsewhere, or is an address that is refused. */
  isOwnMatter(authority: Authority): boolean {
    if (this.#options.table.find(authority) !== authority) return true;
    return isIP(authority.host) !== 0 && this.#refusal(authority.host, authority.port, false) !== undefined;
  }

  /** Where is dialled for an upstream. */
  leads(authority: Authority): Authority {
    return this.#options.table.find(authority);
  }

  /** Looks at the very addresses that are dialled: a second look-up could answer otherwise. */
  #lookup(port: number, isOrdered: boolean): LookupFunction {
    const { lookup = systemLookup } = this.#options;
    return (hostname, options, callback) => {
      lookup(hostname, { ...options, all: true }, (error, found) => {
        if (error) {
          callback(error, []);
          return;
        }
        const addresses = typeof found === "string" ? [{ address: found, family: isIP(found) }] : found;
        let refusals: readonly (DialError | undefined)[];
        try {
          refusals = addresses.map(({ address }) => this.#refusal(address, port, isOrdered));
        } catch (failed) {
          // Some systems don't say which addresses they have: nothing can be told of these, so they are not dialled.
          callback(failed as Error, []);
          return;
        }
        const allowed = addresses.filter((_address, at) => refusals[at] === undefined);
        const [first] = allowed;
        if (!first) callback(refusals[0] ?? new DialError("PRIVATE", "the name has no address"), []);
        else if (options.all) callback(null, allowed);
        else callback(null, first.address, first.family);
      });
    };
  }

  #refusal(address: string, port: number, isOrdered: boolean): DialError | undefined {
    const { own, allowPrivate } = this.#options;
    const self = own();
    if (self?.port === port && leadsTo(plainAddress(address), plainAddress(self.address)))
      return new DialError("SELF", "it leads back to this proxy; `resolve` can lead it to its real address");
    if (allowPrivate || isOrdered || !isPrivate(address)) return undefined;
    return new DialError("PRIVATE", "private addresses are not dialled for others");
  }
}

/** Whether a socket that listens on `own` would answer at `address`. */
function leadsTo(address: string, own: string): boolean {
  if (address === own) return true;
  const isAny = own === "0.0.0.0" || own === "::";
  if (!isAny) return isUnspecified(address) && isLoopback(own);
  if (isUnspecified(address) || isLoopback(address)) return true;
  return Object.values(networkInterfaces()).some((all) => all?.some((each) => each.address === address));
}

/** Systems take "no address" for their own loopback. */
const isUnspecified = (address: string): boolean => address === "0.0.0.0" || address === "::";

/** Why an upstream can't be reached. */
export interface Unreachable {
  /** Of the system, or of {@link DialError}. */
  readonly code: string;
  /** For people: whom, and why. */
  readonly reason: string;
  /** The status that a proxy answers with. */
  readonly status: 403 | 502 | 504;
}

const words: Readonly<Record<string, string>> = {
  ENOTFOUND: "its name does not resolve",
  EAI_AGAIN: "its name can't be looked up now",
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "it broke the connection off",
  EHOSTUNREACH: "there is no way to it",
  ENETUNREACH: "there is no network that leads to it",
  ETIMEDOUT: "it does not answer",
  EMFILE: "this process has no file descriptor left",
  ENFILE: "this machine has no file descriptor left",
};

/** Why a connection could not be opened, in words. */
export function wordsFor(error: Error): string {
  const { code = "UNKNOWN" } = error as NodeJS.ErrnoException;
  const why = error instanceof DialError ? error.message : (words[code] ?? "it can't be connected to");
  return `${why} (${code})`;
}

/** Says why an upstream can't be reached. */
export function unreachable(authority: Authority, error: Error): Unreachable {
  const { code = "UNKNOWN" } = error as NodeJS.ErrnoException;
  const isRefusal = code === "SELF" || code === "PRIVATE";
  return {
    code,
    reason: `${authorityText(authority)} can't be reached: ${wordsFor(error)}`,
    status: isRefusal ? 403 : code === "TIMEOUT" || code === "ETIMEDOUT" ? 504 : 502,
  };
}
