import type { FaultRows } from "./fault-row.ts";
import { forTime, writeMs } from "./fault-words.ts";
import type { ErrorAnswer } from "./http-faults.ts";

/** Replies of SOCKS 5 to a client that gets no connection, by name, with their numbers (RFC 1928 section 6). */
export const SOCKS_REPLIES = {
  "general-failure": 1,
  "not-allowed": 2,
  "network-unreachable": 3,
  "host-unreachable": 4,
  "connection-refused": 5,
  "ttl-expired": 6,
  "command-not-supported": 7,
  "address-type-not-supported": 8,
} as const;
/** One of {@link SOCKS_REPLIES}. */
export type SocksReply = keyof typeof SOCKS_REPLIES;

/** What a client gets in place of its connection. */
export type ConnectRefusal =
  /** `socks` is what a client of SOCKS gets, `answer` what any other does. It comes `afterMs` late. */
  | {
      readonly kind: "answer";
      /** What a client gets that speaks HTTP to the proxy. */
      readonly answer: ErrorAnswer;
      /** What a client of SOCKS gets in its place. */
      readonly socks: SocksReply;
      /** Milliseconds from the client's question to the answer. */
      readonly afterMs: number;
    }
  | { readonly kind: "reset" }
  /** What a proxy says that can't find the host's name. */
  | { readonly kind: "dns" }
  /** No answer. After so long the connection is closed; `null` is never. */
  | {
      readonly kind: "silence";
      /** Milliseconds until the connection is closed; `null` is never. */
      readonly forMs: number | null;
    };

/** What happens to a client that asks a proxy for a connection to a host. */
export type ConnectFault = {
  readonly kind: "connect.refuse";
  /** What the client gets in place of the connection. */
  readonly refusal: ConnectRefusal;
};

/** What SOCKS says for a status that HTTP says: the nearest of RFC 1928's replies. */
export function socksReplyOf(status: number): SocksReply {
  if (status === 401 || status === 403 || status === 407) return "not-allowed";
  if (status === 502) return "connection-refused";
  return status === 504 ? "host-unreachable" : "general-failure";
}

function describeRefusal(refusal: ConnectRefusal): string {
  switch (refusal.kind) {
    case "answer": {
      const { answer, socks, afterMs } = refusal;
      const late = afterMs === 0 ? "" : `, after ${writeMs(afterMs)}`;
      return `the proxy refuses the connection with status ${answer.status ?? 502} (SOCKS: ${socks})${late}`;
    }
    case "reset":
      return "the proxy resets a client that asks for the connection";
    case "dns":
      return "the proxy says that the host's name does not resolve";
    case "silence":
      return `the proxy says nothing to a client that asks for the connection, ${forTime(refusal.forMs)}`;
    default:
      return refusal satisfies never;
  }
}

/** The rows of the connect layer, in the order of the documentation. */
export const connectRows: FaultRows<ConnectFault> = {
  "connect.refuse": {
    example: "{ connect: { refuse: { status: 503, body: down, headers: { retry-after: 5 } } } }",
    doc: "no connection to the host: a proxy's refusal (`status`, also `socks: not-allowed`, `after: 2s`), `reset`, `dns` (the name does not resolve), `timeout` (no answer), or `{ timeout: 30s }`",
    describe: ({ refusal }) => describeRefusal(refusal),
  },
};
