/** What may answer for the targets of a proxy in the place of the real APIs. */
import type { LlmMockOptions } from "@faultwire/llm-mock";
import type { ReplaySettings } from "./replay.ts";

/** What a mock is started with, but for what follows from the proxy: where it listens, its certificates, its versions of HTTP. */
export type MockSettings = Omit<LlmMockOptions, "host" | "tls" | "alsoInClear" | "prefersHttp2">;

/** What answers, if anything does. */
export interface StandInSettings {
  /**
   * A mock of the providers' APIs, which answers for every target, at every port, in TLS and in clear: nothing that is meant for
   * them leaves this machine. `{}` is one that says the last message back. `resolve` of the proxy wins over it. It has its
   * certificates from the runtime's CA.
   */
  readonly mock?: MockSettings;
  /**
   * Recordings, which answer for every target in the same way, and for what else was recorded. Not together with {@link mock}.
   */
  readonly replay?: ReplaySettings;
}
