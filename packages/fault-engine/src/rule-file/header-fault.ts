/** The fault that a request asks for by itself, in its header `x-faultwire`. */
import { isNode, visit } from "yaml";
import { z } from "zod";
import { maskSecrets } from "../events/mask-secrets.ts";
import type { Fault } from "../faults/fault.ts";
import { whyNotOfRequest } from "../rules/compile-rule.ts";
import { utf8 } from "../text.ts";
import { faultSchema } from "./fault-schema.ts";
import { isPreset, presetHint } from "./http-fault-schema.ts";
import { foundWords, problemText, schemaProblems } from "./problems.ts";
import { readDocument, yamlProblem } from "./yaml-document.ts";

/** Limits of the header. Any client may send one, with every request. */
export const headerFaultLimits = {
  /** Bytes of its value. A fault with a body of some length has room; YAML of more costs time for each request. */
  maxBytes: 4096,
  /** Lists and maps in one another. The reader of YAML calls itself for each. */
  maxDepth: 20,
} as const;

/**
 * Reads the value of an `x-faultwire` request header: `none`, the name of a preset (`anthropic/overloaded_error`), or a
 * fault in the file's form (`{"http":{"status":503}}`), as YAML without anchors, aliases and tags.
 *
 * Never throws. What can't be read, and a fault that strikes before there is a request, becomes an answer with status 400
 * that says what was found and what was expected: a test that steers itself must not pass because of a slip of the pen.
 *
 * @param more - Values of further lines of that name, where there are any.
 * @returns `null` for `none`.
 *
 * @example
 * ```ts
 * readHeaderFault("{http: {status: 503}}"); // { kind: "http.error", answer: { status: 503, … }, delay: null }
 * ```
 */
export function readHeaderFault(value: string, ...more: readonly string[]): Fault | null {
  const isOne = more.length === 0;
  if (isOne && value === "none") return null;
  if (isOne && isPreset(value)) return faultSchema.parse({ http: { preset: value } });
  const read = isOne ? readFault(value) : `found ${more.length + 1} times, once is allowed`;
  if (typeof read !== "string") return read;
  const text = `x-faultwire: ${maskSecrets(read)}; expected none, a preset such as overloaded or anthropic/overloaded_error, or a fault such as {http: {status: 503}}`;
  return plainError(400, `${text.replaceAll(/\p{Cc}+/gu, " ")}\n`);
}

/** The fault, or why there is none. */
function readFault(value: string): Fault | string {
  const { maxBytes, maxDepth } = headerFaultLimits;
  const length = value.length > maxBytes ? value.length : utf8(value).length;
  if (length > maxBytes) return `${length} bytes, no more than ${maxBytes} are read`;
  // No server takes one in a header; in YAML a line feed would begin a directive, or a second document.
  if (/[^\P{Cc}\t]/u.test(value)) return "a control character in it";
  if (depthOf(value) > maxDepth)
    return `not YAML or JSON: more than ${maxDepth} lists and maps in one another`;
  const data = dataOf(value);
  if ("problem" in data) return data.problem;
  const outcome = faultSchema.safeParse(data.value);
  if (outcome.success) return whyNotOfRequest(outcome.data) ?? outcome.data;
  if (data.value === null) return "found nothing";
  // A name was meant, and not one of the file's forms.
  if (typeof data.value === "string") return `found ${foundWords(data.value, [])}${presetHint(data.value)}`;
  return schemaProblems(outcome.error.issues, data.value, faultForm()).map(problemText).join("; ");
}

/** What a text holds, or why it can't be read. */
function dataOf(text: string): { readonly value: unknown } | { readonly problem: string } {
  const document = readDocument(text);
  const [first] = [...document.errors, ...document.warnings];
  let extra: string | undefined;
  visit(document, {
    Alias: () => {
      extra = "an alias (*)";
      return visit.BREAK;
    },
    Node: (_, node) => {
      if (!isNode(node)) return undefined;
      if ("anchor" in node && node.anchor !== undefined) extra = "an anchor (&)";
      else if (node.tag !== undefined) extra = "a tag (!)";
      return extra === undefined ? undefined : visit.BREAK;
    },
  });
  if (extra !== undefined) return { problem: `${extra} in it, which is not allowed here` };
  if (first !== undefined) return { problem: yamlProblem(first) };
  return { value: document.toJS({ maxAliasCount: 0 }) };
}

/** At the most so deep: brackets in texts count as well, which a fault has few of. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const character of text)
    if (character === "[" || character === "{") deepest = Math.max(deepest, ++depth);
    else if (character === "]" || character === "}") depth = Math.max(0, depth - 1);
  return deepest;
}

let form: unknown;
/** The JSON Schema of a fault, made when the first header is wrong: it knows which keys there are. */
function faultForm(): unknown {
  form ??= z.toJSONSchema(faultSchema, { io: "input", target: "draft-2020-12", unrepresentable: "any" });
  return form;
}

function plainError(status: number, body: string): Fault {
  return {
    kind: "http.error",
    delay: null,
    answer: {
      preset: null,
      status,
      message: null,
      body,
      headers: [],
      retryAfterSeconds: null,
    },
  };
}
