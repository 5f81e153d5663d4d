import type { EngineEvent, ExchangeEnd, FaultKind, RequestHints } from "../../src/index.ts";

/** One request of a log. */
export interface Step {
  /** When the request comes. */
  readonly at: number;
  /** Hit by the rule `r`: with this status, by a cut stream, or by the end of its connection. */
  readonly hit?: number | "cut" | "undone" | "empty" | "stall" | "reset";
  readonly retryAfterMs?: number;
  readonly client?: string;
  readonly what?: string;
  /** How long it takes; 10 ms unless given. */
  readonly takes?: number;
  /** How long after its beginning its head goes out; with the end of an error, in the middle of what else, unless given. */
  readonly head?: number;
  readonly connection?: string;
  /** When its connection was opened, where that is told. */
  readonly opened?: number;
  readonly hints?: RequestHints;
  /** The id that the API gave its response. */
  readonly requestId?: string;
  /** How it ends, where it ends otherwise than its hit says; `null`: not at all. */
  readonly end?: ExchangeEnd | null;
  readonly preset?: string;
}

let requests = 0;

const faultOf = (hit: NonNullable<Step["hit"]>): FaultKind => {
  if (typeof hit === "number") return "http.error";
  if (hit === "reset") return "connection.reset";
  return hit === "empty" ? "http.empty" : hit === "stall" ? "stream.stall" : "stream.cut";
};

/** The events of requests that take 10 ms each; what is not hit succeeds. */
export function log(steps: readonly Step[]): EngineEvent[] {
  return steps.flatMap((step): EngineEvent[] => {
    const { at, hit, retryAfterMs, client = "c", what = "same", takes = 10, hints = {}, preset } = step;
    const { connection = "1", opened, requestId } = step;
    // An error of ours is there at once; of a stream the head comes first.
    const { head = typeof hit === "number" ? takes : takes / 2 } = step;
    const request = `q${requests++}`;
    const ofRule = { request, connection, rule: "r", fault: faultOf(hit ?? 500) };
    const status = typeof hit === "number" ? hit : 200;
    const decided: EngineEvent[] =
      hit === undefined
        ? []
        : [
            { type: "decision", atMs: at, ...ofRule, matchNumber: 1, ...(preset && { preset }) },
            hit === "undone"
              ? { type: "undone", atMs: at, ...ofRule, reason: "too short" }
              : { type: "done", atMs: at, ...ofRule },
          ];
    const usual =
      hit === "cut"
        ? "cut"
        : hit === "empty" || hit === "reset"
          ? "failed"
          : hit === "stall"
            ? "abandoned"
            : "complete";
    const how = step.end === undefined ? usual : step.end;
    return [
      ...(opened === undefined
        ? []
        : [{ type: "connection", atMs: opened, openedAtMs: opened, connection, client, host: "h" } as const]),
      {
        type: "request",
        atMs: at,
        request,
        connection,
        client,
        host: "h",
        method: "POST",
        path: "/",
        fingerprint: what,
        model: null,
        stream: hit === "cut" || hit === "stall",
        ...hints,
      },
      ...decided,
      ...(hit === "empty"
        ? []
        : [
            {
              type: "response",
              atMs: at + head,
              request,
              status,
              injected: hit !== undefined && hit !== "reset",
              retryAfterMs: retryAfterMs ?? null,
              ...(requestId !== undefined && { requestId }),
            } as const,
          ]),
      ...(how === null ? [] : [{ type: "end", atMs: at + takes, request, how } as const]),
    ];
  });
}
