/** Takes the events of tunnels: those about the host go to the log, those of the session go to the runtime. */

import { writeCount } from "@faultwire/fault-engine/internal";
import type { CarrierRuntime } from "@faultwire/runtime";
import type { TunnelEvent } from "@faultwire/tunnel";

/** Logs an event about the host, or hands a session's event on, with the tunnel's id. */
export function logTunnelEvent({ logger, tell }: CarrierRuntime, event: TunnelEvent): void {
  const { type, tunnel, ...fields } = event;
  const entry = { event: type, tunnel, ...fields };
  switch (event.type) {
    case "unpaired":
      logger.debug(entry, "the host wrapped one side of this tunnel");
      return;
    case "recovered":
      logger.debug(entry, `the host had dropped ${writeCount(event.bytes, "byte")}; given again`);
      return;
    case "mismatch":
      logger.error(entry, "bytes were lost or changed on the way through the host; tunnel closed");
      return;
    case "closed":
      if (event.why === "memory")
        logger.warn(
          entry,
          "a tunnel was given up: all tunnels together held too many bytes (docs/fault-host.md)",
        );
      else logger.debug(entry, `tunnel over (${event.why})`);
      return;
    default:
      tell(event, { tunnel });
  }
}
