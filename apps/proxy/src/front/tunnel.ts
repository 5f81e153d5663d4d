/** A tunnel that a client has asked for, by CONNECT or by SOCKS: a session for a target, two lines joined for all else. */
import { isIP } from "node:net";
import { joinLines } from "../sockets/joined-lines.ts";
import type { Authority } from "../upstream/authority.ts";
import type { Unreachable } from "../upstream/dialler.ts";
import type { FrontConnection } from "./front-connection.ts";

/** What a client is told of its tunnel, in its own protocol. */
export interface TunnelAnswers {
  readonly opened: Uint8Array;
  readonly unreachable: (why: Unreachable) => Uint8Array;
}

/**
 * Opens a tunnel. A target's is told to be open at once, for what happens there may need no upstream.
 *
 * @param rest - What the client has said behind its asking for the tunnel; its own memory.
 */
export function openTunnel(
  connection: FrontConnection,
  authority: Authority,
  rest: Uint8Array,
  answers: TunnelAnswers,
): void {
  const { client } = connection;
  // An address names nobody: what is said inside may.
  if (connection.context.policy.isTarget(authority.host) || isIP(authority.host)) {
    client.write(answers.opened);
    const carrier = connection.carry(client, authority);
    if (rest.length > 0) carrier.receive(rest);
    return;
  }
  // Nothing is read of what is no target's.
  client.setPaused(true);
  const upstream = connection.dial(authority);
  client.listen({ data() {}, ended() {}, drained() {}, closed: () => upstream.destroy() });
  upstream.listen({
    data() {},
    ended() {},
    drained() {},
    opened() {
      client.write(answers.opened);
      upstream.write(rest);
      connection.joined();
      joinLines(client, upstream, { moved: connection.moved, closed() {} });
    },
    failed: (error) => connection.sayAndEnd(answers.unreachable(connection.unreachable(authority, error))),
    closed() {},
  });
}
