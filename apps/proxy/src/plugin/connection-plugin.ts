/** A plugin that decides about connections in the proxy's place, and does what is to be done on them. */
import { create } from "@bufbuild/protobuf";
import {
  ConnectionProtocolError,
  checkFirstCredit,
  connectionLimits,
  Entrance,
  type HostStream,
  OpenSchema,
  PluginChannel,
  ProcessConnectionRequestSchema,
  type ProcessConnectionResponse,
  RefusedSchema,
  type StreamFailure,
} from "@faultwire/connection-protocol";
import type { RefusalPlan } from "@faultwire/fault-session/internal";
import type { CarrierRuntime, Clock } from "@faultwire/runtime";
import { ProxyError } from "../proxy-error.ts";
import { type Authority, parseAuthority } from "../upstream/authority.ts";
import { isLoopback } from "../upstream/forbidden-addresses.ts";
import { PluginTalk } from "./plugin-talk.ts";
import { refusalPlan } from "./refusal-plan.ts";

/** A connection that a client wants. */
export interface AskedConnection {
  /** The proxy's own name for it. */
  readonly id: string;
  readonly authority: Authority;
  /** The client's address and port. */
  readonly peer: string;
  readonly entrance: "tunnel" | "requests";
  readonly userAgent: string | undefined;
  /** For how long the client has it. */
  readonly ageMs: number;
}

/** What the plugin says of a connection. */
export type PluginAnswer =
  | { readonly kind: "accepted"; readonly talk: PluginTalk }
  /** It does not want it, or can't be asked. */
  | { readonly kind: "pass" }
  | {
      readonly kind: "refused";
      readonly plan: RefusalPlan;
      readonly outcome: (undone: string | null) => void;
    };

/** What a plugin needs. */
export interface ConnectionPluginOptions {
  /** `http://HOST:PORT` */
  readonly url: string;
  readonly clock: Clock;
  readonly logger: CarrierRuntime["logger"];
}

export class ConnectionPlugin {
  readonly #url: string;
  readonly #clock: Clock;
  readonly #logger: CarrierRuntime["logger"];
  readonly #channel: PluginChannel;
  /** It could not be asked the last time, which is told. */
  #isAway = false;
  /** It has broken a connection off, which is told, and has accepted none since. */
  #isBroken = false;

  /** @throws ProxyError `bad-option` */
  constructor({ url, clock, logger }: ConnectionPluginOptions) {
    const { authority, isLocal } = readPluginUrl(url);
    this.#url = authority;
    this.#clock = clock;
    this.#logger = logger;
    this.#channel = new PluginChannel(authority);
    if (!isLocal)
      logger.warn(
        { event: "connection-plugin-remote", plugin: authority },
        `the connection plugin ${authority} is not on this machine: whoever stands between reads what clients say in clear`,
      );
  }

  /**
   * Asks about a connection.
   *
   * @param answered - Told once, later. It has to take an accepted talk at once.
   */
  ask(asked: AskedConnection, answered: (answer: PluginAnswer) => void): void {
    let isAnswered = false;
    let talk: PluginTalk | undefined;
    let stream: HostStream | undefined;
    const { decisionMs } = connectionLimits;
    const answer = (given: PluginAnswer): void => {
      if (isAnswered) return;
      isAnswered = true;
      cancelTimer();
      answered(given);
    };
    const pass = (why: string): void => {
      if (isAnswered) return;
      this.#tellAway(why);
      answer({ kind: "pass" });
    };
    const cancelTimer = this.#clock.after(decisionMs, () => {
      stream?.cancel();
      pass(`it did not answer within ${decisionMs} ms`);
    });
    const decided = (opened: HostStream, { message }: ProcessConnectionResponse): void => {
      switch (message.case) {
        case "accept": {
          checkVersion(message.value.version);
          talk = new PluginTalk(opened, checkFirstCredit(message.value.creditBytes));
          break;
        }
        case "passThrough":
          break;
        case "refuse": {
          const plan = refusalPlan(message.value);
          this.#tellBack();
          answer({ kind: "refused", plan, outcome: (undone) => sayRefused(opened, undone) });
          return;
        }
        default:
          throw new ConnectionProtocolError(
            "bad-message",
            `${message.case ?? "nothing known"} came first; accept, pass_through or refuse expected`,
          );
      }
      this.#tellBack();
      answer(talk ? { kind: "accepted", talk } : { kind: "pass" });
    };
    try {
      const opened = this.#channel.open({
        message: (message) => {
          if (talk) talk.ears?.message(message.message);
          else if (!isAnswered) decided(opened, message);
        },
        over: (failure) => {
          if (talk) {
            if (failure) this.#tellBroken(failure);
            talk.ears?.over(failure);
          } else pass(failure ? wordsFor(failure) : "it ended the stream without a decision");
        },
      });
      stream = opened;
      opened.send(
        create(ProcessConnectionRequestSchema, { message: { case: "open", value: openOf(asked) } }),
      );
    } catch (error) {
      pass(error instanceof Error ? error.message : String(error));
    }
  }

  /** Ends the connection to the plugin. */
  close(): void {
    this.#channel.close();
  }

  #tellAway(why: string): void {
    const fields = { event: "connection-plugin-away", plugin: this.#url, why };
    if (this.#isAway) this.#logger.debug(fields, `the connection plugin ${this.#url} is still away: ${why}`);
    else
      this.#logger.warn(
        fields,
        `the connection plugin ${this.#url} is away: ${why}; connections pass untouched until it is back`,
      );
    this.#isAway = true;
  }

  #tellBack(): void {
    this.#isBroken = false;
    if (!this.#isAway) return;
    this.#isAway = false;
    this.#logger.info(
      { event: "connection-plugin-back", plugin: this.#url },
      `the connection plugin ${this.#url} is back; new connections go to it`,
    );
  }

  #tellBroken(failure: StreamFailure): void {
    const why = wordsFor(failure);
    const fields = { event: "connection-plugin-broken", plugin: this.#url, why };
    if (this.#isBroken)
      this.#logger.debug(fields, `a connection of the plugin ${this.#url} is reset: ${why}`);
    else
      this.#logger.warn(
        fields,
        `the connection plugin ${this.#url} has broken off what it carried: ${why}; such connections are reset`,
      );
    this.#isBroken = true;
  }
}

function openOf({ id, authority, peer, entrance, userAgent, ageMs }: AskedConnection) {
  const { minVersion, maxVersion, creditBytes, maxTextLength, maxPeerLength } = connectionLimits;
  return create(OpenSchema, {
    id,
    minVersion,
    maxVersion,
    host: authority.host,
    port: authority.port,
    peer: peer.slice(0, maxPeerLength),
    entrance: entrance === "tunnel" ? Entrance.TUNNEL : Entrance.REQUESTS,
    userAgent: (userAgent ?? "").slice(0, maxTextLength),
    ageMs: Math.max(0, ageMs),
    abilities: { reset: true, halfClose: true, dial: true },
    creditBytes,
  });
}

function sayRefused(stream: HostStream, undone: string | null): void {
  const value = create(RefusedSchema, {
    undoneReason: (undone ?? "").slice(0, connectionLimits.maxTextLength),
  });
  stream.send(create(ProcessConnectionRequestSchema, { message: { case: "refused", value } }));
}

function checkVersion(version: number): void {
  const { minVersion, maxVersion } = connectionLimits;
  if (version < minVersion || version > maxVersion)
    throw new ConnectionProtocolError(
      "no-common-version",
      `the plugin speaks version ${version} of faultwire.connection.v1, this proxy ${minVersion} to ${maxVersion}; update the older one of the two`,
    );
}

function wordsFor({ status, message }: StreamFailure): string {
  const said = message === "" ? "it gave no reason" : message;
  return status === unimplemented
    ? `it does not speak faultwire.connection.v1 (${said}); is it a plugin server of Faultwire's?`
    : `${said} (gRPC status ${status})`;
}

const unimplemented = 12;

/** Reads the URL of a plugin. @throws ProxyError `bad-option` */
export function readPluginUrl(text: string): { readonly authority: string; readonly isLocal: boolean } {
  const [, named = ""] = /^http:\/\/([^/]+)\/?$/i.exec(text) ?? [];
  const authority = parseAuthority(named);
  if (!authority)
    throw new ProxyError("bad-option", `"${text}" is no connection plugin; http://HOST:PORT expected`);
  const { host } = authority;
  return { authority: `http://${named}`, isLocal: host === "localhost" || isLoopback(host) };
}
