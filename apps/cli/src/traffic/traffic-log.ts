/** Traffic as lines of the log, one JSON object for each request. */
import type { Logger } from "pino";
import { durationText, plainText } from "./plain-text.ts";
import { repeatText, whatHappened } from "./request-words.ts";
import type { TrafficListener } from "./traffic.ts";

/** Logs each request when it is over (`request`), and each host that is no target once (`passed`). */
export function trafficLog(logger: Logger): TrafficListener {
  return {
    finished(finished) {
      const { request, response, outcomes, end, events, durationMs, repeat } = finished;
      const { request: id, connection, client, userAgent, method, host, path, model, stream } = request;
      const status = response?.status ?? null;
      const what = [
        `${method} ${host}${path}`,
        status ?? "no answer",
        whatHappened(finished),
        repeatText(finished),
      ];
      logger.info(
        {
          event: "request",
          ...{ request: id, connection, client, userAgent, method, host, path, model, stream, status, end },
          durationMs: Math.round(durationMs),
          ...(events !== null && { events }),
          rules: outcomes.map(({ rule }) => rule),
          ...(repeat && {
            repeat: repeat.number,
            isRetry: repeat.isTold,
            waitedMs: Math.round(repeat.afterMs),
          }),
        },
        plainText(`${what.filter((part) => part !== "").join(", ")} (${durationText(durationMs)})`),
      );
    },
    // The log has a line of its own for it.
    connectionFault() {},
    passed(host) {
      logger.info({ event: "passed", host }, `${plainText(host)} is no target: it passes unread`);
    },
  };
}
