/** Messages of HTTP/2 as rules see them, and messages of ours as HTTP/2 has them. */
import type { BodyFraming, Header, RequestHead } from "@faultwire/http1";
import { connectionSpecific, fieldValue, type HeaderSection } from "@faultwire/http2";

const NOTHING = new Uint8Array(0);

/** Whether a field is one of the message itself, and not of its head's line. */
const isRegular = ([name]: Header): boolean => !name.startsWith(":");

/**
 * A request's head as rules see it, whatever its protocol: the path is the target, and `:authority` stands first as `host`,
 * unless the request has a `host` of its own.
 */
export function requestHeadOf({ fields }: HeaderSection, endStream: boolean): RequestHead {
  const regular = fields.filter(isRegular);
  const authority = fieldValue(fields, ":authority");
  const hasHost = fieldValue(regular, "host") !== undefined || authority === undefined;
  return {
    kind: "head",
    method: fieldValue(fields, ":method") ?? "",
    target: fieldValue(fields, ":path") ?? "",
    version: "1.1",
    headers: hasHost ? regular : [["host", authority], ...regular],
    framing: framingOf(regular, endStream),
    keepAlive: true,
    bytes: NOTHING,
  };
}

function framingOf(fields: readonly Header[], endStream: boolean): BodyFraming {
  if (endStream) return { kind: "none" };
  const declared = fieldValue(fields, "content-length");
  return declared !== undefined && /^\d{1,15}$/.test(declared)
    ? { kind: "length", bytes: Number(declared) }
    : { kind: "chunked" };
}

/** A section with one more field behind the others. */
export const withField = ({ fields, neverIndexed }: HeaderSection, field: Header): HeaderSection => ({
  fields: [...fields, field],
  neverIndexed,
});

/** The fields of a response without its status. */
export function regularFields({ fields }: HeaderSection): readonly Header[] {
  return fields.filter(isRegular);
}

/** The status of a response that was read: three digits stand there. */
export function statusOf({ fields }: HeaderSection): number {
  return Number(fieldValue(fields, ":status"));
}

/** A section of a response of ours: names in lower case, and nothing that is HTTP/1.1's alone. */
export function responseSection(
  status: number,
  headers: readonly Header[],
  neverIndexed: ReadonlySet<Header> = new Set(),
): HeaderSection {
  const fields: Header[] = [[":status", String(status)]];
  for (const field of headers) {
    const [name, value] = field;
    const lower = name.toLowerCase();
    if (connectionSpecific.has(lower)) continue;
    fields.push(lower === name ? field : [lower, value]);
  }
  return { fields, neverIndexed };
}

/** The section without a field that no longer says the truth. */
export function withoutField({ fields, neverIndexed }: HeaderSection, name: string): HeaderSection {
  return { fields: fields.filter(([found]) => found !== name), neverIndexed };
}

/** A request's section whose response is to be read and changed: it must not be compressed. */
export function readableSection(section: HeaderSection): HeaderSection {
  const { fields, neverIndexed } = section;
  if (fieldValue(fields, "accept-encoding") === undefined) return section;
  return {
    fields: fields.map((field): Header => (field[0] === "accept-encoding" ? [field[0], "identity"] : field)),
    neverIndexed,
  };
}
