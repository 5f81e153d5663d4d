/**
 * Ready-made rule lists for `mix`, written as a rule file writes them. Shares add up over the list, because a rule
 * only meets what the rules before it let pass. They are for any request: their errors are those of the API that is asked.
 *
 * - `gentle`: what a good week looks like; nothing that a retry does not mend
 * - `realistic`: a bad afternoon, with overload, slow starts and streams that break off
 * - `brutal`: everything, all the time; for finding out what is missing, not for passing
 */
export const MIXES: Readonly<Record<"gentle" | "realistic" | "brutal", readonly object[]>> = {
  gentle: [
    {
      name: "gentle/overloaded",
      when: { probability: 0.01 },
      fault: { http: { preset: "overloaded" } },
    },
    {
      name: "gentle/slow-start",
      when: { probability: 0.05 },
      fault: { http: { delay: { beforeHead: { lognormal: { median: "800ms", sigma: 0.5 } } } } },
    },
  ],
  realistic: [
    {
      name: "realistic/overloaded",
      when: { probability: 0.04 },
      fault: { http: { preset: "overloaded" } },
    },
    {
      name: "realistic/rate-limited",
      when: { probability: 0.03 },
      fault: { http: { preset: "rate-limited", retryAfter: "2s" } },
    },
    {
      name: "realistic/api-error",
      when: { probability: 0.01 },
      fault: { http: { preset: "failed" } },
    },
    {
      name: "realistic/gateway",
      when: { probability: 0.01 },
      fault: { http: { preset: "gateway" } },
    },
    {
      name: "realistic/dropped",
      when: { probability: 0.01 },
      fault: { connection: { close: { at: "response-head" } } },
    },
    {
      name: "realistic/overloaded-in-mid-stream",
      match: { stream: true },
      when: { probability: 0.02 },
      fault: { stream: { errorEvent: { afterEvents: 6 } } },
    },
    {
      name: "realistic/cut-stream",
      match: { stream: true },
      when: { probability: 0.02 },
      fault: { stream: { cut: { afterEvents: 8, stop: "fin" } } },
    },
    {
      name: "realistic/slow-start",
      when: { probability: 0.1 },
      fault: { http: { delay: { beforeHead: { lognormal: { median: "2s", sigma: 0.8 } } } } },
    },
  ],
  brutal: [
    {
      name: "brutal/overloaded",
      when: { probability: 0.15 },
      fault: { http: { preset: "overloaded" } },
    },
    {
      name: "brutal/rate-limited",
      when: { probability: 0.1 },
      fault: { http: { preset: "rate-limited", retryAfter: "5s" } },
    },
    {
      name: "brutal/spend-limit",
      when: { probability: 0.03 },
      fault: { http: { preset: "spend-limit" } },
    },
    {
      name: "brutal/gateway",
      when: { probability: 0.1 },
      fault: { http: { preset: "gateway" } },
    },
    {
      name: "brutal/invalid-json",
      when: { probability: 0.05 },
      fault: { http: { malformed: "invalid-json" } },
    },
    { name: "brutal/empty", when: { probability: 0.05 }, fault: { http: { empty: true } } },
    {
      name: "brutal/reset",
      when: { probability: 0.1 },
      fault: { connection: { reset: { at: "response-head" } } },
    },
    {
      name: "brutal/cut-stream",
      match: { stream: true },
      when: { probability: 0.2 },
      fault: { stream: { cut: { afterEvents: 4, stop: "mid-event" } } },
    },
    {
      name: "brutal/stalled-stream",
      match: { stream: true },
      when: { probability: 0.2 },
      fault: { stream: { stall: { afterEvents: 3, for: "ever" } } },
    },
    {
      name: "brutal/short-body",
      match: { stream: false },
      when: { probability: 0.1 },
      // A share needs a content-length, which APIs seldom send.
      fault: { http: { truncate: { afterBytes: 100 } } },
    },
  ],
};
