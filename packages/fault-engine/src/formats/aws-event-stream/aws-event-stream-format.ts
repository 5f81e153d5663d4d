import type { EventDamage } from "../../faults/stream-faults.ts";
import type { EventText } from "../../providers/provider-profile.ts";
import { PROVIDERS } from "../../providers/provider-table.ts";
import { utf8 } from "../../text.ts";
import { FORMAT_FACTS } from "../format-facts.ts";
import { splitPoint } from "../split-point.ts";
import type { StreamFormat } from "../stream-format.ts";
import { toBase64 } from "./base64.ts";
import {
  type Frame,
  type FrameDefects,
  type FrameHeader,
  PRELUDE_BYTES,
  readFrame,
  readPrelude,
  textHeader,
  writeFrame,
} from "./frame.ts";
import { FrameReader } from "./frame-reader.ts";
import { CHUNK, framePayload } from "./frame-unit.ts";

/** What names the type of a frame. */
const TYPE_HEADERS: readonly string[] = [":event-type", ":exception-type"];

/** Exceptions by the error types of other APIs, so that one rule can be for several. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  invalid_request_error: "validationException",
  rate_limit_error: "throttlingException",
  timeout_error: "modelTimeoutException",
  overloaded_error: "serviceUnavailableException",
  api_error: "internalServerException",
  error: "internalServerException",
};

const DEFECTS: Partial<Readonly<Record<EventDamage, FrameDefects>>> = {
  "bad-message-crc": { isMessageCrcWrong: true },
  "bad-prelude-crc": { isPreludeCrcWrong: true },
  // One byte more than there is: the reader takes the first byte of the next frame, or waits for it.
  "bad-total-length": { totalLengthBy: 1 },
  "bad-headers-length": { headersLengthBy: 1 },
};

/** A frame of ours: an exception by its name, else an event; without a name, or as `chunk`, a chunk with the data inside. */
function encode({ name, data }: EventText): Uint8Array {
  if (name?.endsWith("Exception")) return frameOf(":exception-type", name, "exception", data);
  if (name !== null && name !== CHUNK) return frameOf(":event-type", name, "event", data);
  return frameOf(":event-type", CHUNK, "event", JSON.stringify({ bytes: toBase64(utf8(data)) }));
}

function frameOf(typeHeader: string, type: string, message: string, payload: string): Uint8Array {
  const headers: FrameHeader[] = [
    textHeader(typeHeader, type),
    textHeader(":content-type", "application/json"),
    textHeader(":message-type", message),
  ];
  return writeFrame({ headers, payload: utf8(payload) });
}

/** A frame with another type or other data, and lengths and checksums that fit. */
function change(
  whole: Uint8Array,
  { name, data }: { readonly name?: string | null; readonly data?: string },
): Uint8Array {
  const frame = readFrame(whole);
  if (frame === undefined) return whole;
  const headers = frame.headers.flatMap((header): FrameHeader[] => {
    if (name === undefined || !TYPE_HEADERS.includes(header.name)) return [header];
    return name === null ? [] : [textHeader(header.name, name)];
  });
  return writeFrame({ headers, payload: data === undefined ? frame.payload : framePayload(frame, data) });
}

function damage(whole: Uint8Array, how: EventDamage): Uint8Array | undefined {
  const frame: Frame | undefined = readFrame(whole);
  if (frame === undefined) return undefined;
  if (how === "missing-event-line") return change(whole, { name: null });
  const defects = DEFECTS[how];
  return defects && writeFrame(frame, defects);
}

/** The frames of Amazon Bedrock: `invoke-with-response-stream` and `converse-stream`. */
export const awsEventStream: StreamFormat = {
  ...FORMAT_FACTS["aws-event-stream"],
  around: { opening: "", between: "", closing: "" },
  reader: () => new FrameReader(),
  encode,
  change,
  error: ({ type, message, name }) => ({
    name: name ?? (type.endsWith("Exception") ? type : (EXCEPTIONS[type] ?? "modelStreamErrorException")),
    data: JSON.stringify({ message }),
  }),
  // Bedrock sends none of its own; what a model's own API has for it comes as a chunk.
  ping(provider) {
    const ping = provider && PROVIDERS[provider].ping;
    return ping ? encode({ name: CHUNK, data: ping.data }) : null;
  },
  damage,
  split(whole, where) {
    const lengths = whole.length < PRELUDE_BYTES ? undefined : readPrelude(whole.subarray(0, PRELUDE_BYTES));
    if (lengths === undefined || where === "line") return undefined;
    const from = PRELUDE_BYTES + lengths.headerBytes;
    const at = splitPoint(whole.subarray(from, -4), where);
    return at === undefined ? undefined : from + at;
  },
};
