/** Answers to gRPC calls: a status in the head, and nothing behind it ("Trailers-Only" of PROTOCOL-HTTP2). */
import { codeOfHttpStatus, grpcLimits, STATUS_CODES, type StatusName, statusFields } from "@faultwire/grpc";
import type { Header, HttpResponse } from "@faultwire/http1";
import type { GrpcFault } from "../faults/grpc-faults.ts";
import { isJsonObject, jsonMember, jsonObjects } from "../json-value.ts";
import { fromUtf8 } from "../text.ts";

type StatusFault = Extract<GrpcFault, { readonly kind: "grpc.status" }>;

const NOTHING = new Uint8Array(0);
const contentType: Header = ["content-type", "application/grpc"];

const markerFields = (marker: string | null): readonly Header[] =>
  marker === null ? [] : [["x-faultwire", marker]];

/** The trailers of a status that a rule asks for. @param marker - The value of `x-faultwire`; `null` leaves it out. */
export function statusTrailers(fault: StatusFault, marker: string | null): readonly Header[] {
  const { code, message, details, retryDelayMs, pushback } = fault;
  return [
    ...statusFields({
      code,
      message,
      details,
      retryDelayMs: retryDelayMs ?? undefined,
      pushback: pushback ?? undefined,
    }),
    ...markerFields(marker),
  ];
}

/** The same as a whole answer. */
export function statusAnswer(fault: StatusFault, marker: string | null): HttpResponse {
  return { status: 200, headers: [contentType, ...statusTrailers(fault, marker)], body: NOTHING };
}

/** Fields that say something of a body that is not there any more. */
const ofBody: ReadonlySet<string> = new Set([
  "content-type",
  "content-length",
  "content-encoding",
  "transfer-encoding",
]);

/** What Google's APIs say of an error in JSON, which is a `google.rpc.Status`; left out where it is none. */
interface GoogleStatus {
  readonly code?: number;
  readonly retryDelayMs?: number;
}

function googleStatus(error: unknown): GoogleStatus {
  const name = jsonMember(error, "status");
  const code =
    typeof name === "string" && Object.hasOwn(STATUS_CODES, name)
      ? STATUS_CODES[name as StatusName]
      : undefined;
  if (code === undefined) return {};
  const delays = jsonObjects(jsonMember(error, "details")).flatMap(({ retryDelay }) => {
    const [, seconds] =
      /^(\d{1,9}(?:\.\d{1,9})?)s$/.exec(typeof retryDelay === "string" ? retryDelay : "") ?? [];
    return seconds === undefined ? [] : [Math.min(Number(seconds) * 1000, grpcLimits.maxDelayMs)];
  });
  return { code, ...(delays[0] !== undefined && { retryDelayMs: delays[0] }) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * What a front end that knows gRPC sends to a call in the place of an HTTP error: the code that the HTTP status stands for, its text as
 * the message, its other fields as metadata. An error of Google's, which says its own code and `RetryInfo`, keeps both. A status below
 * 400 is left as it is, because no front end makes a gRPC status of it.
 */
export function asGrpcAnswer(response: HttpResponse): HttpResponse {
  if (response.status < 400) return response;
  const text = fromUtf8(response.body);
  const json = jsonOf(text);
  const error = jsonMember(json, "error");
  const google = googleStatus(error);
  const said = jsonMember(error, "message");
  const message = typeof said === "string" ? said : isJsonObject(json) ? "" : text.trim();
  return {
    status: 200,
    headers: [
      contentType,
      ...response.headers.filter(([name]) => !ofBody.has(name.toLowerCase())),
      ...statusFields({
        code: google.code ?? codeOfHttpStatus(response.status),
        message: message === "" ? `HTTP status ${response.status}` : message,
        retryDelayMs: google.retryDelayMs,
      }),
    ],
    body: NOTHING,
  };
}
