/** Clients that don't trust our CA: the first thing that goes wrong for everybody, so it is said with its remedy. */
import type { Logger } from "pino";

/** What is known of a client that refused our certificate. */
export interface Distrust {
  readonly client: string;
  readonly host: string;
  readonly message: string;
}

/** Clients that are warned of; against a client that changes its name with every connection. */
const maxClients = 100;

/** Warns of each client once. */
export class DistrustWarnings {
  readonly #logger: Logger;
  readonly #remedy: string;
  readonly #told = new Set<string>();

  /** @param remedy - What the user does against it: sentences, which end each warning. */
  constructor(logger: Logger, remedy: string) {
    this.#logger = logger;
    this.#remedy = remedy;
  }

  tell({ client, host, message }: Distrust): void {
    this.#warn(
      client,
      host,
      `does not trust Faultwire's CA and broke off its connection to ${host}: ${message}.`,
    );
  }

  /** The same of a client that has got our certificate and sent nothing, as Node does when it refuses one. */
  suspect({ client, host }: Omit<Distrust, "message">): void {
    const what = `has begun a connection to ${host} and sent nothing. If it reports a certificate error, it does not trust Faultwire's CA.`;
    this.#warn(client, host, what);
  }

  #warn(client: string, host: string, what: string): void {
    if (this.#told.has(client) || this.#told.size >= maxClients) return;
    this.#told.add(client);
    this.#logger.warn(
      { event: "untrusted", client, host },
      `a client (${client}) ${what} ${this.#remedy}`.trimEnd(),
    );
  }
}
