/** One request for the proxy itself: its body is collected, its route answers. */
import {
  encodeResponse,
  type HttpResponse,
  headerValue,
  type RequestHead,
  type RequestItem,
} from "@faultwire/http1";
import { joinBytes } from "@faultwire/http1/internal";
import type { FrontConnection } from "./front-connection.ts";
import { continued, jsonRefusal } from "./own-answers.ts";
import { defaultMaxBodyBytes, type OwnRoute } from "./own-routes.ts";

/** Who is told what becomes of it. */
export interface OwnTalkEvents {
  /** It is answered; the next request may come. */
  answered(): void;
  /** It is answered by these bytes, behind which the connection has to end. */
  last(bytes: Uint8Array): void;
}

export class OwnTalk {
  readonly #connection: FrontConnection;
  readonly #route: OwnRoute;
  readonly #head: RequestHead;
  readonly #target: string;
  readonly #events: OwnTalkEvents;
  readonly #parts: Uint8Array[] = [];
  #bytes = 0;
  #isWhole = false;

  /** @param target - The target in origin form. */
  constructor(
    connection: FrontConnection,
    route: OwnRoute,
    head: RequestHead,
    target: string,
    events: OwnTalkEvents,
  ) {
    this.#connection = connection;
    this.#route = route;
    this.#head = head;
    this.#target = target;
    this.#events = events;
    if (headerValue(head.headers, "expect")?.toLowerCase() === "100-continue")
      connection.client.write(continued);
  }

  /** Whether all of it has come, so that nothing else is to be looked at until it is answered. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Takes the next part of the request; none behind one that {@link OwnTalkEvents.last} has answered. */
  take(item: RequestItem): void {
    if (item.kind === "malformed" || item.kind === "opaque")
      this.#refuse(400, "bad_request", "the body is none of HTTP/1.1");
    else if (item.kind === "body") this.#keep(item.data);
    else if (item.kind === "end") {
      this.#isWhole = true;
      this.#answer();
    }
  }

  #keep(data: Uint8Array): void {
    this.#bytes += data.length;
    const { maxBodyBytes = defaultMaxBodyBytes } = this.#route;
    // Views of what was read live as long as the read does.
    if (this.#bytes <= maxBodyBytes) this.#parts.push(new Uint8Array(data));
    else {
      const why = `the body is longer than ${maxBodyBytes} bytes, the most that is taken here`;
      this.#refuse(413, "body_too_large", why);
    }
  }

  #refuse(status: number, type: string, why: string): void {
    this.#events.last(jsonRefusal(this.#head.method, status, type, why));
  }

  #answer(): void {
    const { method, headers, keepAlive } = this.#head;
    const [path = "", ...query] = this.#target.split("?");
    const request = {
      method,
      path,
      query: query.join("?"),
      headers,
      body: joinBytes(this.#parts),
      connection: this.#connection.id,
    };
    const say = (response: HttpResponse): void => {
      const bytes = encodeResponse(response, { method, close: !keepAlive });
      if (!keepAlive) this.#events.last(bytes);
      else {
        this.#connection.client.write(bytes);
        this.#events.answered();
      }
    };
    const failed = (error: unknown): void => {
      this.#connection.bug(error);
      const why = `the proxy failed to answer ${method} ${path}; its log says why`;
      this.#refuse(500, "internal", why);
    };
    void (async () => this.#route.handle(request))()
      .then(say)
      .catch((error: unknown) => this.#connection.guard(() => failed(error)));
  }
}
