/** Takes what looks like a key out of texts that others wrote: programs, clients, upstreams. */

/** What a key may be made of, behind its beginning. */
const rest = "[A-Za-z0-9_.~+/-]";
/** Behind an escape of a URL, or of JSON. */
const behindEscape = String.raw`(?<=%[0-9A-Fa-f]{2}|\\[a-z]|\\u[0-9A-Fa-f]{4})`;
/**
 * Where a key may begin whose first letters also end words, such as `task-`: not behind a letter, unless that belongs to an
 * escape.
 */
const atStart = `(?:(?<![A-Za-z])|${behindEscape})`;
/** Names whose value is a secret, as headers, queries, JSON and settings write them. */
const names =
  "(?:api[-_ ]?key|x-goog-api-key|access[-_ ]?key(?:[-_ ]?id)?|account[-_ ]?key|auth[-_ ]?key|token|secret|password|passwd|passphrase|authorization|credential|signature)";

/** What is masked. */
interface KeyShape {
  /** Whose it is, or what. */
  readonly what: string;
  /** An expression that every such key holds, quick to look for, in any case. */
  readonly hint: string;
  /** Global; linear in time: one run of characters behind a beginning. What stays is the first group, where there is one. */
  readonly shape: RegExp;
}

/** The one table of what is masked. */
export const KEY_SHAPES: readonly KeyShape[] = [
  {
    what: "OpenAI, Anthropic, DeepSeek, OpenRouter, Stripe",
    hint: "[spr]k[-_]",
    shape: new RegExp(`${atStart}(?:sk|pk|rk)[-_]${rest}{8,}=*`, "g"),
  },
  {
    what: "Google",
    hint: "AIza|AQ\\.|ya29|1//0|GOCSPX",
    shape: new RegExp(`(?:AIza|${atStart}AQ\\.A|ya29\\.|GOCSPX-|(?<![A-Za-z0-9])1//0)[A-Za-z0-9_-]{8,}`, "g"),
  },
  {
    what: "AWS",
    hint: "A[KSBC][IC]A|ABSK",
    shape: new RegExp(
      `(?:(?<![A-Z0-9])|${behindEscape})(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{8,}|ABSK[A-Za-z0-9+/]{16,}=*`,
      "g",
    ),
  },
  { what: "JSON web tokens", hint: "eyJ", shape: /eyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){0,4}/g },
  {
    what: "xAI, Groq, Hugging Face, Perplexity, Replicate, NVIDIA, Fireworks, Cerebras, Tavily, LangSmith, npm, Vercel",
    hint: "xai-|gsk_|hf_|pplx-|r8_|nvapi-|fw_|csk-|tvly-|lsv2_|npm_|whsec_|tgp_|vck_",
    shape: new RegExp(
      `${atStart}(?:xai-|gsk_|hf_|pplx-|r8_|nvapi-|fw_|csk-|tvly-|lsv2_|npm_|whsec_|tgp_v1_|vck_)${rest}{8,}=*`,
      "g",
    ),
  },
  {
    what: "GitHub, GitLab, Slack, DigitalOcean",
    hint: "gh[pousr]_|github_pat|gl[a-z]{2,5}-|xox[a-z]-|xapp-|do[opr]_v1",
    shape: new RegExp(
      `${atStart}(?:gh[pousr]_|github_pat_|gl[a-z]{2,5}-|xox[a-z]-|xapp-|do[opr]_v1_)${rest}{8,}`,
      "g",
    ),
  },
  { what: "SendGrid", hint: "SG\\.", shape: /SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}/g },
  // Microsoft puts these letters into the keys of its AI services, at a fixed place.
  { what: "Azure", hint: "JQQJ99", shape: /(?:(?<![A-Za-z0-9])[A-Za-z0-9]{1,200})?JQQJ99[A-Za-z0-9]{8,}/g },
  {
    what: "Pinecone, Jina, E2B, Notion, Linear, Shopify, PyPI, Sentry, Grafana, Vault, Postman, New Relic, Databricks",
    hint: "pcsk_|jina_|e2b_|ntn_|lin_|shp|pypi-|sntry|gl[cs]|hvs\\.|PMAK-|NRAK-|dapi",
    shape: new RegExp(
      `${atStart}(?:pcsk_|jina_|e2b_|ntn_|lin_api_|shp(?:at|ca|pa|ss)_|pypi-|sntry[a-z]_|glc_|glsa_|hvs\\.|PMAK-|NRAK-|dapi(?=[0-9a-f]{8}))${rest}{8,}=*`,
      "g",
    ),
  },
  {
    what: "keys in a host, which is written in small letters",
    hint: "aiza|a[ksbc][ic]a|absk|eyj|gocspx|sg\\.",
    // Longer than a word, and with a figure: `asia` also begins names of regions.
    shape:
      /(?<![a-z0-9])(?:(?=(?:aiza|gocspx-|absk|eyj)[a-z_-]{0,80}[0-9])[a-z0-9_-]{19,}(?:\.[a-z0-9_-]{16,}){0,2}|(?=[a-z]{0,20}[0-9])(?:akia|asia|abia|acca)[a-z0-9]{16}(?![a-z0-9])|sg\.[a-z0-9_-]{16,}\.[a-z0-9_-]{16,})/g,
  },
  {
    what: "headers of authorization",
    hint: "bearer|basic",
    shape: new RegExp(`${atStart}(?:bearer|basic)(?:\\s{1,9}|%20|\\+)${rest}{8,}=*`, "gi"),
  },
  {
    what: "values with a name, as headers, JSON, queries and settings have them",
    hint: "key|token|secret|passw|passphrase|authorization|credential|signature",
    shape: new RegExp(
      `(${names}["'\\\\]{0,2}\\s{0,3}(?:[:=]|%3[AD])\\s{0,3}["'\\\\]{0,2})[^\\s"',;&#\\\\]{4,}`,
      "gi",
    ),
  },
  {
    what: "values in queries",
    hint: "(?:key|sig|auth|pwd)(?:=|%3D)",
    shape: new RegExp(`(${atStart}(?:key|sig|auth|pwd)(?:=|%3D))[^\\s"',;&#\\\\]{4,}`, "gi"),
  },
  {
    what: "private keys as PEM, also in JSON",
    hint: "PRIVATE KEY-----",
    shape: /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?:[A-Za-z0-9+/=\s]|\\+[rn]){16,}/g,
  },
  {
    what: "user and password of a URL",
    hint: "://",
    // The words that stand for them in messages of ours are none.
    shape: /(:\/\/)(?!USER:PASSWORD@)[^\s/@:"']{0,200}:[^\s/@"']{1,200}(?=@)/g,
  },
];

/** All hints at once: most texts hold none of them, and every event has a dozen texts. */
const hints = new RegExp(KEY_SHAPES.map(({ hint }) => hint).join("|"), "i");

/** The same for each shape alone: looking for its hint is many times as fast as looking for it. */
const hinted = KEY_SHAPES.map(({ hint, shape }) => ({ hint: new RegExp(hint, "i"), shape }));

/** A run of 32 or more letters and digits that has both: a key, or an id as long as one. */
const longRun = /\b(?=[A-Za-z0-9_-]{0,200}[0-9])(?=[A-Za-z0-9_-]{0,200}[A-Za-z])[A-Za-z0-9_-]{32,}/g;

/** What stands in a key's place. */
export const MASK = "[masked]";

/** Characters of a text for which looking for all hints at once is no faster than for one after the other. */
const long = 512;

/** Whether no shape is worth looking for. */
const holdsNone = (text: string): boolean =>
  text.length < shortest || (text.length < long && !hints.test(text));

/** Characters of the shortest text that can hold a key: `sig=` and four more. */
const shortest = 8;

/**
 * A name without anything that has the shape of a key; long ids stay, because names are compared.
 *
 * @example
 * ```ts
 * maskKeys("/v1/files?key=AIzaSyA-1234567890"); // "/v1/files?key=[masked]"
 * ```
 */
export function maskKeys(name: string): string {
  if (holdsNone(name)) return name;
  let masked = name;
  for (const { hint, shape } of hinted)
    if (hint.test(masked))
      masked = masked.replace(shape, (_, stays: unknown) => (typeof stays === "string" ? stays : "") + MASK);
  return masked;
}

/**
 * The same text with `x` for each character of what is a key by its own shape, so that its length and its JSON stay. What only
 * stands behind a name, such as `"signature":`, is left: in an API's answers most of it is none.
 *
 * @example
 * ```ts
 * maskKeysInPlace('{"note":"sk-ant-api03-abcdefgh"}'); // '{"note":"xxxxxxxxxxxxxxxxxxxxxxx"}'
 * ```
 */
export function maskKeysInPlace(text: string): string {
  if (holdsNone(text)) return text;
  let masked = text;
  for (const { hint, shape } of hinted)
    if (hint.test(masked))
      masked = masked.replace(shape, (all, stays: unknown) =>
        typeof stays === "string" ? all : "x".repeat(all.length),
      );
  return masked;
}

/**
 * A text without anything that looks like a key. It may take out more than keys: a long id is masked, too.
 *
 * @example
 * ```ts
 * maskSecrets("401 for sk-ant-api03-abcdefgh"); // "401 for [masked]"
 * ```
 */
export function maskSecrets(text: string): string {
  return maskKeys(text).replaceAll(longRun, MASK);
}

/** Members of events that hold digests and words of ours alone. */
const ours: ReadonlySet<string> = new Set([
  "type",
  "fingerprint",
  "idempotency",
  "keyDigest",
  "fault",
  "how",
]);

/** Members of events that are objects with a text of the user's: a rule's name. */
const holders: ReadonlySet<string> = new Set(["endedBy"]);

/**
 * An object, such as an event, in whose texts, and lists of texts, every key is masked: paths, models, hosts, names of
 * clients, reasons, names of rules. What it holds besides stays as it is.
 *
 * @returns the same object where there is nothing to mask.
 */
export function maskTexts<T extends object>(object: T): T {
  let masked: T | undefined;
  for (const [name, value] of Object.entries(object) as [string, unknown][]) {
    if (ours.has(name)) continue;
    if (typeof value === "string") {
      const clean = maskKeys(value);
      if (clean !== value) masked = { ...(masked ?? object), [name]: clean };
    } else if (Array.isArray(value) && value.length > 0)
      masked = {
        ...(masked ?? object),
        [name]: value.map((one: unknown) => (typeof one === "string" ? maskKeys(one) : one)),
      };
    else if (holders.has(name) && typeof value === "object" && value !== null) {
      const clean = maskTexts(value);
      if (clean !== value) masked = { ...(masked ?? object), [name]: clean };
    }
  }
  return masked ?? object;
}
