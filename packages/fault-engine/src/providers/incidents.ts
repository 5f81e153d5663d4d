/** What an API's bad days are made of; its mixes, and the errors that rules name without an API, follow this. */
export interface Incidents {
  /** Preset of an overload. */
  readonly overloaded: string;
  /** Preset of a used-up rate limit. */
  readonly rateLimited: string;
  /** Preset of a failure inside. */
  readonly failed: string;
  /** Preset of what stands before the API, or of its time-out. */
  readonly gateway: string;
  /** Preset of a limit on spending, which no wait ends; of a used-up rate limit where the API has none. */
  readonly spendLimit: string;
  /** Type of the error in mid-stream. */
  readonly inStream: string;
  /** Globs of the models that fail while others answer. */
  readonly family: readonly string[];
  /** A request for a stream of one of these models. */
  readonly example: { readonly host: string; readonly target: string; readonly model: string };
}
