import type { EndKind } from "@faultwire/fault-session";

/** Who hears what the upstream says, in the version that is spoken here. */
export interface TranslatorPort {
  data(bytes: Uint8Array): void;
  ended(how: EndKind): void;
  drained(): void;
}

/**
 * What stands between a client's side that speaks one version of HTTP and an upstream that speaks the other. A message is
 * written anew: its fields stay in their order, and what is one version's alone is left out.
 */
export interface Translator {
  /** What is said to the upstream, in the version that is spoken here; the memory may be used again. */
  write(bytes: Uint8Array): void;
  /** What comes of the upstream may not go on now. */
  setPaused(isPaused: boolean): void;
  /** Nothing more is said to the upstream. */
  end(how: EndKind): void;
  destroy(): void;
  /** So much waits for the upstream that nothing more should be said. */
  readonly needsDrain: boolean;
  /** Bytes that wait for the upstream. */
  readonly waitingBytes: number;
}

/** Bytes that may wait on one message before its sender is held back. */
export const maxWaitingBytes = 65_536;
