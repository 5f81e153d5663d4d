/** What all carriers of a process share: rules, desk, CA, clock and log. */
import type { EngineEvent, FaultEngine } from "@faultwire/fault-engine";
import {
  FaultDesk,
  type FaultPolicy,
  type InterceptionOptions,
  type SessionEvent,
} from "@faultwire/fault-session";
import type { Logger } from "pino";
import { type Clock, systemClock } from "./clock.ts";
import { enginePolicy } from "./engine-policy.ts";
import { type ConnectionLabel, logEngineEvent, logSessionEvent } from "./log-events.ts";
import { DistrustWarnings } from "./trust/distrust.ts";

/** What a carrier takes; one for all carriers of a process. */
export interface CarrierRuntime {
  /** What fails, and when. Its functions need no `this`. Logs what it records. */
  readonly policy: FaultPolicy;
  /** Names of requests, and budgets. */
  readonly desk: FaultDesk;
  /** How HTTPS to targets is opened; `undefined` where it stays closed, and its requests can't be seen. */
  readonly interception: InterceptionOptions | undefined;
  /** The clock of the policy. */
  readonly clock: Clock;
  readonly logger: Logger;
  /** Takes what a session tells: logs it, and warns once of each client that does not trust the CA. Needs no `this`. */
  readonly tell: (event: SessionEvent, label: ConnectionLabel) => void;
}

/** What {@link carrierRuntime} is made of. */
export interface CarrierRuntimeOptions {
  /** Asked for every decision. Its `startedAtMs` is on the clock. */
  readonly engine: FaultEngine;
  readonly logger: Logger;
  /** Default {@link systemClock}. */
  readonly clock?: Clock;
  /** Left out, HTTPS stays closed. */
  readonly interception?: InterceptionOptions;
  /** Takes every event of connections, requests and faults, at once, besides the log. */
  readonly onEvent?: (event: EngineEvent) => void;
  /** What a user does about a client that does not trust the CA: sentences, which end the warning. */
  readonly trustRemedy?: string;
}

/**
 * Makes what carriers share from an engine that is there already: for tests, and for programs that have rules from
 * elsewhere. Touches no file. What reads files is `openRuntime`.
 */
export function carrierRuntime(options: CarrierRuntimeOptions): CarrierRuntime {
  const { engine, logger, clock = systemClock, onEvent, trustRemedy = "" } = options;
  const distrust = new DistrustWarnings(logger, trustRemedy);
  return {
    policy: enginePolicy({
      engine,
      now: clock.now,
      onEvent(event) {
        logEngineEvent(logger, event);
        onEvent?.(event);
      },
    }),
    desk: new FaultDesk(clock.wallNow),
    interception: options.interception,
    clock,
    logger,
    tell(event, label) {
      logSessionEvent(logger, event, label);
      if (event.type === "untrusted") distrust.tell(event);
      else if (event.type === "silent") distrust.suspect(event);
    },
  };
}
