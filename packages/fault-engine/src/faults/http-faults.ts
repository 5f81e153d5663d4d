import { findErrorPreset, isProvider } from "../providers/provider-error.ts";
import type { Provider } from "../providers/request-table.ts";
import { writeCount } from "../write-count.ts";
import type { Duration } from "./fault-parts.ts";
import type { FaultRows } from "./fault-row.ts";
import { writeDuration, writeLate } from "./fault-words.ts";

/** Ways for a response to be malformed. */
export const MALFORMATIONS = [
  "bad-status-line",
  "bad-chunk",
  "wrong-content-length",
  "short-content-length",
  "invalid-json",
  "wrong-content-type",
  "html",
] as const;
/** One of {@link MALFORMATIONS}. */
export type Malformation = (typeof MALFORMATIONS)[number];

/** A cut after so many bytes of the body, or after a share of them. */
export type Extent =
  | {
      readonly kind: "bytes";
      /** Bytes of the body that pass. */
      readonly bytes: number;
    }
  | {
      readonly kind: "share";
      /** Share of the body that passes, 0 to 1. */
      readonly share: number;
    };

/** An error answer that the user wrote, or a preset with changes. */
export interface ErrorAnswer {
  /** `<provider>/<name>`; `null` for an answer of the user's own. */
  readonly preset: string | null;
  /** Presets by the API that a request is for; `preset` is for all others. Left out: `preset` is for all. */
  readonly presets?: Readonly<Partial<Record<Provider, string>>>;
  /** Replaces the preset's; needed where there is no preset. */
  readonly status: number | null;
  /** Replaces the message in the preset's body; `null` keeps it. */
  readonly message: string | null;
  /** Replaces the preset's whole body; taken as text. */
  readonly body: string | null;
  /** Laid over the preset's headers by name. */
  readonly headers: readonly (readonly [string, string])[];
  /** Put behind them, beside those of the same name; left out: none. */
  readonly addedHeaders?: readonly (readonly [string, string])[];
  /** Names, in lower case, of headers that the answer goes without; left out: none. */
  readonly removedHeaders?: readonly string[];
  /** `null`: what the preset says; `"none"`: no header. */
  readonly retryAfterSeconds: number | "none" | null;
}

/** A budget of a token bucket, refilled evenly over a minute. `null` is unlimited. */
export interface RateLimitBudget {
  /** Requests in a minute. */
  readonly requestsPerMinute: number | null;
  /** Tokens of prompts in a minute. */
  readonly inputTokensPerMinute: number | null;
  /** Tokens of answers in a minute. */
  readonly outputTokensPerMinute: number | null;
}

/** What becomes of a response's headers. No name stands in two of the three. */
export interface HeaderChanges {
  /** Fields that come behind all others, beside those of the same name. */
  readonly add: readonly (readonly [string, string])[];
  /** Fields in the place of all of the same name, where the first of them stood; behind all others where there was none. */
  readonly replace: readonly (readonly [string, string])[];
  /** Names, in lower case, of which no field is left. */
  readonly remove: readonly string[];
}

/** How late a response comes: its head, its body behind the head, each chunk of it. `null` is not late. */
export interface ResponseDelay {
  /** Wait before the head. */
  readonly beforeHead: Duration | null;
  /** Wait between the head and the body. */
  readonly beforeBody: Duration | null;
  /** Wait before each chunk of the body. */
  readonly perChunk: Duration | null;
}

/** What happens to one request and its response. */
export type HttpFault =
  /** `delay`: the answer comes late; `null` at once. */
  | {
      readonly kind: "http.error";
      /** The error that the client gets. */
      readonly answer: ErrorAnswer;
      /** How late the answer comes; `null` is at once. */
      readonly delay: ResponseDelay | null;
    }
  /** The connection ends where the response should have begun. */
  | {
      readonly kind: "http.empty";
      /** How late it ends; left out: at once. */
      readonly late?: Duration;
    }
  | {
      readonly kind: "http.malformed";
      /** What is wrong with the message. */
      readonly how: Malformation;
      /** How late it comes; left out: at once. */
      readonly late?: Duration;
    }
  | ({ readonly kind: "http.delay" } & ResponseDelay)
  | ({ readonly kind: "http.headers" } & HeaderChanges)
  | {
      readonly kind: "http.truncate";
      /** How much of the body passes before the connection ends. */
      readonly after: Extent;
    }
  | {
      readonly kind: "http.rate-limit";
      /** What the bucket holds. */
      readonly budget: RateLimitBudget;
      /** Whose requests share a bucket: all of them, those of an API key, or those for a model. */
      readonly per: "all" | "key" | "model";
      /** Whose form the refusal and the headers have; `null`: the API's that a request is for, Anthropic's where none is known. */
      readonly provider: Provider | null;
    };

const writeDelay = ({ beforeHead, beforeBody, perChunk }: ResponseDelay): string =>
  [
    beforeHead && `the head waits ${writeDuration(beforeHead)}`,
    beforeBody && `the body waits ${writeDuration(beforeBody)}`,
    perChunk && `each chunk waits ${writeDuration(perChunk)}`,
  ]
    .filter((part) => part !== null)
    .join(", ");

/** Characters of a header's value that are said; the name says which header is meant. */
const maxSaidValue = 40;

function writeField([name, value]: readonly [string, string]): string {
  const said = value.length > maxSaidValue ? `${value.slice(0, maxSaidValue)}…` : value;
  return `${name}: ${said}`;
}

/** Changes of headers in words, for the sentence that begins with "the head of the response". */
function writeHeaderChanges({ add, replace, remove }: HeaderChanges): string {
  const parts = [
    replace.length > 0 && `says ${replace.map(writeField).join(", ")} in the place of what it said`,
    add.length > 0 && `says ${add.map(writeField).join(", ")} as well`,
    remove.length > 0 && `goes without ${remove.join(", ")}`,
  ];
  return parts.filter((part) => part !== false).join(", and ");
}

function describeAnswer({ answer }: Extract<HttpFault, { readonly kind: "http.error" }>): string {
  const [provider = "", name = ""] = (answer.preset ?? "").split("/");
  const preset = isProvider(provider) ? findErrorPreset(provider, name) : undefined;
  const status = answer.status ?? preset?.status ?? 500;
  const like = answer.presets === undefined ? "" : ", or its like of the API that is asked";
  const what = answer.preset === null ? `status ${status}` : `status ${status} (${answer.preset}${like})`;
  const { retryAfterSeconds } = answer;
  if (retryAfterSeconds === null) return what;
  return retryAfterSeconds === "none"
    ? `${what} without retry-after`
    : `${what} with retry-after ${Math.ceil(retryAfterSeconds)} s`;
}

/** The rows of the http layer, in the order of the documentation. */
export const httpRows: FaultRows<HttpFault> = {
  "http.error": {
    example: "{ http: { error: { preset: anthropic/overloaded_error, message: busy } } }",
    doc: "the provider's own error, or that of the API that is asked (`overloaded`, `rate-limited`, `failed`, `gateway`, `spend-limit`); or `status`, `body` (a text or an object), `headers`, `retryAfter` (a time, or `none`)",
    describe: (fault) => {
      const { addedHeaders: add = [], removedHeaders: remove = [] } = fault.answer;
      const changes = writeHeaderChanges({ add, replace: [], remove });
      return [describeAnswer(fault), changes && `its head ${changes}`, fault.delay && writeDelay(fault.delay)]
        .filter((part) => part !== null && part !== "")
        .join("; ");
    },
  },
  "http.empty": {
    example: "{ http: { empty: true } }",
    doc: "a connection that ends where the response should begin",
    describe: ({ late }) => `the connection is closed instead of a response${writeLate(late)}`,
  },
  "http.malformed": {
    example: "{ http: { malformed: bad-chunk } }",
    doc: "also `bad-status-line`, `wrong-content-length`, `short-content-length`, `invalid-json`, `wrong-content-type`, `html`",
    describe: (fault) => `a malformed response: ${fault.how}${writeLate(fault.late)}`,
  },
  "http.delay": {
    example: "{ http: { delay: { beforeHead: 1s, beforeBody: 1s, perChunk: 10ms } } }",
    doc: "slow first byte, slow body",
    describe: (fault) => writeDelay(fault),
  },
  "http.headers": {
    example: "{ http: { headers: { replace: { retry-after: 5 }, remove: [request-id] } } }",
    doc: "the upstream's own answer under other headers: `replace` (also written without that word), `add`, `remove`",
    describe: (fault) => `the head of the response ${writeHeaderChanges(fault)}`,
  },
  "http.truncate": {
    example: "{ http: { truncate: { afterBytes: 100 } } }",
    doc: "a body that breaks off; `afterShare: 0.5` of it",
    describe: (fault) =>
      `the body breaks off after ${fault.after.kind === "bytes" ? writeCount(fault.after.bytes, "byte") : `${fault.after.share * 100} %`}`,
  },
  "http.rate-limit": {
    example:
      "{ http: { rateLimit: { requestsPerMinute: 10, inputTokensPerMinute: 1000, outputTokensPerMinute: 500, per: key, provider: anthropic } } }",
    doc: "`429` exactly when the budget is gone, with matching headers; `per` also `all`, `model`; `provider` left out: the one that is asked, else `anthropic`",
    describe: (fault) => {
      const { requestsPerMinute, inputTokensPerMinute, outputTokensPerMinute } = fault.budget;
      const parts = [
        requestsPerMinute === null ? null : writeCount(requestsPerMinute, "request"),
        inputTokensPerMinute === null ? null : writeCount(inputTokensPerMinute, "input token"),
        outputTokensPerMinute === null ? null : writeCount(outputTokensPerMinute, "output token"),
      ].filter((part) => part !== null);
      return `429 once more than ${parts.join(" or ")} a minute are used, per ${fault.per}, in the form of ${fault.provider ?? "the API that is asked"}`;
    },
  },
};
