/** A tunnel that a client has asked for, by CONNECT or by SOCKS: a session for a target, two lines joined for all else. */

import { isIP } from "node:net";
import { joinBytes } from "@faultwire/http1/internal";
import { joinLines, silentEars } from "@faultwire/lines";
import type { Authority } from "../upstream/authority.ts";
import type { FrontConnection } from "./front-connection.ts";
import { askForConnection, type RefusalAnswers } from "./refusal.ts";

/** What a client is told of its tunnel, in its own protocol. */
export interface TunnelAnswers extends RefusalAnswers {
  readonly opened: Uint8Array;
}

/** A tunnel that a client asks for. */
export interface AskedTunnel {
  readonly authority: Authority;
  /** Of the asking request, where there is one. */
  readonly userAgent: string | undefined;
  /** What the client has said behind its asking; its own memory. */
  readonly rest: Uint8Array;
}

/**
 * Opens a tunnel, unless a rule refuses it. A target's is told to be open at once, for what happens there may need no
 * upstream.
 */
export function openTunnel(connection: FrontConnection, asked: AskedTunnel, answers: TunnelAnswers): void {
  const { client, context } = connection;
  const { authority, userAgent } = asked;
  // What the client says while a plugin is asked.
  const said = [asked.rest];
  if (context.plugin) {
    client.listen({ ...silentEars, data: (bytes) => void said.push(bytes) });
    client.setPaused(true);
  }
  askForConnection(connection, { authority, userAgent, entrance: "tunnel" }, answers, (admission) => {
    if (admission.kind === "refused") return;
    const rest = joinBytes(said);
    // An address names nobody: what is said inside may.
    const isRead =
      admission.kind === "ours"
        ? context.policy.isTarget(authority.host) || isIP(authority.host) !== 0
        : admission.kind === "plugin";
    if (!isRead) {
      passUnread(connection, authority, rest, answers);
      return;
    }
    client.write(answers.opened);
    const carrier = connection.carry(client, authority, { admission, isTunnel: true });
    if (rest.length > 0) carrier.receive(rest);
  });
}

/** Nothing is read of what is no target's. */
function passUnread(
  connection: FrontConnection,
  authority: Authority,
  rest: Uint8Array,
  answers: TunnelAnswers,
): void {
  const { client } = connection;
  connection.passesUnread(authority);
  client.setPaused(true);
  const upstream = connection.dial(authority);
  client.listen({ ...silentEars, closed: () => upstream.destroy() });
  upstream.listen({
    ...silentEars,
    opened() {
      client.write(answers.opened);
      upstream.write(rest);
      connection.joined();
      joinLines(client, upstream, { moved: connection.moved, closed() {} });
    },
    failed: (error) => connection.sayAndEnd(answers.unreachable(connection.unreachable(authority, error))),
  });
}
