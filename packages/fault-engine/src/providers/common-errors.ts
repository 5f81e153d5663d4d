/** Errors that rules name without an API: each API has them in a form of its own. */
import type { Incidents } from "./incidents.ts";
import { INCIDENTS } from "./incidents-table.ts";
import { DEFAULT_PROVIDER, PROVIDER_NAMES, type Provider } from "./request-table.ts";

/** The name of an error that each API has in a form of its own. */
export type CommonError = "overloaded" | "rate-limited" | "failed" | "gateway" | "spend-limit";

/** What each is among the incidents of an API. */
const ERRORS: Readonly<Record<CommonError, keyof Omit<Incidents, "inStream" | "family" | "example">>> = {
  overloaded: "overloaded",
  "rate-limited": "rateLimited",
  failed: "failed",
  gateway: "gateway",
  "spend-limit": "spendLimit",
};

/** Their names, in the order of the documentation. */
export const COMMON_ERRORS: readonly [CommonError, ...CommonError[]] = Object.keys(ERRORS) as [
  CommonError,
  ...CommonError[],
];

/** Whether a name is one of {@link COMMON_ERRORS}. */
export const isCommonError = (name: string): name is CommonError => Object.hasOwn(ERRORS, name);

/** One text for requests of no known API, and others by the API that a request is for. */
export interface ByProvider {
  /** For requests to an API that is not known, or that is not among {@link ByProvider.others}. */
  readonly usual: string;
  /** By the API. */
  readonly others: Readonly<Partial<Record<Provider, string>>>;
}

/** Asks `textOf` for each API; the usual one is Anthropic's. */
export function byProvider(textOf: (provider: Provider) => string): ByProvider {
  const others = PROVIDER_NAMES.filter((provider) => provider !== DEFAULT_PROVIDER);
  return {
    usual: textOf(DEFAULT_PROVIDER),
    others: Object.fromEntries(others.map((provider) => [provider, textOf(provider)])),
  };
}

/** The preset of a common error at one API, as `<provider>/<name>`. */
export const commonPreset = (error: CommonError, provider: Provider): string =>
  `${provider}/${INCIDENTS[provider][ERRORS[error]]}`;
