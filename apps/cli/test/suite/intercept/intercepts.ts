/** What a client sees of a tunnel that the plugin opens: errors, the upstream's bytes, and both on one connection. */
import type { LlmMock } from "@faultwire/llm-mock";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { StartHost } from "../start-host.ts";
import { type Answer, timeless } from "./answer.ts";
import type { InteropClient } from "./client.ts";
import { type Field, openDirectField, openField } from "./field.ts";
import { apiHost, createUpstreamAuthority, isTick, startApi, type UpstreamAuthority } from "./upstream.ts";

const task = {
  host: apiHost,
  path: "/v1/messages",
  body: JSON.stringify({
    model: "claude-sonnet-5-5",
    max_tokens: 64,
    messages: [{ role: "user", content: "Grüße! What is left of \u{1f9ea} when the API is overloaded?" }],
  }),
  headers: {
    "content-type": "application/json",
    "x-api-key": "test",
    "anthropic-version": "2023-06-01",
  },
};

/** Enough for both outcomes at one half: all alike has a chance of 1 in 2,048, and the seed is fixed. */
const mixedCount = 12;

/** Whether the plugin opens tunnels, as `--intercept` says it. */
type Intercept = "https" | "connection";

/**
 * The cases for each client, through the host that `startHost` starts.
 *
 * @param intercepts - At probability 0, whether tunnels are opened, kept closed, or one after the other.
 */
export function interceptsThrough(
  startHost: StartHost,
  clients: readonly InteropClient[],
  intercepts: readonly Intercept[] = ["https"],
): void {
  let upstream: UpstreamAuthority;
  let api: LlmMock;
  let field: Field | undefined;

  beforeAll(async () => {
    upstream = await createUpstreamAuthority();
  });
  afterAll(() => upstream.close());
  afterEach(() => settle());

  async function settle(): Promise<void> {
    await field?.close();
    await api.close();
    field = undefined;
  }

  /** A client's answers through a plugin with these flags, or without any; the API is new each time. */
  async function answersOf(
    client: InteropClient,
    count: number,
    flags?: readonly string[],
    intercept: Intercept = "https",
  ): Promise<readonly Answer[]> {
    api = await startApi(upstream);
    field =
      flags === undefined
        ? await openDirectField(api.port, upstream)
        : await openField({ startHost, originPort: api.port, upstream, flags, intercept });
    const { proxyUrl, environment, caFile, tunnels } = field;
    const answers = await client.ask({ ...task, count, proxyUrl, environment, caFile });
    expect(answers).toHaveLength(count);
    const connections = client.keepsConnection === false ? count : 1;
    expect(tunnels).toEqual(Array.from({ length: connections }, () => `${apiHost}:443`));
    return answers;
  }

  /** What the API heard of clients, without what differs by the clock. */
  const heard = (): unknown[] =>
    api.requests.filter((one) => !isTick(one)).map((one) => ({ ...one, timeMs: 0 }));

  function expectInjected({ status, headers, body }: Answer): void {
    expect(status).toBe(429);
    expect(headers).toMatchObject({ "retry-after": "5", "x-faultwire": expect.any(String) });
    expect(headers["content-type"]).toMatch(/^application\/json/);
    expect(headers["request-id"]).toMatch(/^req_\w+$/);
    expect(JSON.parse(body)).toEqual({
      type: "error",
      error: { type: "rate_limit_error", message: expect.any(String) },
      request_id: headers["request-id"],
    });
  }

  describe.each(clients)("$name", (client) => {
    it("gets the provider's 429 for every request at probability 1, and the API hears none", async () => {
      const answers = await answersOf(client, 3, ["--error-probability", "1", "--status-code", "429"]);
      for (const answer of answers) expectInjected(answer);
      expect(new Set(answers.map(({ headers }) => headers["request-id"])).size).toBe(3);
      expect(heard()).toEqual([]);
    });

    it.each(intercepts)(
      "gets what it gets without us, and the API hears the same, at probability 0 (--intercept %s)",
      async (intercept) => {
        const direct = await answersOf(client, 3);
        const heardDirectly = heard();
        expect(heardDirectly).toHaveLength(3);
        await settle();
        const through = await answersOf(client, 3, ["--error-probability", "0"], intercept);
        expect(through.map(timeless)).toEqual(direct.map(timeless));
        expect(direct.map(({ status }) => status)).toEqual([200, 200, 200]);
        expect(heard()).toEqual(heardDirectly);
      },
    );

    it("gets both in turn on one connection at one half, the same again for the same seed", async () => {
      const flags = ["--error-probability", "0.5", "--status-code", "429", "--seed", "7"];
      const sequences: number[][] = [];
      for (const _ of ["first", "second"]) {
        const answers = await answersOf(client, mixedCount, flags);
        const whole = answers.filter(({ status }) => status === 200);
        for (const answer of answers) if (answer.status !== 200) expectInjected(answer);
        // Each answer is its request's own, in order, and no request that failed was seen by the API.
        const ids = api.requests.filter((one) => !isTick(one)).map(({ requestId }) => requestId);
        expect(whole.map(({ headers }) => headers["request-id"])).toEqual(ids);
        for (const { headers, body } of whole) {
          expect(headers).not.toHaveProperty("x-faultwire");
          expect(body).toContain("Grüße! What is left of \u{1f9ea}");
        }
        sequences.push(answers.map(({ status }) => status));
        await settle();
      }
      expect(new Set(sequences[0])).toEqual(new Set([200, 429]));
      expect(sequences[1]).toEqual(sequences[0]);
    });
  });
}
