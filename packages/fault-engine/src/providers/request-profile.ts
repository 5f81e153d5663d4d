/** How the requests of one provider's API are known. */
import type { Header } from "@faultwire/http1";

/** What tells the requests of one API from those of another. */
export interface RequestTraits {
  /** In lower case, without a port; `null` where it is not known. */
  readonly host: string | null;
  /** Without the query. */
  readonly path: string;
  /** Headers in their order, with names as they came. */
  readonly headers: readonly Header[];
}

/** What a path says that other APIs' bodies say. */
export interface PathRequest {
  /** Model that the path names. */
  readonly model: string;
  /** Whether a stream is asked for; left out where the body says it. */
  readonly stream?: boolean;
}

/**
 * How the requests of one provider's API are known. Deciding which rule a request meets takes this and nothing else of a
 * provider, so that a program that decides alone does not carry every API's errors.
 */
export interface RequestProfile {
  /** Globs of the hosts where it is reached; none for an API that everybody runs at an address of their own. */
  readonly hosts: readonly string[];
  /**
   * Whether a request can be for no other API: by its host, or by a path or a header that nobody shares. All rows are asked
   * this before any is asked {@link isFor}.
   */
  isAt?(request: RequestTraits): boolean;
  /** Whether a request has the path, or the headers, of this API. Others may imitate them; the first row counts. */
  isFor(request: RequestTraits): boolean;
  /** What the path says of the model and the stream; `undefined` where the body says it. */
  readPath(path: string): PathRequest | undefined;
  /** Headers that hold an API key, in lower case, the one that counts most first. */
  readonly keyHeaders: readonly string[];
}
