/** What the reference host meets, in the log: nothing that fails is silent. */
import type { FaultHostEvent } from "@faultwire/fault-host";
import type { Logger } from "pino";

/** Failures that are told once each; against a client that asks for ever new names. Beyond, only --verbose tells. */
const maxFailures = 100;

/** gRPC's code of a call that was given up, as every call of a tunnel that ends is. */
const cancelled = 1;

/**
 * Logs a host's events. A failure is told at its first time, and again at every time with `--verbose`: a program that
 * can't reach something asks again and again.
 */
export class HostLog {
  readonly #logger: Logger;
  readonly #told = new Set<string>();
  #ended = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** From here on what fails does so because the host ends. */
  end(): void {
    this.#ended = true;
  }

  tell(event: FaultHostEvent): void {
    if (this.#ended) return;
    switch (event.type) {
      case "crashed": {
        const { where, reason } = event;
        const what = `the connection to ${where} is lost: ${reason}. The real Fault proxy ends here, with every connection`;
        this.#failure({ event: "host-crash", upstream: where, reason }, what);
        return;
      }
      case "error": {
        const { where, message: reason } = event;
        this.#failure({ event: "upstream-failed", upstream: where, reason }, `${where}: ${reason}`);
        return;
      }
      case "tunnel-closed": {
        const { target, error: reason } = event;
        if (reason === undefined) return;
        this.#failure(
          { event: "tunnel-broken", upstream: target, reason },
          `a connection to ${target} broke off: ${reason}`,
        );
        return;
      }
      case "plugin": {
        const { name, state, url } = event.plugin;
        const fields = { event: "host-plugin", plugin: url, state };
        if (state === "enabled") this.#logger.debug(fields, `the host asks ${name}`);
        else this.#logger.warn(fields, `the host does not ask ${name || url}: it is ${state}`);
        return;
      }
      case "call": {
        const { method, failure } = event;
        if (!failure || failure.code === cancelled) return;
        const { code, message } = failure;
        this.#failure(
          { event: "host-call", method, code, reason: message },
          `a call of the plugin's ${method} failed: ${message}`,
        );
        return;
      }
      case "tunnel-opened":
      case "request":
        return;
      default:
        event satisfies never;
    }
  }

  #failure(fields: Readonly<Record<string, unknown>>, message: string): void {
    const isNew = !this.#told.has(message) && this.#told.size < maxFailures;
    if (isNew) this.#told.add(message);
    this.#logger[isNew ? "warn" : "debug"](fields, message);
  }
}
