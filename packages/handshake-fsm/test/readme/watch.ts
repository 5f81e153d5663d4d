import type { Socket } from "node:net";
import { type HandshakeSummary, HandshakeTracker } from "@faultwire/handshake-fsm";

/** Joins two sockets, and tells how the TLS handshake between them went once both are closed. */
export function watch(client: Socket, server: Socket, report: (line: string) => void): void {
  const tracker = new HandshakeTracker({ now: () => performance.now() });
  const pass = (by: "client" | "server", from: Socket, to: Socket): void => {
    from.on("data", (chunk) => {
      for (const event of tracker.push(by, chunk)) {
        if (event.kind === "alert") report(`${by} sent alert ${event.description ?? "(encrypted)"}`);
        if (event.kind === "violation") report(`${by} broke the protocol: ${event.code}`);
      }
      to.write(chunk);
    });
    from.on("end", () => to.end());
    from.on("error", () => to.destroy());
    from.on("close", () => {
      if (tracker.end(by).length > 0) report(lineOf(tracker.summary()));
    });
  };
  pass("client", client, server);
  pass("server", server, client);
}

function lineOf({ serverName, versionName, established, history, phases }: HandshakeSummary): string {
  const handshake = `${versionName} ${history} in ${Math.round(phases.totalMs)} ms`;
  return `${serverName}: ${established === undefined ? "no handshake" : handshake}`;
}
