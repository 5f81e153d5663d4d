/** What an SDK makes of a stream that a rule cuts or ends with an error, and that it does not ask again. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CarriedBy } from "../start-host.ts";
import { outputOf } from "./client.ts";
import { type Field, openField } from "./field.ts";
import { apiHost, createUpstreamAuthority, isTick, startApi, type UpstreamAuthority } from "./upstream.ts";

/** An error as the SDK throws it. */
interface ThrownError {
  readonly name: string;
  readonly status: number | null;
  readonly type: string | null;
  readonly message: string;
}

/** What a script reports that streams the same message twice: event by event, and collected by the SDK's helper. */
export interface StreamOutcome {
  readonly iterated: { readonly events: readonly string[]; readonly error: ThrownError | null };
  readonly collected: {
    readonly stopReason?: string | null;
    readonly text?: string;
    readonly error: ThrownError | null;
  };
}

/** What an SDK is known to do; the parts that are given have to be there. */
export interface StreamHabits {
  /** An error that breaks off the body, without one of HTTP: a FIN before the last chunk. */
  readonly brokenOff: Partial<ThrownError>;
  /** An `error` event of the type `overloaded_error`. */
  readonly errorEvent: Partial<ThrownError>;
  /** What the helper makes of a stream that ends well for HTTP, but lacks its last events. */
  readonly collectedCut: Partial<StreamOutcome["collected"]>;
}

/** An SDK: the script that runs it, and its habits. */
export interface StreamClient {
  readonly name: string;
  readonly command: readonly string[];
  readonly habits: StreamHabits;
}

const message = {
  model: "claude-sonnet-5-5",
  max_tokens: 64,
  messages: [{ role: "user", content: "one two three four five six seven eight nine ten" }],
};
/** Pings are not counted by rules and not shown by SDKs. */
const firstFour = ["message_start", "content_block_start", "content_block_delta", "content_block_delta"];

const ruleFile = (fault: string): string => `
version: 1
seed: 1
targets: [${apiHost}]
rules:
  - name: stream-fault
    match: { method: POST, path: /v1/messages, stream: true }
    fault: { stream: ${fault} }
`;

/** The cases for each SDK, through whoever carries them. They may run at the same time. */
export function streamsThrough(carriedBy: CarriedBy, clients: readonly StreamClient[]): void {
  let folder: string;
  let upstream: UpstreamAuthority;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "faultwire-rules-"));
    upstream = await createUpstreamAuthority();
  });
  afterAll(() => {
    upstream.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What a script reports under a rule with this fault. */
  async function outcomeOf({ command }: StreamClient, fault: string): Promise<StreamOutcome> {
    const rules = join(mkdtempSync(join(folder, "run-")), "rules.yaml");
    writeFileSync(rules, ruleFile(fault));
    const api = await startApi(upstream, { eventDelayMs: 5 });
    let field: Field | undefined;
    try {
      const flags = ["--config", rules];
      field = await openField({ carriedBy, originPort: api.port, upstream, flags });
      const input = JSON.stringify({ count: 1, body: JSON.stringify(message) });
      const { status, stdout, stderr } = await outputOf(command, field.environment, { input });
      if (status !== 0) throw new Error(stderr);
      // Both calls were answered by the API, once each: no SDK asks again once a stream has begun.
      expect(api.requests.filter((one) => !isTick(one)).map(({ path }) => path)).toEqual([
        "/v1/messages",
        "/v1/messages",
      ]);
      return (JSON.parse(stdout.toString()) as [StreamOutcome])[0];
    } finally {
      await field?.close();
      await api.close();
    }
  }

  describe.each(clients)("$name", (client) => {
    const { habits } = client;

    it("takes a stream without its last events for its end, event by event", async () => {
      const { iterated, collected } = await outcomeOf(client, "{ cut: { afterEvents: 4 } }");
      expect(iterated).toEqual({ events: firstFour, error: null });
      expect(collected).toMatchObject(habits.collectedCut);
    });

    it.each(["fin", "mid-event"])("sees that a body has broken off (%s)", async (stop) => {
      const { iterated, collected } = await outcomeOf(client, `{ cut: { afterEvents: 4, stop: ${stop} } }`);
      expect(iterated.events).toEqual(firstFour);
      expect(iterated.error).toMatchObject(habits.brokenOff);
      expect(collected.error).not.toBeNull();
    });

    it("throws the error that comes as an event in a stream of status 200", async () => {
      const { iterated, collected } = await outcomeOf(
        client,
        "{ errorEvent: { afterEvents: 4, type: overloaded_error } }",
      );
      expect(iterated.events).toEqual(firstFour);
      expect(iterated.error).toMatchObject(habits.errorEvent);
      expect(collected.error).toMatchObject(habits.errorEvent);
    });
  });
}
