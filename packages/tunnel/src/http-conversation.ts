/**
 * Plain HTTP/1 in a tunnel. A request that is to fail never reaches the upstream; its answer goes to the client as
 * the answer to a server → client call. Such a call comes only when the upstream says something, so the upstream
 * is asked something that costs nothing (`HEAD /`), and its answer is exchanged for ours, in its turn. The
 * connection stays usable where both sides are registered.
 */
import {
  encodeHead,
  encodeResponse,
  headerValue,
  type RequestHead,
  RequestReader,
  type ResponseItem,
  ResponseReader,
} from "@faultwire/fault-engine";
import { joinBytes } from "./bytes.ts";
import type { CallKind, ConversationContext, Watcher } from "./conversation.ts";
import type { FaultObstacle, Side } from "./events.ts";
import { hostOfAuthority } from "./host-name.ts";
import type { ResponseFault } from "./policy.ts";
import { closed, pass, type Verdict } from "./verdict.ts";

/** What a response that is still to come is for: a request of the client's, or one of ours in its place. */
type Expected =
  | { readonly kind: "own" }
  | {
      readonly kind: "injected";
      readonly host: string;
      readonly status: number;
      readonly method: string;
      readonly bytes: Uint8Array;
      /** The connection ends after it. */
      readonly last: boolean;
    };

const own: Expected = { kind: "own" };

const hostOfHead = (head: RequestHead): string => hostOfAuthority(headerValue(head.headers, "host") ?? "");

export class HttpConversation implements Watcher {
  readonly #context: ConversationContext;
  readonly #requests = new RequestReader();
  readonly #responses = new ResponseReader();
  readonly #expected: Expected[] = [];
  /** Bytes that have gone on as they came while a reader still holds them, by direction. */
  readonly #gone: Record<Side, number> = { client: 0, server: 0 };
  /** True from the head of a replaced request on, or of an exchanged response: the rest goes nowhere. */
  readonly #drops: Record<Side, boolean> = { client: false, server: false };
  #introduced = false;
  #left = false;
  #ends = false;

  /** @param forwarded what the client has sent before and what has gone on already. */
  constructor(context: ConversationContext, forwarded: Uint8Array) {
    this.#context = context;
    this.#requests.push(forwarded);
    this.#gone.client = forwarded.length;
  }

  fromClient(chunk: Uint8Array, kind: CallKind): Verdict {
    const out: Uint8Array[] = [];
    let changed = false;
    // A write call can't be swallowed: the bytes of an unfinished head have gone on with an earlier one.
    if (kind === "write") this.#gone.client = this.#requests.pendingBytes;
    for (const item of this.#requests.push(chunk)) {
      if (item.kind === "head") {
        const fault = this.#decide(item);
        this.#drops.client = fault !== undefined;
        if (fault) out.push(this.#askInstead(item, fault));
        else this.#expect(item.method, own);
      } else if (item.kind === "opaque" || item.kind === "malformed") {
        // Nobody can say any more where a request ends. What is not changed yet goes on unread.
        if (this.#drops.client || this.#injecting) return this.#giveUp();
        this.#left = true;
      }
      if (this.#drops.client) changed = true;
      else out.push(this.#fresh("client", item.bytes));
    }
    if (this.#left) {
      for (const item of this.#requests.becomeOpaque()) out.push(this.#fresh("client", item.bytes));
      this.#context.leave();
    }
    const bytes = joinBytes(out);
    if (kind === "read") return bytes.length === chunk.length && !changed ? pass : { kind: "bytes", bytes };
    if (!changed) return pass;
    return bytes.length > 0 ? { kind: "bytes", bytes } : closed;
  }

  fromServer(chunk: Uint8Array, kind: CallKind): Verdict {
    // An unfinished head that was held back for an exchange comes out with its end, not before.
    const heldBack = this.#responses.pendingBytes > this.#gone.server;
    if (!this.#injecting && !heldBack) {
      for (const item of this.#responses.push(chunk)) this.#note(item);
      this.#gone.server = this.#responses.pendingBytes;
      return pass;
    }
    const out: Uint8Array[] = [];
    if (kind === "write") {
      // Nothing is outstanding but our own question, and its answer can't be held back until its head is whole.
      this.#exchange(this.#expected.shift() ?? own, out);
    } else {
      for (const item of this.#responses.push(chunk)) {
        if (item.kind === "head") this.#exchange(this.#expected.shift() ?? own, out);
        else if (item.kind === "opaque" || item.kind === "malformed") return this.#giveUp();
        const interimOfOurs = item.kind === "interim" && this.#expected[0]?.kind === "injected";
        const bytes = this.#fresh("server", item.bytes);
        if (!this.#drops.server && !interimOfOurs) out.push(bytes);
        if (item.kind === "end") this.#drops.server = false;
      }
    }
    if (this.#ends) this.#context.close();
    return { kind: "bytes", bytes: joinBytes(out) };
  }

  endingWrite(): Verdict {
    return closed;
  }

  finish(): void {}

  /** Asks the policy about a request; the answer counts only where the request can still be kept back. */
  #decide(head: RequestHead): ResponseFault | undefined {
    const { policy, tell, sides } = this.#context;
    const host = hostOfHead(head);
    const target = host !== "" && policy.isTarget(host);
    if (!this.#introduced) {
      this.#introduced = true;
      this.#left = !target;
      tell({
        type: "connection",
        protocol: "http",
        host: host || undefined,
        alpnProtocols: [],
        target,
        sides,
      });
    }
    if (!target) return undefined;
    const { method, target: path, headers } = head;
    const fault = policy.request({ host, method, target: path, headers });
    if (!fault) return undefined;
    tell({ type: "fault", fault: "respond", host, status: fault.status, method, stage: "decided" });
    if (this.#gone.client > 0) return this.#skip("head-has-gone");
    // With one side registered, an answer can't wait its turn behind others.
    if (this.#alone && (this.#expected.length > 0 || !this.#responses.isIdle))
      return this.#skip("needs-both-sides");
    return fault;
  }

  #skip(why: FaultObstacle): undefined {
    this.#context.tell({ type: "fault-skipped", fault: "respond", why });
  }

  /** What goes to the upstream in place of the request; its response is exchanged for the fault's. */
  #askInstead(head: RequestHead, fault: ResponseFault): Uint8Array {
    // A client that waits for 100 may or may not send its body after a final answer: the connection can't go on.
    const last = this.#alone || !head.keepAlive || headerValue(head.headers, "expect") !== undefined;
    const bytes = encodeResponse(fault, { method: head.method, close: last });
    this.#expect("HEAD", {
      kind: "injected",
      host: hostOfHead(head),
      status: fault.status,
      method: head.method,
      bytes,
      last,
    });
    return encodeHead("HEAD / HTTP/1.1", [
      ["Host", headerValue(head.headers, "host") ?? ""],
      ["User-Agent", this.#context.userAgent],
      ["Accept", "*/*"],
      ...(last ? [["Connection", "close"] as const] : []),
    ]);
  }

  #expect(method: string, expected: Expected): void {
    this.#responses.expect(method);
    this.#expected.push(expected);
  }

  /** The head of a response is there: it goes on, or ours goes in its place. */
  #exchange(expected: Expected, out: Uint8Array[]): void {
    if (expected.kind === "own") return;
    const { host, status, method, bytes, last } = expected;
    this.#drops.server = true;
    this.#ends = last;
    out.push(bytes);
    this.#context.tell({ type: "fault", fault: "respond", host, status, method, stage: "done" });
  }

  #note(item: ResponseItem): void {
    if (item.kind === "head") this.#expected.shift();
    else if (item.kind === "opaque" || item.kind === "malformed") this.#context.leave();
  }

  /** An item's bytes, less those that have gone on before. */
  #fresh(from: Side, bytes: Uint8Array): Uint8Array {
    const gone = Math.min(this.#gone[from], bytes.length);
    this.#gone[from] -= gone;
    return gone === 0 ? bytes : bytes.subarray(gone);
  }

  /** An injected answer can't be finished: end the tunnel, as a broken connection. */
  #giveUp(): Verdict {
    this.#context.close();
    return closed;
  }

  get #injecting(): boolean {
    return this.#drops.server || this.#expected.some((each) => each.kind === "injected");
  }

  get #alone(): boolean {
    return this.#context.sides.length < 2;
  }
}
