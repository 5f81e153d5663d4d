/** Which headers an answer of ours may have, and how a user's are laid over it. */
import type { Header } from "@faultwire/http1";
import { checkHeader } from "@faultwire/http1/internal";
import type { HeaderChanges } from "../faults/http-faults.ts";

/** Limits on the headers that one fault puts into a response. A rule file comes from its user, who may mistype a size. */
export const responseHeaderLimits = {
  /** Fields of one fault. A head of 256 fields is the most that readers here take, and an upstream's own come first. */
  maxFields: 64,
  /** Characters of one value. Clients that refuse heads of more than 16 KiB can still be shown one. */
  maxValueLength: 24_576,
  /** Characters of all names and values of one fault. A head of 64 KiB is the most that readers here take. */
  maxLength: 32_768,
} as const;

const FRAMING = "an answer is framed by its own body";
const CONNECTION = "it steers the connection, which is no matter of one answer";

/** Headers that no rule may set, in lower case, with the reason. */
const REFUSED: Readonly<Record<string, string>> = {
  "content-length": FRAMING,
  "transfer-encoding": FRAMING,
  trailer: FRAMING,
  te: CONNECTION,
  connection: CONNECTION,
  "keep-alive": CONNECTION,
  "proxy-connection": CONNECTION,
  upgrade: CONNECTION,
  "x-faultwire": "it is the marker, which the file's `marker` turns off",
};

/**
 * Why a header can't stand on an answer of ours: its name, its value, or one that frames a message or steers a
 * connection (RFC 9110 §7.6.1, RFC 9112 §6). `undefined` where it can. The reason holds no value: it may be a secret.
 *
 * @example
 * ```ts
 * responseHeaderFault(["connection", "close"]); // "expected no connection: it steers …"
 * ```
 */
export function responseHeaderFault(header: Header): string | undefined {
  const name = header[0].toLowerCase();
  if (name.startsWith(":"))
    return `expected no ${name}: it is a part of HTTP/2's framing of a message; \`status\` is what sets one`;
  if (Object.hasOwn(REFUSED, name)) return `expected no ${name}: ${REFUSED[name]}`;
  const [, value] = header;
  // A reader of HTTP/1.1 takes it off, and one of HTTP/2 refuses the message (RFC 9110 section 5.5, RFC 9113 section 8.2.1).
  if (/^[ \t]|[ \t]$/.test(value))
    return `expected a value of ${name} without spaces or tabs at its beginning or end: no client would get them`;
  try {
    checkHeader(header);
  } catch (error) {
    return error instanceof Error ? error.message : "not a header";
  }
  return undefined;
}

/**
 * `changes` laid over `headers`: the fields of a name that is there are replaced where the first of them stands, others
 * go to the end. Several fields of one name stay several, as `Set-Cookie` needs it (RFC 9110 §5.3).
 */
export function overlaidHeaders(headers: readonly Header[], changes: readonly Header[]): Header[] {
  return changedHeaders(headers, { add: [], replace: changes, remove: [] });
}

/**
 * Headers as {@link HeaderChanges} leave them. Fields that stay are the same objects in the same order, so that whoever
 * has more to say of a field (its bytes, for instance) finds it again.
 *
 * @example
 * ```ts
 * changedHeaders([["a", "1"], ["b", "2"]], { add: [["a", "3"]], replace: [["b", "4"]], remove: [] });
 * // [["a", "1"], ["b", "4"], ["a", "3"]]
 * ```
 */
export function changedHeaders(
  headers: readonly Header[],
  { add, replace, remove }: HeaderChanges,
): Header[] {
  const gone = new Set(remove);
  const left = new Map<string, Header[]>();
  for (const field of replace) {
    const name = field[0].toLowerCase();
    const fields = left.get(name);
    if (fields) fields.push(field);
    else left.set(name, [field]);
  }
  const placed = new Set<string>();
  const result: Header[] = [];
  for (const field of headers) {
    const name = field[0].toLowerCase();
    if (gone.has(name) || placed.has(name)) continue;
    const fields = left.get(name);
    if (fields === undefined) {
      result.push(field);
      continue;
    }
    placed.add(name);
    left.delete(name);
    result.push(...fields.map(([, value]): Header => [field[0], value]));
  }
  return [...result, ...[...left.values()].flat(), ...add];
}

/** Names that are to be removed and that no field has. */
export function absentHeaders(headers: readonly Header[], { remove }: HeaderChanges): readonly string[] {
  const found = new Set(headers.map(([name]) => name.toLowerCase()));
  return remove.filter((name) => !found.has(name));
}

/** Whether a response of this status has no content at all (RFC 9110 §15.3.5, §15.3.6, §15.4.5). */
export function hasNoContent(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}
