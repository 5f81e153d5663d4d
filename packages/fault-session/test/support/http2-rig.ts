/** The exchanges of HTTP/2 between a client and an upstream in memory, with a clock that a test moves. */
import type { ContentCodings, EngineEvent, Fault } from "@faultwire/fault-engine";
import {
  type HeaderSection,
  Http2Connection,
  type Http2Handler,
  type Http2Limits,
  type Http2Stream,
  sectionOf,
} from "@faultwire/http2";
import { Http2Exchanges } from "../../src/http2/http2-exchanges.ts";
import type { EndKind, Side } from "../../src/index.ts";
import { FaultDesk } from "../../src/index.ts";
import { type ScriptedPolicyOptions, scriptedPolicy } from "./scripted-policy.ts";

/** What a peer of the rig has got on one stream. */
export interface Received {
  readonly sections: HeaderSection[];
  readonly parts: string[];
  /** Times at which they came. */
  readonly atMs: number[];
  /** `end`, or the code of the RST_STREAM. */
  end: "end" | number | undefined;
}

export interface Http2RigOptions extends ScriptedPolicyOptions {
  /** What happens to every request. */
  readonly fault?: Fault;
  /** What the upstream does once all of a request is there; nothing unless given. */
  readonly serve?: (
    stream: Http2Stream<Received>,
    upstream: Http2Connection<Received>,
    received: Received,
  ) => void;
  readonly limits?: Partial<Http2Limits>;
  /** What opens compressed responses; nothing does unless given. */
  readonly codings?: ContentCodings;
}

/** Turns in which bytes move, behind which they would go on for ever. */
const maxTurns = 100_000;

export class Http2Rig {
  nowMs = 0;
  readonly exchanges: Http2Exchanges;
  readonly client: Http2Connection<Received>;
  readonly upstream: Http2Connection<Received>;
  readonly events: EngineEvent[];
  readonly upstreamReceived: Received[] = [];
  /** How the client's connection was ended by a fault. */
  clientEnd: EndKind | undefined;
  hasEndedServer = false;
  /** The last stream that each GOAWAY to the client has named. */
  readonly goaways: number[] = [];
  /** What the client's PINGs held that were answered. */
  readonly pongs: string[] = [];
  /** Peers that take nothing for now. */
  readonly full: Set<Side> = new Set();
  readonly #toClient: Uint8Array[] = [];
  readonly #toServer: Uint8Array[] = [];

  constructor(options: Http2RigOptions = {}) {
    const { fault, serve, limits, codings = null } = options;
    const policy = scriptedPolicy({ ...(fault && { request: () => fault }), ...options });
    this.events = policy.events;
    const now = (): number => this.nowMs;
    this.exchanges = new Http2Exchanges({
      policy,
      desk: new FaultDesk(() => 1_700_000_000_000 + this.nowMs, codings),
      now,
      unread: () => {},
      introduce: () => ({ connection: "c0", client: "test", host: "api.test" }),
      port: {
        toClient: (bytes) => this.#toClient.push(bytes),
        toServer: (bytes) => this.#toServer.push(bytes),
        endClient: (how) => {
          this.clientEnd ??= how;
        },
        whenGone: (_what, told) => told(true),
        hasRoom: (to) => !this.full.has(to),
        endServer: () => {
          this.hasEndedServer = true;
        },
      },
    });
    this.client = new Http2Connection<Received>({
      role: "client",
      now,
      handler: {
        ...this.#ears(),
        goaway: ({ lastStreamId }) => this.goaways.push(lastStreamId),
        pong: (opaque) => this.pongs.push(Buffer.from(opaque).toString("latin1")),
      },
      ...(limits && { limits }),
    });
    this.upstream = new Http2Connection<Received>({
      role: "server",
      now,
      handler: {
        ...this.#ears((stream, received) => serve?.(stream, this.upstream, received)),
      },
    });
  }

  /** What was told, of one kind. */
  told<T extends EngineEvent["type"]>(type: T): Extract<EngineEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<EngineEvent, { type: T }> => event.type === type);
  }

  /** Asks for something; a body ends the request, `null` leaves it open. */
  ask(
    fields: readonly [string, string][] = [],
    body: string | null = "",
  ): { stream: Http2Stream<Received>; got: Received } {
    const got = received();
    const pseudo: [string, string][] = [
      [":method", body === "" ? "GET" : "POST"],
      [":scheme", "https"],
      [":authority", "api.test"],
      [":path", "/v1/messages"],
    ];
    const usual = pseudo.filter(([name]) => !fields.some(([given]) => given === name));
    const stream = this.client.request(sectionOf([...usual, ...fields]), body === "", got);
    if (body) {
      this.client.data(stream, Buffer.from(body, "latin1"));
      this.client.end(stream);
    }
    this.pump();
    return { stream, got };
  }

  /** Lets bytes go until nothing moves any more. */
  pump(): void {
    let turns = 0;
    for (let moved = true; moved; ) {
      if (turns++ > maxTurns) throw new Error(`bytes go on moving after ${maxTurns} turns`);
      moved = false;
      for (let bytes = this.client.take(); bytes.length > 0; bytes = this.client.take()) {
        moved = true;
        this.exchanges.fromClient(bytes);
      }
      for (const bytes of this.#toServer.splice(0)) {
        moved = true;
        this.upstream.push(bytes);
      }
      for (let bytes = this.upstream.take(); bytes.length > 0; bytes = this.upstream.take()) {
        moved = true;
        this.exchanges.fromServer(bytes);
      }
      for (const bytes of this.#toClient.splice(0)) {
        moved = true;
        this.client.push(bytes);
      }
    }
  }

  /** Lets time pass, and does what is due. */
  advance(ms: number): void {
    const until = this.nowMs + ms;
    for (;;) {
      const due = this.exchanges.dueAtMs;
      if (due === undefined || due > until) break;
      this.nowMs = Math.max(this.nowMs, due);
      this.exchanges.wake();
      this.pump();
    }
    this.nowMs = until;
  }

  #ears(
    whole: (stream: Http2Stream<Received>, received: Received) => void = () => {},
  ): Http2Handler<Received> {
    const end = (stream: Http2Stream<Received>, got: Received): void => {
      got.end = "end";
      whole(stream, got);
    };
    return {
      headers: (stream, kind, section, endStream) => {
        if (kind === "request") {
          stream.owner = received();
          this.upstreamReceived.push(stream.owner);
        }
        stream.owner!.sections.push(section);
        if (endStream) end(stream, stream.owner!);
      },
      data: (stream, data, endStream) => {
        if (data.length > 0) {
          stream.owner!.parts.push(Buffer.from(data).toString("latin1"));
          stream.owner!.atMs.push(this.nowMs);
        }
        (stream.id % 2 === 1 && this.upstreamReceived.includes(stream.owner!)
          ? this.upstream
          : this.client
        ).consumed(stream, data.length);
        if (endStream) end(stream, stream.owner!);
      },
      reset: (stream, code) => {
        if (stream.owner) stream.owner.end = code;
      },
      failed: ({ reason }) => {
        throw new Error(`a peer of the rig ended the connection: ${reason}`);
      },
    };
  }
}

function received(): Received {
  return { sections: [], parts: [], atMs: [], end: undefined };
}

/** The status of a response. */
export function statusOf({ sections }: Received): string | undefined {
  return sections.at(-1)?.fields.find(([name]) => name === ":status")?.[1];
}
