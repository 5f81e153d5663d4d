/** The upstream's connection of HTTP/2: made when it is needed, and what it says that is about no single response. */
import { type Goaway, Http2Connection, type Http2Failure, SettingId } from "@faultwire/http2";
import type { Http2Exchange } from "./http2-exchange.ts";
import type { Http2ResponseSide } from "./http2-response-side.ts";
import { cutCode } from "./http2-way.ts";

/** What the upstream's side works with. */
export interface Http2UpstreamSideOptions {
  readonly now: () => number;
  readonly client: Http2Connection<Http2Exchange>;
  /** The exchanges that are under way. */
  readonly open: ReadonlySet<Http2Exchange>;
  readonly responses: () => Http2ResponseSide;
  /** The upstream has taken what waited for it on this exchange's stream. */
  readonly drained: (exchange: Http2Exchange | undefined) => void;
  /** The client is to hear that no stream above `last` will be worked on. */
  readonly goneAway: (code: number, last: number, debugData: Uint8Array) => void;
  /** The upstream does not speak HTTP/2 as it should, and the client has been told: that connection is of no use any more. */
  readonly failed: () => void;
}

/** The last id of a GOAWAY that refuses nothing yet (RFC 9113 section 6.8). */
const anyStreamId = 0x7fff_ffff;

export class Http2UpstreamSide {
  readonly #options: Http2UpstreamSideOptions;
  #connection: Http2Connection<Http2Exchange> | undefined;

  constructor(options: Http2UpstreamSideOptions) {
    this.#options = options;
  }

  /** `undefined` while nothing was to be said to the upstream, and it has said nothing. */
  get connection(): Http2Connection<Http2Exchange> | undefined {
    return this.#connection;
  }

  /** The connection, made if there is none. */
  open(): Http2Connection<Http2Exchange> {
    const { now, client, responses, drained } = this.#options;
    this.#connection ??= new Http2Connection<Http2Exchange>({
      role: "client",
      now,
      handler: {
        headers: (stream, kind, section, endStream) => {
          const exchange = stream.owner;
          if (!exchange) return;
          if (kind === "interim") client.respond(exchange.client, section, false);
          else if (kind === "response") responses().head(exchange, section, endStream);
          else responses().end(exchange, section);
        },
        data: (stream, data, endStream) => responses().data(stream, data, endStream),
        reset: (stream, code) => {
          if (stream.owner) responses().broken(stream.owner, code, true);
        },
        drained: (stream) => drained(stream.owner),
        goaway: (goaway) => this.#goesAway(goaway),
        settings: ({ maxConcurrentStreams }) => this.#mirrorStreams(maxConcurrentStreams),
        failed: (failure) => this.#fails(failure),
      },
    });
    return this.#connection;
  }

  #mirrorStreams(most: number): void {
    const { client } = this.#options;
    if (!Number.isFinite(most)) return;
    client.announce([[SettingId.MAX_CONCURRENT_STREAMS, Math.min(most, client.limits.maxStreams)]]);
  }

  #goesAway({ lastStreamId, code, debugData }: Goaway): void {
    const { client: toClient, open, goneAway } = this.#options;
    // Streams above it are refused one by one; the client's last one that was worked on is what it is told.
    let last = lastStreamId >= anyStreamId ? lastStreamId : 0;
    for (const { client, upstream } of open)
      if (upstream && upstream.id > 0 && upstream.id <= lastStreamId) last = Math.max(last, client.id);
    if (last === 0 && open.size === 0) last = toClient.lastPeerStreamId;
    goneAway(code, last, debugData);
  }

  #fails({ code, reason }: Http2Failure): void {
    const { client, open, responses, failed } = this.#options;
    for (const exchange of [...open]) if (exchange.upstream) responses().broken(exchange, cutCode, true);
    const words = `the upstream does not speak HTTP/2 as it should: ${reason}`;
    client.goaway(code, undefined, Buffer.from(words));
    failed();
  }
}
