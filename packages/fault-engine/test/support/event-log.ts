import type { EngineEvent, FaultKind } from "../../src/index.ts";

/** One request of a log. */
export interface Step {
  /** When the request comes. */
  readonly at: number;
  /** Hit by the rule `r`: with this status, or by a cut stream. */
  readonly hit?: number | "cut" | "undone";
  readonly retryAfterMs?: number;
  readonly client?: string;
  readonly what?: string;
}

let requests = 0;

/** The events of requests that take 10 ms each; what is not hit succeeds. */
export function log(steps: readonly Step[]): EngineEvent[] {
  return steps.flatMap(({ at, hit, retryAfterMs, client = "c", what = "same" }): EngineEvent[] => {
    const request = `q${requests++}`;
    const fault: FaultKind = hit === "cut" || hit === "undone" ? "stream.cut" : "http.error";
    const ofRule = { request, connection: "1", rule: "r", fault };
    const status = typeof hit === "number" ? hit : 200;
    const decided: EngineEvent[] =
      hit === undefined
        ? []
        : [
            { type: "decision", atMs: at, ...ofRule, matchNumber: 1 },
            hit === "undone"
              ? { type: "undone", atMs: at, ...ofRule, reason: "too short" }
              : { type: "done", atMs: at, ...ofRule },
          ];
    return [
      {
        type: "request",
        atMs: at,
        request,
        connection: "1",
        client,
        host: "h",
        method: "POST",
        path: "/",
        fingerprint: what,
        model: null,
        stream: false,
      },
      ...decided,
      {
        type: "response",
        atMs: at + 5,
        request,
        status,
        injected: hit !== undefined,
        retryAfterMs: retryAfterMs ?? null,
      },
      { type: "end", atMs: at + 10, request, how: hit === "cut" ? "cut" : "complete" },
    ];
  });
}
