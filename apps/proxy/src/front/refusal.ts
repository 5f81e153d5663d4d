/** Whether the rules give a client the connection that it asks for, and what it gets in its place. */
import { type ConnectRefused, endedFirst, meetConnect } from "@faultwire/fault-session/internal";
import type { HttpResponse } from "@faultwire/http1";
import type { PluginAnswer } from "../plugin/connection-plugin.ts";
import type { Authority } from "../upstream/authority.ts";
import { type Unreachable, unreachable } from "../upstream/dialler.ts";
import type { Admission } from "./admission.ts";
import type { FrontConnection } from "./front-connection.ts";

/** What a client is told that gets no connection, in its own protocol. */
export interface RefusalAnswers {
  /**
   * @param socksReply - The same in RFC 1928's words.
   * @returns undefined where the protocol has no words: then the connection is closed.
   */
  refused(response: HttpResponse, socksReply: number): Uint8Array | undefined;
  /** @param marker - In place of `upstream-unreachable`, where a rule wants it so; `null` for no marker. */
  unreachable(why: Unreachable, marker?: string | null): Uint8Array;
}

/** A connection that a client asks for. */
export interface AskedFor {
  readonly authority: Authority;
  /** Of the asking request, where there is one. */
  readonly userAgent: string | undefined;
  /** Whether the client gets a tunnel, or has its requests carried. */
  readonly entrance: "tunnel" | "requests";
}

/**
 * Asks the rules, or the plugin in their place, about a client that wants a connection to a host, once for each connection, and
 * carries a refusal out.
 *
 * @param then - Told once what came of it: at once by rules, later by a plugin.
 */
export function askForConnection(
  connection: FrontConnection,
  asked: AskedFor,
  answers: RefusalAnswers,
  then: (admission: Admission) => void,
): void {
  const { policy, runtime, plugin } = connection.context;
  const { authority, userAgent, entrance } = asked;
  if (plugin) {
    const { peer, askedAtMs } = connection;
    const ageMs = runtime.clock.now() - askedAtMs;
    plugin.ask({ id: connection.nextName(), authority, peer, entrance, userAgent, ageMs }, (answer) =>
      connection.guard(() => {
        if (connection.client.isClosed) leave(answer);
        else if (answer.kind === "pass") then({ kind: "pass" });
        else if (answer.kind === "accepted") then({ kind: "plugin", talk: answer.talk });
        else {
          then({ kind: "refused" });
          refuse(connection, answer, authority, answers);
        }
      }),
    );
    return;
  }
  if (!policy.isTarget(authority.host)) {
    then({ kind: "ours", verdict: undefined });
    return;
  }
  const met = meetConnect(
    { policy, now: runtime.clock.now, openedAtMs: connection.askedAtMs },
    { ...authority, userAgent },
  );
  if (!met?.refused) {
    then({ kind: "ours", verdict: met?.verdict });
    return;
  }
  then({ kind: "refused" });
  refuse(connection, met.refused, authority, answers);
}

/** The client has gone while the plugin was asked. */
function leave(answer: PluginAnswer): void {
  if (answer.kind === "accepted") answer.talk.cancel();
  else if (answer.kind === "refused") answer.outcome(endedFirst);
}

/** Why a refusal that is words is not carried out. */
const noWords = "the client's protocol has no answer; its connection is closed instead";

function refuse(
  connection: FrontConnection,
  { plan, outcome }: ConnectRefused,
  authority: Authority,
  answers: RefusalAnswers,
): void {
  const { client } = connection;
  const left = (): void => outcome(endedFirst);
  const say = (bytes: Uint8Array): void => {
    connection.sayAndEnd(bytes, left);
    client.whenGone("sent", () => outcome(null));
  };
  switch (plan.kind) {
    case "answer": {
      const bytes = answers.refused(plan.response, plan.socksReply);
      if (!bytes) {
        outcome(noWords);
        connection.sayAndEnd(new Uint8Array(0));
      } else if (plan.afterMs === 0) say(bytes);
      else connection.holdClient(plan.afterMs, () => say(bytes), left);
      return;
    }
    case "unresolved": {
      const error = Object.assign(new Error("a rule"), { code: "ENOTFOUND" });
      say(answers.unreachable(unreachable(authority, error), plan.marker));
      return;
    }
    case "reset":
      connection.sayAndEnd(new Uint8Array(0), left, "reset");
      client.whenGone("ended", () => outcome(null));
      return;
    case "silence":
      outcome(null);
      connection.holdClient(plan.forMs, () => connection.sayAndEnd(new Uint8Array(0)), left);
      return;
    default:
      plan satisfies never;
  }
}
