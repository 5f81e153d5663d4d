/** Which headers an answer of ours may have, and how a user's are laid over it. */
import type { Header } from "@faultwire/http1";
import { checkHeader } from "@faultwire/http1/internal";

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
  if (Object.hasOwn(REFUSED, name)) return `expected no ${name}: ${REFUSED[name]}`;
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
  const result = [...headers];
  for (const name of new Set(changes.map(([changed]) => changed.toLowerCase()))) {
    const isNamed = ([found]: Header): boolean => found.toLowerCase() === name;
    const first = result.findIndex(isNamed);
    const kept = result[first]?.[0];
    const fields = changes.filter(isNamed).map(([own, value]): Header => [kept ?? own, value]);
    if (first === -1) result.push(...fields);
    else
      result.splice(
        0,
        result.length,
        ...result.slice(0, first),
        ...fields,
        ...result.slice(first).filter((one) => !isNamed(one)),
      );
  }
  return result;
}

/** Whether a response of this status has no content at all (RFC 9110 §15.3.5, §15.3.6, §15.4.5). */
export function hasNoContent(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}
