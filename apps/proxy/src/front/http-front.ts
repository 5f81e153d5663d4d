/**
 * A client that speaks HTTP/1 to us: CONNECT, requests in absolute form, and requests for the proxy itself. One client
 * connection may be for one upstream after the other, as clients that pool by proxy do; a CONNECT is the last of it.
 */

import type { EndKind } from "@faultwire/fault-session";
import {
  encodeResponse,
  headerValue,
  headerValues,
  type Malformed,
  type OpaqueBytes,
  type RequestHead,
  type RequestItem,
  RequestReader,
} from "@faultwire/http1";
import { joinBytes } from "@faultwire/http1/internal";
import { type Authority, authorityText } from "../upstream/authority.ts";
import type { ForwardedRequest } from "./absolute-form.ts";
import { type Door, knownBy, readAddressed } from "./addressed.ts";
import { aliasKey } from "./alias.ts";
import { AliasLine } from "./alias-line.ts";
import { BorrowedLine } from "./borrowed-line.ts";
import type { CarryOptions, ConnectionCarrier, FrontConnection } from "./front-connection.ts";
import { connected, jsonRefusal, textAnswer, unreachableAnswer } from "./own-answers.ts";
import { OwnTalk } from "./own-talk.ts";
import { challenge } from "./proxy-auth.ts";
import { askForConnection, type RefusalAnswers } from "./refusal.ts";
import { ResponseWatch } from "./response-watch.ts";
import { secureUpstream } from "./secure-upstream.ts";
import { openTunnel } from "./tunnel.ts";

/** The upstream that requests go to now. */
interface Route {
  /** Its name among routes. */
  readonly key: string;
  readonly line: BorrowedLine;
  readonly carrier: ConnectionCarrier;
  readonly watch: ResponseWatch;
}

export class HttpFront {
  readonly #connection: FrontConnection;
  readonly #reader = new RequestReader();
  /** What was read and has still to be looked at. */
  #items: RequestItem[] = [];
  #route: Route | undefined;
  /** The request for the proxy itself that is not answered yet. */
  #own: OwnTalk | undefined;
  readonly #door: Door;
  /** There is no room at the upstream for what the client says. */
  #isFull = false;
  /** The head of a request was read, and not yet its end. */
  #isInRequest = false;
  /** It is being asked whether the client gets the connection that its request needs. */
  #isAsking = false;
  /** What the client still says is of no use to anybody. */
  #isDeaf = false;
  /** The client is told something and the connection ends, or the connection is somebody else's now. */
  #isOver = false;
  #clientEnd: EndKind | undefined;

  constructor(connection: FrontConnection, door: Door = { known: "no", scheme: "http" }) {
    this.#connection = connection;
    this.#door = door;
    connection.client.listen({
      data: (bytes) => connection.guard(() => this.receive(bytes)),
      ended: (how) => connection.guard(() => this.#ended(how)),
      drained: () => this.#route?.line.ears?.drained(),
      closed: () => this.#route?.line.ears?.closed(),
    });
  }

  /** Takes what the client says. */
  receive(bytes: Uint8Array): void {
    this.#connection.moved();
    if (this.#isOver) return;
    this.#items.push(...this.#reader.push(bytes));
    this.#work();
  }

  #work(): void {
    for (let [item] = this.#items; item && !this.#isOver && !this.#isAsking; [item] = this.#items) {
      if (item.kind === "head" ? !this.#head(item) : !this.#rest(item)) break;
    }
    const { client } = this.#connection;
    if (this.#items.length === 0 && this.#clientEnd && !this.#isOver && !this.#isWaiting)
      this.#passEnd(this.#clientEnd);
    if (!this.#isOver) client.setPaused(this.#isFull || this.#isAsking || this.#items.length > 0);
  }

  /** @returns false where it has to wait. */
  #head(head: RequestHead): boolean {
    const { context } = this.#connection;
    const isAdmitted = context.auth?.admits(head.headers) ?? true;
    const addressed = isAdmitted ? readAddressed(head, context, this.#door) : undefined;
    if (this.#mustWait(addressed?.kind === "forward" ? addressed.request : undefined)) {
      if (this.#own || !this.#route?.watch.isLost) return false;
      // Where the answer before ends is not known: the client has to ask again on another connection.
      this.#leaveRoute();
      this.#end("fin");
      return true;
    }
    this.#items.shift();
    this.#isInRequest = true;
    this.#connection.greeted();
    if (!addressed) {
      this.#connection.refused("a client has not given the proxy's user and password");
      this.#answer(textAnswer(head.method, 407, "This proxy asks for a user and a password.", [challenge]));
      return true;
    }
    const via = headerValues(head.headers, "via");
    this.#connection.cameBy(via);
    if (via.some((value) => value.includes(context.via))) {
      const reason =
        "this request was here before: a proxy on the way to its upstream leads back to this one";
      this.#connection.refused(reason, { status: 508 });
      this.#answer(jsonRefusal(head.method, 508, "loop", reason));
      return true;
    }
    switch (addressed.kind) {
      case "connect":
        this.#connect(addressed.authority, head);
        break;
      case "forward":
        this.#forward(addressed.request, head);
        break;
      case "own":
        this.#leaveRoute();
        this.#own = new OwnTalk(this.#connection, addressed.route, head, addressed.target, {
          answered: () => {
            this.#own = undefined;
            this.#connection.rests();
            this.#work();
          },
          last: (bytes) => this.#answer(bytes),
        });
        break;
      case "refused": {
        const { status, type, reason, headers } = addressed.refusal;
        this.#connection.refused(reason, { status });
        this.#answer(jsonRefusal(head.method, status, type, reason, headers));
        break;
      }
      default:
        addressed satisfies never;
    }
    return true;
  }

  /** A part of a request behind its head, or something that is no request. */
  #rest(item: RequestItem): boolean {
    if (this.#own?.isWhole) return false;
    const isUnread = item.kind === "malformed" || item.kind === "opaque";
    if (isUnread && !this.#own && !this.#route?.watch.isUpgraded) return this.#unreadable(item);
    this.#items.shift();
    if (item.kind === "end") this.#isInRequest = false;
    if (this.#own) this.#own.take(item);
    else this.#route?.line.ears?.data(item.bytes);
    return true;
  }

  /**
   * Something that is no request, or breaks one off. An upstream hears nothing of it: it may hold what is for the proxy alone,
   * and nobody knows how the upstream would read it.
   *
   * @returns false where it has to wait for answers to requests before it.
   */
  #unreadable(item: Malformed | OpaqueBytes): boolean {
    const watch = this.#route?.watch;
    const isOnlyLate = item.kind === "malformed" && item.code === "bytes-after-close";
    if (isOnlyLate) this.#isDeaf = true;
    if (!this.#isDeaf && watch && !watch.isLost && watch.outstanding > (this.#isInRequest ? 1 : 0))
      return false;
    this.#items.shift();
    // A client that has said that its last request was the last is not heard any more (RFC 9112 section 9.6).
    if (this.#isDeaf) return true;
    const why = item.kind === "malformed" ? item.code : "not HTTP";
    this.#connection.refused(`a client does not speak HTTP/1.1 as RFC 9112 has it (${why})`);
    this.#leaveRoute();
    if (watch && (watch.isLost || watch.hasBegun)) this.#end("reset");
    else this.#answer(textAnswer("GET", 400, `That is no request of HTTP/1.1 (${why}).`));
    return true;
  }

  /** Whether another upstream has still to answer what it was asked before; left out, it is we who would answer. */
  #mustWait(forwarded?: ForwardedRequest): boolean {
    if (this.#own) return true;
    const route = this.#route;
    if (!route || route.watch.outstanding === 0) return false;
    return !forwarded || route.key !== keyOf(forwarded);
  }

  #forward(request: ForwardedRequest, head: RequestHead): void {
    const key = keyOf(request);
    if (this.#route?.key !== key) {
      this.#leaveRoute();
      const userAgent = headerValue(head.headers, "user-agent");
      const asked = { authority: request.authority, userAgent, entrance: "requests" } as const;
      this.#isAsking = true;
      let isLater = false;
      askForConnection(this.#connection, asked, refusalsTo(head.method), (admission) => {
        this.#isAsking = false;
        if (admission.kind === "refused") {
          this.#isOver = true;
          this.#items = [];
          return;
        }
        this.#send(this.#open(key, request, head, admission), request, head);
        if (isLater) this.#work();
      });
      isLater = true;
    } else this.#send(this.#route, request, head);
  }

  #send(route: Route, request: ForwardedRequest, head: RequestHead): void {
    this.#route = route;
    route.watch.expect(head);
    route.line.ears?.data(request.head);
  }

  #open(
    key: string,
    { scheme, authority, alias }: ForwardedRequest,
    head: RequestHead,
    admission: CarryOptions["admission"],
  ): Route {
    const connection = this.#connection;
    const watch = new ResponseWatch();
    const line = new BorrowedLine(
      connection.client,
      (bytes) => {
        watch.saw(bytes);
        if (watch.isUpgraded)
          for (const { bytes: pending } of this.#reader.becomeOpaque()) line.ears?.data(pending);
        if (this.#items.length > 0) connection.guard(() => this.#work());
      },
      (isPaused) => {
        this.#isFull = isPaused;
        connection.client.setPaused(isPaused || this.#items.length > 0);
      },
    );
    // What is not read has no exchanges that could be answered, so that we answer.
    const isOurs = admission.kind !== "plugin" && !connection.context.policy.isTarget(authority.host);
    const carrier = connection.carry(line, authority, {
      admission,
      chainKind: scheme === "http" ? "absolute-form" : "tunnel",
      answer: (why) => {
        if (isOurs) this.#answer(unreachableAnswer(head.method, why));
        return isOurs;
      },
      upstream: (raw) => {
        const isOwed = (): boolean => watch.outstanding > 0;
        const inside = { spoken: "http/1.1", open: () => connection.dial(authority) } as const;
        const said = scheme === "https" ? secureUpstream(connection, authority, raw, isOwed, inside) : raw;
        return alias ? new AliasLine(said, alias) : said;
      },
    });
    return { key, line, carrier, watch };
  }

  #connect(authority: Authority, head: RequestHead): void {
    this.#leaveRoute();
    this.#isOver = true;
    const rest = joinBytes([...this.#items.splice(0).map(({ bytes }) => bytes)]);
    const known = knownBy(authority, this.#connection.context);
    if (known !== "no") {
      this.#connection.client.write(connected);
      this.#connection.enter({ known, scheme: "http", rest });
      return;
    }
    const asked = { authority, userAgent: headerValue(head.headers, "user-agent"), rest };
    openTunnel(this.#connection, asked, { opened: connected, ...refusalsTo("CONNECT") });
  }

  /** The upstream of the requests before has answered all of them. */
  #leaveRoute(): void {
    this.#route?.carrier.leaveClient();
    this.#route = undefined;
  }

  #ended(how: EndKind): void {
    this.#clientEnd = how;
    // A client that has asked for something and said its last still gets the answer.
    if (how === "reset" || (this.#items.length === 0 && !this.#isWaiting)) this.#passEnd(how);
  }

  /** Whether the client's last request is still to be answered, or sent, by ourselves. */
  get #isWaiting(): boolean {
    return this.#isAsking || (this.#own?.isWhole ?? false);
  }

  #passEnd(how: EndKind): void {
    this.#clientEnd = undefined;
    if (this.#route) this.#route.line.ears?.ended(how);
    else this.#connection.client.end("fin");
  }

  /** An answer of our own, and the end. */
  #answer(bytes: Uint8Array): void {
    this.#end("fin", bytes);
  }

  #end(how: EndKind, bytes: Uint8Array = new Uint8Array(0)): void {
    this.#isOver = true;
    this.#items = [];
    this.#connection.sayAndEnd(bytes, undefined, how);
  }
}

const refusalsTo = (method: string): RefusalAnswers => ({
  refused: (response) => encodeResponse(response, { method, close: true }),
  unreachable: (why, marker) => unreachableAnswer(method, why, marker),
});

/** What two requests have to have in common for one connection to the upstream. */
const keyOf = ({ scheme, authority, alias }: ForwardedRequest): string =>
  `${scheme}://${authorityText(authority)} ${alias ? aliasKey(alias) : ""}`;
