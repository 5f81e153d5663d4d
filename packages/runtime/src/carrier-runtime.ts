/** What all carriers of a process share: rules, desk, CA, clock and log. */
import type { EngineEvent, FaultEngine } from "@faultwire/fault-engine";
import { maskTexts } from "@faultwire/fault-engine/internal";
import {
  FaultDesk,
  type FaultPolicy,
  type InterceptionOptions,
  type SessionEvent,
} from "@faultwire/fault-session";
import type { Logger } from "pino";
import { type Clock, systemClock } from "./clock.ts";
import { contentCodings } from "./codings/content-codings.ts";
import { enginePolicy } from "./engine-policy.ts";
import { type ConnectionLabel, logEngineEvent, logSessionEvent } from "./log-events.ts";
import { DistrustWarnings } from "./trust/distrust.ts";

/** Whose certificates upstreams may have. */
export type UpstreamTrust = NonNullable<InterceptionOptions["upstream"]>;

/** What a carrier takes; one for all carriers of a process. */
export interface CarrierRuntime {
  /** What fails, and when. Its functions need no `this`. Logs what it records. */
  readonly policy: FaultPolicy;
  /** Names of requests, and budgets. */
  readonly desk: FaultDesk;
  /** How HTTPS to targets is opened; `undefined` where it stays closed, and its requests can't be seen. */
  readonly interception: InterceptionOptions | undefined;
  /** How upstreams are verified by whoever speaks TLS with them. */
  readonly upstreamTrust: UpstreamTrust;
  /** The clock of the policy. */
  readonly clock: Clock;
  /** Where the carrier writes what it does. */
  readonly logger: Logger;
  /** Takes what a session tells: logs it, and warns once of each client that does not trust the CA. Needs no `this`. */
  readonly tell: (event: SessionEvent, label: ConnectionLabel) => void;
}

/** What {@link carrierRuntime} is made of. */
export interface CarrierRuntimeOptions {
  /** Asked for every decision. Its `startedAtMs` is on the clock. */
  readonly engine: FaultEngine;
  /** Where log lines go. */
  readonly logger: Logger;
  /** Default {@link systemClock}. */
  readonly clock?: Clock;
  /** Left out, HTTPS stays closed. */
  readonly interception?: InterceptionOptions;
  /** How upstreams are verified; as `interception` does unless given. */
  readonly upstreamTrust?: UpstreamTrust;
  /** Takes every event of connections, requests and faults, at once, besides the log. */
  readonly onEvent?: (event: EngineEvent) => void;
  /** Takes what sessions tell, at once, besides the log. */
  readonly onSessionEvent?: (event: SessionEvent, label: ConnectionLabel) => void;
  /** What a user does about a client that does not trust the CA: sentences, which end the warning. */
  readonly trustRemedy?: string;
}

/**
 * Makes what carriers share from an engine that is there already: for tests, and for programs that have rules from
 * elsewhere. Touches no file. What reads files is `openRuntime`.
 */
export function carrierRuntime(options: CarrierRuntimeOptions): CarrierRuntime {
  const { engine, logger, clock = systemClock, onEvent, onSessionEvent, trustRemedy = "" } = options;
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
    desk: new FaultDesk(clock.wallNow, contentCodings),
    interception: options.interception,
    upstreamTrust: options.upstreamTrust ?? options.interception?.upstream ?? {},
    clock,
    logger,
    tell(told, label) {
      const event = maskTexts(told);
      logSessionEvent(logger, event, label);
      onSessionEvent?.(event, label);
      if (event.type === "untrusted") distrust.tell(event);
      else if (event.type === "silent") distrust.suspect(event);
    },
  };
}
