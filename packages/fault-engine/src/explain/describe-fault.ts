import type {
  Duration,
  EventSelector,
  Fault,
  Place,
  ResponseDelay,
  StreamPoint,
  StreamStop,
} from "../faults/fault.ts";
import { findErrorPreset, isProvider } from "../providers/provider-error.ts";

/** Milliseconds as people write them: `500 ms`, `2 s`, `1.5 min`. */
export function writeMs(ms: number): string {
  const round = (value: number): string => String(Math.round(value * 100) / 100);
  if (ms < 1000) return `${round(ms)} ms`;
  return ms < 60_000 ? `${round(ms / 1000)} s` : `${round(ms / 60_000)} min`;
}

const forTime = (forMs: number | null): string => (forMs === null ? "for ever" : `for ${writeMs(forMs)}`);

function writeDuration(duration: Duration): string {
  switch (duration.kind) {
    case "fixed":
      return writeMs(duration.ms);
    case "uniform":
      return `${writeMs(duration.minMs)} to ${writeMs(duration.maxMs)}`;
    case "normal":
      return `${writeMs(duration.meanMs)} ± ${writeMs(duration.sdMs)}`;
    case "lognormal":
      return `${writeMs(duration.medianMs)} in the median, with a long tail`;
    default:
      return duration satisfies never;
  }
}

const PLACES: Readonly<Record<string, string>> = {
  "client-hello": "at the ClientHello",
  "server-hello": "at the ServerHello",
  established: "when the handshake is done",
  request: "at the request",
  "response-head": "at the head of the response",
};

const writePlace = (at: Place): string =>
  at.kind === "moment" ? (PLACES[at.moment] ?? at.moment) : `after ${at.bytes} bytes from the ${at.from}`;

function writePoint(at: StreamPoint): string {
  switch (at.kind) {
    case "events":
      return at.events === 0
        ? "before the first event"
        : `after ${at.events} ${at.events === 1 ? "event" : "events"}`;
    case "bytes":
      return `after ${at.bytes} bytes of the stream`;
    case "time":
      return `${writeMs(at.ms)} into the stream`;
    case "first-delta":
      return `${at.side} the first piece of the answer`;
    case "before-end":
      return at.events === 1 ? "before the last event" : `before the last ${at.events} events`;
    default:
      return at satisfies never;
  }
}

/** A tunnel of the Fault proxy has no socket of its own. */
const RESET_IN_TUNNELS = "in a tunnel of the Fault proxy a FIN instead";

const STOPS: Readonly<Record<StreamStop, string>> = {
  clean: "the body ends as if it were whole",
  fin: "the connection is closed",
  "mid-event": "the connection is closed in the middle of the next event",
  reset: `the connection is reset (${RESET_IN_TUNNELS})`,
};

function writeSelector({ indices, types, every, probability }: EventSelector): string {
  const parts: string[] = [];
  if (indices !== null) parts.push(`number ${indices.join(", ")} (from 0)`);
  if (types !== null) parts.push(`of type ${types.join(" or ")}`);
  if (every !== null) parts.push(every === 1 ? "each" : `every ${every}th`);
  if (probability !== null) parts.push(`a share of ${probability * 100} %`);
  return `events: ${parts.join(", ")}`;
}

const writeDelay = ({ beforeHead, beforeBody, perChunk }: ResponseDelay): string =>
  [
    beforeHead && `the head waits ${writeDuration(beforeHead)}`,
    beforeBody && `the body waits ${writeDuration(beforeBody)}`,
    perChunk && `each chunk waits ${writeDuration(perChunk)}`,
  ]
    .filter((part) => part !== null)
    .join(", ");

/** A fault in one line of words, for `faultwire check` and reports. */
export function describeFault(fault: Fault): string {
  switch (fault.kind) {
    case "connection.close":
      return `the connection is closed ${writePlace(fault.at)}`;
    case "connection.reset":
      return `the connection is reset ${writePlace(fault.at)} (${RESET_IN_TUNNELS})`;
    case "connection.stall":
      return `nothing more arrives ${forTime(fault.forMs)}, ${writePlace(fault.at)}`;
    case "connection.latency":
      return `each ${fault.per} is delayed by ${writeDuration(fault.duration)}`;
    case "connection.throttle":
      return `bytes of ${fault.from} pass at ${fault.bytesPerSecond} a second`;
    case "connection.slice":
      return `bytes of ${fault.from} come in pieces of ${fault.bytes}, ${writeMs(fault.gapMs)} apart`;
    case "connection.corrupt":
      return `a bit is flipped in ${fault.rate * 100} % of the bytes of ${fault.from}, from byte ${fault.fromByte}${fault.toByte === null ? "" : ` to ${fault.toByte}`}`;
    case "tls.alert":
      return `the TLS alert ${fault.description} (${fault.level}) ${PLACES[fault.at]}`;
    case "tls.certificate":
      return `a certificate that is ${fault.defect}`;
    case "tls.version":
    case "tls.cipher":
    case "tls.alpn":
      return `${fault.kind.slice(4)} ${fault.value} is ${fault.mode === "force" ? "forced" : "refused"}`;
    case "tls.handshake-stall":
      return `the handshake stalls ${forTime(fault.forMs)}, ${PLACES[fault.at]}`;
    case "tls.handshake-slow":
      return `the handshake runs at ${fault.bytesPerSecond} bytes a second`;
    case "tls.bad-mac":
      return `a record that can't be decrypted, after ${fault.afterRecords} records`;
    case "tls.oversized-record":
      return `a record over the allowed size, after ${fault.afterRecords} records`;
    case "tls.garbage":
      return `bytes that are no TLS, after ${fault.afterRecords} records`;
    case "tls.truncate":
      return `the connection is closed without close_notify, after ${fault.afterRecords} records`;
    case "http.error":
      return [describeAnswer(fault), fault.delay && writeDelay(fault.delay)]
        .filter((part) => part !== null)
        .join("; ");
    case "http.empty":
      return "the connection is closed instead of a response";
    case "http.malformed":
      return `a malformed response: ${fault.how}`;
    case "http.delay":
      return writeDelay(fault);
    case "http.truncate":
      return `the body breaks off after ${fault.after.kind === "bytes" ? `${fault.after.bytes} bytes` : `${fault.after.share * 100} %`}`;
    case "http.rate-limit": {
      const { requestsPerMinute, inputTokensPerMinute, outputTokensPerMinute } = fault.budget;
      const parts = [
        requestsPerMinute === null ? null : `${requestsPerMinute} requests`,
        inputTokensPerMinute === null ? null : `${inputTokensPerMinute} input tokens`,
        outputTokensPerMinute === null ? null : `${outputTokensPerMinute} output tokens`,
      ].filter((part) => part !== null);
      return `429 once more than ${parts.join(" or ")} a minute are used, per ${fault.per}`;
    }
    case "stream.error-event":
      return `an error event (${fault.type ?? fault.event ?? "with data of its own"}) ${writePoint(fault.at)}; then ${STOPS[fault.stop]}`;
    case "stream.cut":
      return `the stream is cut ${writePoint(fault.at)}: ${STOPS[fault.stop]}`;
    case "stream.stall":
      return `the stream falls silent ${forTime(fault.forMs)}, ${writePoint(fault.at)}${fault.pingEveryMs === null ? "" : `, but for a ping every ${writeMs(fault.pingEveryMs)}`}`;
    case "stream.pace":
      return `the first event after ${writeMs(fault.firstEventMs)}, then one every ${writeMs(fault.eventMs)}${fault.jitterMs === 0 ? "" : ` and up to ${writeMs(fault.jitterMs)} more`}`;
    case "stream.drop":
      return `left out are ${writeSelector(fault.events)}`;
    case "stream.duplicate":
      return `sent twice are ${writeSelector(fault.events)}`;
    case "stream.reorder":
      return `changing places with the next one are ${writeSelector(fault.events)}`;
    case "stream.split":
      return `sent in two halves (${fault.where}) ${writeMs(fault.gapMs)} apart are ${writeSelector(fault.events)}`;
    case "stream.damage":
      return `damaged (${fault.how}) are ${writeSelector(fault.events)}`;
    case "model.stop-reason":
      return `the answer ends with the stop reason ${fault.reason}`;
    case "model.empty-content":
      return "the answer has no content";
    case "model.garble-tool-input":
      return "the input of tool calls is garbled";
    default:
      return fault satisfies never;
  }
}

function describeAnswer({ answer }: Extract<Fault, { readonly kind: "http.error" }>): string {
  const [provider = "", name = ""] = (answer.preset ?? "").split("/");
  const preset = isProvider(provider) ? findErrorPreset(provider, name) : undefined;
  const status = answer.status ?? preset?.status ?? 500;
  const what = answer.preset === null ? `status ${status}` : `status ${status} (${answer.preset})`;
  const { retryAfterSeconds } = answer;
  if (retryAfterSeconds === null) return what;
  return retryAfterSeconds === "none"
    ? `${what} without retry-after`
    : `${what} with retry-after ${Math.ceil(retryAfterSeconds)} s`;
}
