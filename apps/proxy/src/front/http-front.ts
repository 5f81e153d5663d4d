/**
 * A client that speaks HTTP/1 to us: CONNECT, requests in absolute form, and requests for the proxy itself. One client
 * connection may be for one upstream after the other, as clients that pool by proxy do; a CONNECT is the last of it.
 */
import type { EndKind } from "@faultwire/fault-session";
import { joinBytes, type RequestHead, type RequestItem, RequestReader } from "@faultwire/http1";
import type { SocketCarrier } from "../sockets/socket-carrier.ts";
import { type Authority, authorityText, parseAuthority } from "../upstream/authority.ts";
import { type ForwardedRequest, readAbsoluteForm } from "./absolute-form.ts";
import { BorrowedLine } from "./borrowed-line.ts";
import type { FrontConnection } from "./front-connection.ts";
import { connected, ownPage, textAnswer, unreachableAnswer } from "./own-answers.ts";
import { challenge } from "./proxy-auth.ts";
import { ResponseWatch } from "./response-watch.ts";
import { openTunnel } from "./tunnel.ts";

/** The upstream that requests go to now. */
interface Route {
  /** Its name among routes. */
  readonly key: string;
  readonly line: BorrowedLine;
  readonly carrier: SocketCarrier;
  readonly watch: ResponseWatch;
}

export class HttpFront {
  readonly #connection: FrontConnection;
  readonly #reader = new RequestReader();
  /** What was read and has still to be looked at. */
  #items: RequestItem[] = [];
  #route: Route | undefined;
  /** There is no room at the upstream for what the client says. */
  #isFull = false;
  /** The client is told something and the connection ends, or the connection is somebody else's now. */
  #isOver = false;
  #clientEnd: EndKind | undefined;

  constructor(connection: FrontConnection) {
    this.#connection = connection;
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
    for (let [item] = this.#items; item && !this.#isOver; [item] = this.#items) {
      if (item.kind === "head" ? !this.#head(item) : !this.#rest(item)) break;
    }
    const { client } = this.#connection;
    if (this.#items.length === 0 && this.#clientEnd && !this.#isOver) this.#passEnd(this.#clientEnd);
    if (!this.#isOver) client.setPaused(this.#isFull || this.#items.length > 0);
  }

  /** @returns false where it has to wait. */
  #head(head: RequestHead): boolean {
    const { auth } = this.#connection.context;
    const isAdmitted = auth?.admits(head.headers) ?? true;
    const forwarded = isAdmitted ? readAbsoluteForm(head) : undefined;
    if (this.#mustWait(forwarded)) return false;
    this.#items.shift();
    this.#connection.greeted();
    if (!isAdmitted) {
      this.#connection.refused("a client has not given the proxy's user and password");
      this.#answer(textAnswer(head.method, 407, "This proxy asks for a user and a password.", [challenge]));
    } else if (head.method === "CONNECT") this.#connect(head);
    else if (forwarded) this.#forward(forwarded, head);
    else if (head.target.startsWith("/") || head.target === "*")
      this.#answer(textAnswer(head.method, head.target === "/" ? 200 : 404, ownPage));
    else this.#answer(textAnswer(head.method, 400, `This proxy does not carry requests for such a target.`));
    return true;
  }

  /** A part of a request behind its head, or something that is no request. */
  #rest(item: RequestItem): boolean {
    this.#items.shift();
    if (this.#route) this.#route.line.ears?.data(item.bytes);
    else if (item.kind === "malformed" || item.kind === "opaque") {
      const why = item.kind === "malformed" ? item.code : "not HTTP";
      this.#connection.refused(`a client does not speak HTTP/1.1 as RFC 9112 has it (${why})`);
      this.#answer(textAnswer("GET", 400, `That is no request of HTTP/1.1 (${why}).`));
    }
    return true;
  }

  /** Whether another upstream has still to answer what it was asked before; left out, it is we who would answer. */
  #mustWait(forwarded?: ForwardedRequest): boolean {
    const route = this.#route;
    if (!route || route.watch.outstanding === 0) return false;
    return !forwarded || route.key !== keyOf(forwarded.scheme, forwarded.authority);
  }

  #forward({ scheme, authority, head: bytes }: ForwardedRequest, head: RequestHead): void {
    if (scheme === "https") {
      this.#connection.refused("requests for https:// in absolute form are not carried yet; CONNECT is");
      this.#answer(textAnswer(head.method, 501, "This proxy carries https:// by CONNECT."));
      return;
    }
    const key = keyOf(scheme, authority);
    if (this.#route?.key !== key) {
      this.#route?.carrier.leaveClient();
      this.#route = this.#open(key, authority, head);
    }
    this.#route.watch.expect(head);
    this.#route.line.ears?.data(bytes);
  }

  #open(key: string, authority: Authority, head: RequestHead): Route {
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
    const isOurs = !connection.context.policy.isTarget(authority.host);
    const carrier = connection.carry(line, authority, (why) => {
      if (isOurs) this.#answer(unreachableAnswer(head.method, why));
      return isOurs;
    });
    return { key, line, carrier, watch };
  }

  #connect(head: RequestHead): void {
    const authority = parseAuthority(head.target);
    if (!authority) {
      this.#answer(textAnswer(head.method, 400, "CONNECT wants HOST:PORT."));
      return;
    }
    this.#route?.carrier.leaveClient();
    this.#route = undefined;
    this.#isOver = true;
    const rest = joinBytes([...this.#items.splice(0).map(({ bytes }) => bytes)]);
    openTunnel(this.#connection, authority, rest, {
      opened: connected,
      unreachable: (why) => unreachableAnswer("CONNECT", why),
    });
  }

  #ended(how: EndKind): void {
    this.#clientEnd = how;
    if (how === "reset" || this.#items.length === 0) this.#passEnd(how);
  }

  #passEnd(how: EndKind): void {
    this.#clientEnd = undefined;
    if (this.#route) this.#route.line.ears?.ended(how);
    else this.#connection.client.end("fin");
  }

  /** An answer of our own, and the end. */
  #answer(bytes: Uint8Array): void {
    this.#isOver = true;
    this.#items = [];
    this.#connection.sayAndEnd(bytes);
  }
}

const keyOf = (scheme: string, authority: Authority): string => `${scheme}://${authorityText(authority)}`;
