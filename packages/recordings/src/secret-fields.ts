/** Secrets that are known by their name alone: members of JSON, fields of forms and of queries. */

/** The end of a name whose value is a secret. Not `token` alone, nor `tokens`: models' answers are full of both. */
const secretNames =
  "(?:(?:access|refresh|id|session|auth|bearer|subject|actor|device|csrf|xsrf|security|identity|web[-_]?identity)[-_]?token" +
  "|client[-_]?(?:secret|assertion)|(?:secret|access|private|api|account|encryption|signing|subscription)[-_]?(?:access[-_]?)?key" +
  "|secret|passw(?:or)?d|passphrase|credential|code[-_]?verifier|device[-_]?code|assertion|authorization|cookie2?)s?";

/** Characters before that end which belong to the name: `aws_secret_access_key`, `db.password`. */
const before = "[A-Za-z0-9_.-]{0,64}?";

/** Whether any name is worth looking for. */
const hint =
  /token|secret|key|passw|passphrase|credential|assertion|verifier|device.?code|authorization|cookie/i;
/** Letters of a name that JSON, or a URL, has encoded: no hint shows then. */
const [jsonEscape, urlEscape] = [/\\u00[2-7]/, /%[2-7][0-9a-f]/i];

const wholeName = new RegExp(`^${before}${secretNames}(?:\\[\\d*\\])?$`, "i");

/** A member's name and what stands before its value; JSON inside of a text of JSON has backslashes before its quotes. */
const member = new RegExp(String.raw`(?<!\\)(\\*)"${before}${secretNames}\1"\s{0,99}:\s{0,99}`, "gi");

/** A member whose name may be written with escapes; those of JSON inside of a text have more backslashes. */
const escapedMember = /(?<!\\)(\\*)"((?:[\w.-]|\\+u00[2-7][0-9a-f]){1,200}?)\1"\s{0,99}:\s{0,99}/gi;

/** A field of a query, of a form, or behind the `#` of a URL; its name may be encoded. */
const field = /(^|[?&#])([\w.%[\]-]{1,200})=([^&\s"<>\\;]+)/g;

/** A field of `multipart/form-data`: up to the next line break. */
const part = new RegExp(
  String.raw`(;[ \t]*name="?${before}${secretNames}"?[^\r\n]{0,200}\r?\n(?:[^\r\n]{1,400}\r?\n){0,8}\r?\n)([^\r\n]+)`,
  "gi",
);

/** How many values a list, or members of an object, are looked at. */
const mostValues = 1000;

/**
 * The text with `x` for each character of values whose name says that they are secret, so that its length stays, and its JSON.
 *
 * @example
 * ```ts
 * maskedFields('{"access_token":"abc","expires_in":60}'); // '{"access_token":"xxx","expires_in":60}'
 * ```
 */
export function maskedFields(text: string): string {
  let masked = text;
  if (jsonEscape.test(text)) masked = maskedMembers(masked, escapedMember);
  const hasHint = hint.test(text);
  if (hasHint) masked = maskedMembers(masked, member);
  if (hasHint || urlEscape.test(text))
    masked = masked.replace(field, (all, sign: string, name: string, value: string) =>
      wholeName.test(decoded(name)) ? `${sign}${name}=${crossed(value)}` : all,
    );
  if (hasHint) masked = masked.replace(part, (_, head: string, value: string) => head + crossed(value));
  return masked;
}

/**
 * The same for a form (`application/x-www-form-urlencoded`) or a query, whose names may be encoded.
 *
 * @example
 * ```ts
 * maskedForm("grant_type=x&client%5Fsecret=abc"); // "grant_type=x&client%5Fsecret=xxx"
 * ```
 */
export function maskedForm(form: string): string {
  return form
    .split("&")
    .map((pair) => {
      const at = pair.indexOf("=");
      if (at < 0 || !wholeName.test(decoded(pair.slice(0, at)))) return pair;
      return pair.slice(0, at + 1) + crossed(pair.slice(at + 1));
    })
    .join("&");
}

const crossed = (value: string): string => "x".repeat(value.length);

function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll("+", " ")).trim();
  } catch {
    return name;
  }
}

/** The name of a member as its escapes mean it. */
const unescaped = (name: string): string =>
  name.replaceAll(/(?<!\\)\\+u([0-9a-f]{4})/gi, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );

/** @param pattern - What stands before a value; where it has a name as its second group, that decides. */
function maskedMembers(text: string, pattern: RegExp): string {
  let masked = "";
  let from = 0;
  for (const found of text.matchAll(pattern)) {
    const at = found.index + found[0].length;
    // Inside of a value that was masked already.
    if (at < from) continue;
    if (found[2] !== undefined && !wholeName.test(unescaped(found[2]))) continue;
    for (const [begin, end, letter] of secretsAt(text, at, found[1]?.length ?? 0)) {
      masked += text.slice(from, begin) + letter.repeat(end - begin);
      from = end;
    }
  }
  return masked + text.slice(from);
}

/** From where, to where, and what stands there instead. */
type Range = readonly [begin: number, end: number, letter: string];

/** What is secret in the value that begins there: a text, a number, texts of a list, `value` of an object. */
function secretsAt(text: string, at: number, slashes: number): readonly Range[] {
  const isQuoted = isQuoteAt(text, at, slashes);
  if (isQuoted) return [textAt(text, at + slashes + 1, slashes)];
  const number = /^-?\d[\d.eE+-]*/.exec(text.slice(at, at + 40))?.[0];
  // A number stays one.
  if (number !== undefined) return [[at, at + number.length, "1"]];
  if (text[at] === "[") return textsOfList(text, at + 1, slashes);
  if (text[at] === "{") {
    // OpenAI: `"client_secret": { "value": "ek_…", "expires_at": … }`
    const value = new RegExp(
      String.raw`^\{[^{}]{0,400}?(?<!\\)\\{${slashes}}"value\\{${slashes}}"\s{0,9}:\s{0,9}`,
    );
    const head = value.exec(text.slice(at, at + 500))?.[0];
    if (head !== undefined && isQuoteAt(text, at + head.length, slashes))
      return [textAt(text, at + head.length + slashes + 1, slashes)];
  }
  return [];
}

function textsOfList(text: string, begin: number, slashes: number): readonly Range[] {
  const ranges: Range[] = [];
  let at = begin;
  while (ranges.length < mostValues) {
    while (/[\s,]/.test(text[at] ?? "")) at++;
    if (!isQuoteAt(text, at, slashes)) break;
    const range = textAt(text, at + slashes + 1, slashes);
    ranges.push(range);
    at = range[1] + slashes + 1;
  }
  return ranges;
}

function isQuoteAt(text: string, at: number, slashes: number): boolean {
  for (let more = 0; more < slashes; more++) if (text[at + more] !== "\\") return false;
  return text[at + slashes] === '"';
}

/**
 * A text of JSON from behind its quote to its end, or to the end of the line where it was cut off. In JSON that is a text itself a
 * quote of its own has as many backslashes as its other ones; one that has more belongs to what is said.
 */
function textAt(text: string, begin: number, slashes: number): Range {
  const round = 2 * (slashes + 1);
  let run = 0;
  for (let at = begin; at < text.length; at++) {
    const letter = text[at];
    if (letter === "\\") {
      run++;
      continue;
    }
    if (letter === '"' && run % round === slashes) return [begin, at - slashes, "x"];
    if (letter === "\n" || letter === "\r") return [begin, at, "x"];
    run = 0;
  }
  return [begin, text.length, "x"];
}
