import type { Header } from "@faultwire/http1";

/** What a plan has to know of a request's head, whatever its form. */
export interface MessageHead {
  /** With its query, as on the request line. */
  readonly target: string;
  /** Headers in their order. */
  readonly headers: readonly Header[];
}
