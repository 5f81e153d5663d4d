/** What comes by while rules run: a line for each request when it is over, and the counts for the summary. */
import type { EngineEvent } from "@faultwire/fault-engine";
import type { SessionEvent } from "@faultwire/runtime";
import { type Listener, RequestCollector } from "./finished-request.ts";
import { Tally } from "./tally.ts";

/** Who hears of requests and of hosts. */
export interface TrafficListener extends Listener {
  /** A host that is no target, at its first connection. */
  passed(host: string): void;
}

/** Give its two functions to `openRuntime`; they need no `this`. */
export class Traffic {
  readonly tally: Tally = new Tally();
  readonly #collector: RequestCollector | undefined;
  readonly #listener: TrafficListener | undefined;

  /** @param listener - Left out, things are counted only. */
  constructor(listener?: TrafficListener) {
    this.#listener = listener;
    this.#collector = listener && new RequestCollector(listener);
  }

  readonly onEvent = (event: EngineEvent): void => {
    this.tally.take(event);
    this.#collector?.take(event);
  };

  readonly onSessionEvent = (event: SessionEvent): void => {
    const host = this.tally.takeSession(event);
    if (host !== undefined) this.#listener?.passed(host);
  };
}
