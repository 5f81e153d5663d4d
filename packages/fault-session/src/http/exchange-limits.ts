import { maxHeldRequestBytes } from "./request-decider.ts";

/** Limits of one connection's exchanges. */
export const httpExchangeLimits = {
  /**
   * Requests whose responses are not over, before nothing more is read from the client. A client that pipelines behind a
   * slow response would otherwise be stored without end; clients of model APIs have one or two under way.
   */
  maxExchanges: 100,
  /** Bytes of those requests' heads and of our answers to them, before nothing more is read from the client. */
  maxWaitingBytes: 1_048_576,
  /**
   * Bytes that a request costs besides its head, as long as its response is not over. They count as held: a client that sends
   * requests of 30 bytes would otherwise fill a process whose limit counts their bytes alone.
   */
  exchangeBytes: 1024,
  /** Requests without a response that are remembered: what one more read can bring on top of `maxExchanges`. */
  maxOutstandingRequests: 2048,
  /** Bytes of one request that wait for a rule that asks for its body; a longer one is decided without it. */
  maxHeldRequestBytes: maxHeldRequestBytes as number,
  /** Bytes of responses that wait while the one before them is still being sent slowly. */
  maxDeferredBytes: 4_194_304,
} as const;
