/** The exchanges of one connection alone, on a clock that is set by hand: what goes where, which ends, what is told. */
import type { EngineEvent, Fault } from "@faultwire/fault-engine";
import { type RequestHead, RequestReader } from "@faultwire/http1";
import { FaultDesk, type Side } from "../../src/index.ts";
import { HttpExchanges, type HttpExchangesOptions } from "../../src/internal.ts";
import { scriptedPolicy } from "./scripted-policy.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

/** `faults`: what happens to the requests, by their number from 0. */
export function exchangesRig(
  faults: readonly (Fault | null)[] = [],
  more: Partial<HttpExchangesOptions> & {
    readonly needsBody?: boolean;
    readonly make?: (options: HttpExchangesOptions) => HttpExchanges;
  } = {},
) {
  const { needsBody = false, make = (of) => new HttpExchanges(of), ...options } = more;
  const policy = scriptedPolicy({ request: (number) => faults[number] ?? null, needsBody });
  const clock = { nowMs: 0 };
  const got: Record<Side, string> = { client: "", server: "" };
  const ends: string[] = [];
  const holds: (readonly [Side, number | null])[] = [];
  // As a connection tells it: each once.
  const unread = new Set<string>();
  const questions: ((isGone: boolean) => void)[] = [];
  const exchanges = make({
    policy,
    desk: new FaultDesk(() => clock.nowMs),
    introduce: () => ({ connection: "c", client: "c", host: "api.test" }),
    unread: (reason, from) => unread.add(`${reason} by the ${from}`),
    now: () => clock.nowMs,
    port: {
      toClient: (bytes) => {
        got.client += new TextDecoder("latin1").decode(bytes);
      },
      toServer: (bytes) => {
        got.server += new TextDecoder("latin1").decode(bytes);
      },
      endClient: (how) => ends.push(how),
      hold: (to, ms) => holds.push([to, ms]),
      whenGone: (_, told) => questions.push(told),
    },
    ...options,
  });
  return {
    exchanges,
    clock,
    got,
    ends,
    holds,
    unread: () => [...unread],
    says: (from: Side, text: string): void =>
      from === "client" ? exchanges.fromClient(ascii(text)) : exchanges.fromServer(ascii(text)),
    /** All that the client was sent has gone out to it. */
    gone: (isGone = true): void => {
      for (const tell of questions.splice(0)) tell(isGone);
    },
    told: <Type extends EngineEvent["type"]>(type: Type) =>
      policy.events.filter((one): one is Extract<EngineEvent, { readonly type: Type }> => one.type === type),
  };
}

/** A request's head as a carrier asks one of its own. */
export function headOf(text: string): RequestHead {
  const [head] = new RequestReader().push(ascii(text));
  if (head?.kind !== "head") throw new Error("that is no head");
  return head;
}
